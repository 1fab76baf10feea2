package raster

import (
	"encoding/binary"
	"math"
)

// Warp samples the picture through h, which maps destination to source
// coordinates, into a new picture of w by ht pixels. It interpolates bilinearly
// and, where h shrinks by more than about 1.7, first averages areas (one level
// for the whole picture, chosen at its centre). Outside the source the nearest
// edge pixel is repeated. A singular h gives a black picture.
func (im *Image) Warp(h Homography, w, ht int) *Image {
	out := New(w, ht)
	if im.W == 0 || im.H == 0 || w == 0 || ht == 0 || h.det() == 0 {
		return out
	}
	src := im
	level, x0, y0, x1, y1 := mip(h, w, ht, im.W, im.H)
	if level > 0 {
		src = &Image{}
		src.W, src.H, src.Pix = halve(im.Pix, im.W, 3, x0, y0, x1, y1)
		for range level - 1 {
			src.W, src.H, src.Pix = halve(src.Pix, src.W, 3, 0, 0, src.W, src.H)
		}
	}
	s := newSampler(h, level, x0, y0, src.W, src.H)
	dx, dy := 3*min(1, src.W-1), 3*src.W*min(1, src.H-1)
	pix, stride := src.Pix, 3*src.W
	rows(ht, w, func(ya, yb int) {
		for y := ya; y < yb; y++ {
			px, py, pw := s.row(y)
			dst := out.Pix[3*y*w : 3*(y+1)*w]
			for i := 0; i+2 < len(dst); i += 3 {
				sx, sy := s.at(px, py, pw)
				px, py, pw = px+s.m[0], py+s.m[3], pw+s.m[6]
				fx, fy := uint64(sx&255), uint64(sy&255)
				o := (sy>>8)*stride + 3*(sx>>8)
				wd := fx * fy >> 8
				wb, wc := fx-wd, fy-wd
				v := spread(pix, o)*(256-fx-fy+wd) + spread(pix, o+dx)*wb +
					spread(pix, o+dy)*wc + spread(pix, o+dx+dy)*wd + lanes
				d := dst[i : i+3 : i+3]
				d[0], d[1], d[2] = uint8(v>>8), uint8(v>>40), uint8(v>>24)
			}
		}
	})
	return out
}

// lanes is one half in each of the three 16-bit lanes of [spread].
const lanes = 128 | 128<<16 | 128<<32

// spread loads the pixel at p[i:] into lanes of 16 bits: red at bit 0, blue at
// bit 16, green at bit 32, so that one multiplication weighs all three.
func spread(p []uint8, i int) uint64 {
	var v uint64
	if q := p[i:]; len(q) >= 4 {
		v = uint64(binary.LittleEndian.Uint32(q))
	} else {
		v = uint64(q[0]) | uint64(q[1])<<8 | uint64(q[2])<<16
	}
	return v&0xff00ff | v&0xff00<<24
}

// Warp is [Image.Warp] for grey pictures.
func (g *Gray) Warp(h Homography, w, ht int) *Gray {
	out := NewGray(w, ht)
	if g.W == 0 || g.H == 0 || w == 0 || ht == 0 || h.det() == 0 {
		return out
	}
	src := g
	level, x0, y0, x1, y1 := mip(h, w, ht, g.W, g.H)
	if level > 0 {
		src = &Gray{}
		src.W, src.H, src.Pix = halve(g.Pix, g.W, 1, x0, y0, x1, y1)
		for range level - 1 {
			src.W, src.H, src.Pix = halve(src.Pix, src.W, 1, 0, 0, src.W, src.H)
		}
	}
	s := newSampler(h, level, x0, y0, src.W, src.H)
	dx, dy := min(1, src.W-1), src.W*min(1, src.H-1)
	pix, stride := src.Pix, src.W
	rows(ht, w, func(ya, yb int) {
		for y := ya; y < yb; y++ {
			px, py, pw := s.row(y)
			dst := out.Pix[y*w : (y+1)*w]
			for i := range dst {
				sx, sy := s.at(px, py, pw)
				px, py, pw = px+s.m[0], py+s.m[3], pw+s.m[6]
				fx, fy := uint32(sx&255), uint32(sy&255)
				o := (sy>>8)*stride + sx>>8
				top := uint32(pix[o])*(256-fx) + uint32(pix[o+dx])*fx
				bottom := uint32(pix[o+dy])*(256-fx) + uint32(pix[o+dx+dy])*fx
				dst[i] = uint8((top*(256-fy) + bottom*fy + 1<<15) >> 16)
			}
		}
	})
	return out
}

// sampler evaluates a homography incrementally along destination rows. Its
// matrix gives the upper left of the four source pixels around a point, in
// 1/256 pixel.
type sampler struct {
	m          Homography
	maxX, maxY float64
}

