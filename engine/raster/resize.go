package raster

import "math"

// Resize returns the picture scaled to w by h pixels: areas are averaged along
// an axis that shrinks, and Catmull-Rom cubics interpolate along one that grows.
func (im *Image) Resize(w, h int) *Image {
	return &Image{W: w, H: h, Pix: resize(im.Pix, im.W, im.H, 3, w, h)}
}

// Resize is [Image.Resize] for grey pictures.
func (g *Gray) Resize(w, h int) *Gray {
	return &Gray{W: w, H: h, Pix: resize(g.Pix, g.W, g.H, 1, w, h)}
}

// weightBits is the precision of one axis' weights: twice this, with 8 bits of
// sample and the overshoot of two cubics, stays within 31 bits.
const weightBits = 11

func resize(pix []uint8, sw, sh, c, w, h int) []uint8 {
	out := make([]uint8, w*h*c)
	if len(pix) == 0 || len(out) == 0 {
		return out
	}
	extentW, extentH := float64(sw), float64(sh) // in pixels of the current level
	for float64(w) <= extentW/2 && float64(h) <= extentH/2 {
		sw, sh, pix = halve(pix, sw, c, 0, 0, sw, sh)
		extentW, extentH = extentW/2, extentH/2
	}
	if sw == w && sh == h && extentW == float64(w) && extentH == float64(h) {
		copy(out, pix)
		return out
	}
	across, down := newKernel(sw, w, extentW), newKernel(sh, h, extentH)
	rows(h, w, func(y0, y1 int) {
		line := make([]int32, sw*c)
		for y := y0; y < y1; y++ {
			first := int(down.start[y])
			for t := 0; t < down.n; t += 2 { // two rows at a time
				k := down.weights[y*down.n+t : (y+1)*down.n]
				a := pix[(first+t)*sw*c:][:len(line)]
				b, kb := a, int32(0)
				if len(k) > 1 {
					b, kb = pix[(first+t+1)*sw*c:][:len(line)], k[1]
				}
				switch ka := k[0]; {
				case t == 0:
					for i := range line {
						line[i] = ka*int32(a[i]) + kb*int32(b[i])
					}
				case ka != 0 || kb != 0:
					for i := range line {
						line[i] += ka*int32(a[i]) + kb*int32(b[i])
					}
				}
			}
			dst := out[y*w*c : (y+1)*w*c]
			if c == 3 {
				across.rgb(dst, line)
			} else {
				across.gray(dst, line)
			}
		}
	})
	return out
}

// kernel is a resampling matrix along one axis: destination i is the sum over t
// of weights[i*n+t] times source start[i]+t.
type kernel struct {
	n       int
	start   []int32
	weights []int32
}

// newKernel maps src samples, of which the first extent count, onto dst ones.
func newKernel(src, dst int, extent float64) kernel {
	scale := extent / float64(dst)
	n := 4
	if scale >= 1 {
		n = int(math.Ceil(scale)) + 1
	}
	n = min(n, src)
	k := kernel{n: n, start: make([]int32, dst), weights: make([]int32, dst*n)}
	w := make([]float64, n)
	for i := range dst {
		clear(w)
		var first int
		if scale >= 1 {
			a, b := float64(i)*scale, float64(i+1)*scale
			first = max(0, min(int(a), src-n))
			for t := range w {
				p := float64(first + t)
				w[t] = max(0, min(b, p+1)-max(a, p))
			}
		} else {
			p := (float64(i)+0.5)*scale - 0.5
			j := int(math.Floor(p))
			first = max(0, min(j-1, src-n))
			for t := -1; t <= 2; t++ {
				w[max(0, min(j+t, src-1))-first] += catmullRom(p - float64(j+t))
			}
		}
		k.start[i] = int32(first)
		quantise(k.weights[i*n:(i+1)*n], w)
	}
	return k
}

// quantise writes w, scaled so that the integers sum to exactly one.
func quantise(dst []int32, w []float64) {
	var sum float64
	for _, v := range w {
		sum += v
	}
	var acc float64
	var done int32
	for i, v := range w {
		acc += v / sum * (1 << weightBits)
		dst[i] = int32(math.Round(acc)) - done
		done += dst[i]
	}
}

func catmullRom(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1:
		return (1.5*x-2.5)*x*x + 1
	case x < 2:
		return ((-0.5*x+2.5)*x-4)*x + 2
	}
	return 0
}