func newSampler(h Homography, level, x0, y0, w, ht int) sampler {
	k := 256 / float64(int(1)<<level)
	var m Homography
	for i := range 3 {
		// 127.5 is half a pixel, less the half unit that rounds to nearest.
		m[i] = k*(h[i]-float64(x0)*h[6+i]) - 127.5*h[6+i]
		m[3+i] = k*(h[3+i]-float64(y0)*h[6+i]) - 127.5*h[6+i]
		m[6+i] = h[6+i]
	}
	// One unit short of the last pixel, so that its right neighbour exists.
	return sampler{m: m, maxX: float64(max(0, 256*(w-1)-1)), maxY: float64(max(0, 256*(ht-1)-1))}
}

// row returns the homogeneous coordinates of the first pixel of row y.
func (s *sampler) row(y int) (px, py, pw float64) {
	fy := float64(y) + 0.5
	return s.m[0]*0.5 + s.m[1]*fy + s.m[2], s.m[3]*0.5 + s.m[4]*fy + s.m[5], s.m[6]*0.5 + s.m[7]*fy + s.m[8]
}

// at projects and clamps; what is not a number becomes zero.
func (s *sampler) at(px, py, pw float64) (x, y int) {
	inv := 1 / pw
	fx, fy := px*inv, py*inv
	if !(fx > 0) {
		fx = 0
	} else if fx > s.maxX {
		fx = s.maxX
	}
	if !(fy > 0) {
		fy = 0
	} else if fy > s.maxY {
		fy = s.maxY
	}
	return int(fx), int(fy)
}

// mip returns how often the source should be halved before sampling, and the
// part of it that the destination needs.
func mip(h Homography, w, ht, srcW, srcH int) (level, x0, y0, x1, y1 int) {
	s := h.scale(Point{float64(w) / 2, float64(ht) / 2})
	// From 2^0.75 on, halving loses less than plain bilinear sampling aliases.
	level = int(math.Log2(s) + 0.25)
	if !(s > 1) || level < 1 {
		return 0, 0, 0, srcW, srcH
	}
	level = min(level, 12)
	lo, hi := Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	front := 0
	for _, c := range Rect(0, 0, float64(w), float64(ht)) {
		if h[6]*c.X+h[7]*c.Y+h[8] > 0 {
			front++
		}
		p := h.Apply(c)
		lo = Point{min(lo.X, p.X), min(lo.Y, p.Y)}
		hi = Point{max(hi.X, p.X), max(hi.Y, p.Y)}
	}
	if front%4 != 0 { // the horizon crosses the destination
		return level, 0, 0, srcW, srcH
	}
	pad := float64(int(2) << level)
	clamp := func(v float64, n int) int { return int(max(0, min(v, float64(n)))) }
	x0, y0 = clamp(lo.X-pad, srcW-1), clamp(lo.Y-pad, srcH-1)
	x1, y1 = max(clamp(hi.X+pad, srcW), x0+1), max(clamp(hi.Y+pad, srcH), y0+1)
	return level, x0, y0, x1, y1
}

// halve averages blocks of 2 by 2 pixels of c channels in the part from (x0, y0)
// to (x1, y1) of a picture w pixels wide. An odd last row or column counts
// twice.
func halve(pix []uint8, w, c, x0, y0, x1, y1 int) (int, int, []uint8) {
	ow, oh := (x1-x0+1)/2, (y1-y0+1)/2
	out := make([]uint8, ow*oh*c)
	rows(oh, ow*4, func(ya, yb int) {
		for y := ya; y < yb; y++ {
			sy := y0 + 2*y
			top := pix[(sy*w+x0)*c : (sy*w+x1)*c]
			bottom := top
			if sy+1 < y1 {
				bottom = pix[((sy+1)*w+x0)*c : ((sy+1)*w+x1)*c]
			}
			dst := out[y*ow*c : (y+1)*ow*c]
			half := uint32(2 - y&1) // rounds up and down in turn, so that means stay
			pairs := (x1 - x0) / 2
			if c == 3 {
				for i := range pairs {
					a, b, d := top[6*i:6*i+6:6*i+6], bottom[6*i:6*i+6:6*i+6], dst[3*i:3*i+3:3*i+3]
					d[0] = uint8((uint32(a[0]) + uint32(a[3]) + uint32(b[0]) + uint32(b[3]) + half) >> 2)
					d[1] = uint8((uint32(a[1]) + uint32(a[4]) + uint32(b[1]) + uint32(b[4]) + half) >> 2)
					d[2] = uint8((uint32(a[2]) + uint32(a[5]) + uint32(b[2]) + uint32(b[5]) + half) >> 2)
				}
			} else {
				for i := range pairs {
					a, b := top[2*i:2*i+2:2*i+2], bottom[2*i:2*i+2:2*i+2]
					dst[i] = uint8((uint32(a[0]) + uint32(a[1]) + uint32(b[0]) + uint32(b[1]) + half) >> 2)
				}
			}
			for i := pairs * c; i < len(dst); i++ {
				j := i + pairs*c
				dst[i] = uint8((uint32(top[j]) + uint32(bottom[j]) + half/2) >> 1)
			}
		}
	})
	return ow, oh, out
}