func (k *kernel) rgb(dst []uint8, line []int32) {
	for i, s := range k.start {
		var r, g, b int32
		src := line[3*s:]
		for t, w := range k.weights[i*k.n : (i+1)*k.n] {
			p := src[3*t : 3*t+3 : 3*t+3]
			r += w * p[0]
			g += w * p[1]
			b += w * p[2]
		}
		d := dst[3*i : 3*i+3 : 3*i+3]
		d[0], d[1], d[2] = unscale(r), unscale(g), unscale(b)
	}
}

func (k *kernel) gray(dst []uint8, line []int32) {
	for i, s := range k.start {
		var sum int32
		src := line[s:]
		for t, w := range k.weights[i*k.n : (i+1)*k.n] {
			sum += w * src[t]
		}
		dst[i] = unscale(sum)
	}
}

func unscale(v int32) uint8 {
	return uint8(max(0, min(255, (v+1<<(2*weightBits-1))>>(2*weightBits))))
}

// Rotate returns the picture turned clockwise by quarter turns; negative turns
// go the other way.
func (im *Image) Rotate(quarterTurns int) *Image {
	out := &Image{}
	out.W, out.H, out.Pix = orient(im.Pix, im.W, im.H, 3, quarterTurns, false)
	return out
}

// Rotate is [Image.Rotate] for grey pictures.
func (g *Gray) Rotate(quarterTurns int) *Gray {
	out := &Gray{}
	out.W, out.H, out.Pix = orient(g.Pix, g.W, g.H, 1, quarterTurns, false)
	return out
}

// orient mirrors left to right, if asked, then turns clockwise.
func orient(pix []uint8, w, h, c, turns int, mirror bool) (int, int, []uint8) {
	// The destination offset is base + x*stepX + y*stepY.
	ow, oh := w, h
	var base, stepX, stepY int
	switch turns & 3 {
	case 0:
		base, stepX, stepY = 0, 1, w
	case 1:
		ow, oh = h, w
		base, stepX, stepY = h-1, h, -1
	case 2:
		base, stepX, stepY = w*h-1, -1, -w
	case 3:
		ow, oh = h, w
		base, stepX, stepY = (w-1)*h, -h, 1
	}
	if mirror {
		base, stepX = base+(w-1)*stepX, -stepX
	}
	out := make([]uint8, w*h*c)
	const tile = 32 // keeps the strided side in the cache
	rows((h+tile-1)/tile, tile*w, func(ta, tb int) {
		for ty := ta * tile; ty < min(tb*tile, h); ty += tile {
			for tx := 0; tx < w; tx += tile {
				for y := ty; y < min(ty+tile, h); y++ {
					src := pix[(y*w+tx)*c : (y*w+min(tx+tile, w))*c]
					o := base + y*stepY + tx*stepX
					if c == 1 {
						for _, v := range src {
							out[o] = v
							o += stepX
						}
						continue
					}
					for i := 0; i+2 < len(src); i += 3 {
						d, s := out[3*o:3*o+3:3*o+3], src[i:i+3:i+3]
						d[0], d[1], d[2] = s[0], s[1], s[2]
						o += stepX
					}
				}
			}
		}
	})
	return ow, oh, out
}

// Crop copies the part from (x0, y0) up to but without (x1, y1), cut to the
// picture.
func (im *Image) Crop(x0, y0, x1, y1 int) *Image {
	out := &Image{}
	out.W, out.H, out.Pix = crop(im.Pix, im.W, im.H, 3, x0, y0, x1, y1)
	return out
}

// Crop is [Image.Crop] for grey pictures.
func (g *Gray) Crop(x0, y0, x1, y1 int) *Gray {
	out := &Gray{}
	out.W, out.H, out.Pix = crop(g.Pix, g.W, g.H, 1, x0, y0, x1, y1)
	return out
}

func crop(pix []uint8, w, h, c, x0, y0, x1, y1 int) (int, int, []uint8) {
	x0, y0 = max(0, min(x0, w)), max(0, min(y0, h))
	x1, y1 = max(x0, min(x1, w)), max(y0, min(y1, h))
	ow, oh := x1-x0, y1-y0
	out := make([]uint8, ow*oh*c)
	for y := range oh {
		copy(out[y*ow*c:(y+1)*ow*c], pix[((y0+y)*w+x0)*c:])
	}
	return ow, oh, out
}
