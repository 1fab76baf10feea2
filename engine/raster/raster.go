// Package raster turns uploaded bytes into upright pixels and offers the pixel
// operations that the later steps share: geometry (warp, resize, rotate, crop)
// and a few grey-level filters. It knows nothing about documents, text or
// faces, keeps no files and writes no logs.
//
// Coordinates are continuous: the pixel in column x and row y covers the square
// from (x, y) to (x+1, y+1), so its centre is (x+0.5, y+0.5) and a picture
// spans (0, 0) to (W, H).
//
// Colour profiles are ignored: samples are taken as sRGB. Reading text does not
// depend on it; a colour measurement would.
package raster

import (
	"image"
	"image/color"
)

// Image is a packed RGB picture, 3 bytes a pixel, rows without padding:
// the pixel (x, y) starts at Pix[3*(y*W+x)].
type Image struct {
	W, H int
	Pix  []uint8
}

// Gray is a picture of 8-bit luma; the pixel (x, y) is Pix[y*W+x].
type Gray struct {
	W, H int
	Pix  []uint8
}

// New returns a black picture of w by h pixels.
func New(w, h int) *Image { return &Image{W: w, H: h, Pix: make([]uint8, 3*w*h)} }

// NewGray returns a black grey picture of w by h pixels.
func NewGray(w, h int) *Gray { return &Gray{W: w, H: h, Pix: make([]uint8, w*h)} }

// Gray returns the luma of ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B.
func (im *Image) Gray() *Gray {
	g := NewGray(im.W, im.H)
	rows(im.H, im.W, func(y0, y1 int) {
		src, dst := im.Pix[3*y0*im.W:3*y1*im.W], g.Pix[y0*im.W:y1*im.W]
		for i := range dst {
			p := src[3*i : 3*i+3 : 3*i+3]
			dst[i] = uint8((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 1<<15) >> 16)
		}
	})
	return g
}

// RGB returns the grey picture with three equal channels.
func (g *Gray) RGB() *Image {
	im := New(g.W, g.H)
	for i, v := range g.Pix {
		p := im.Pix[3*i : 3*i+3 : 3*i+3]
		p[0], p[1], p[2] = v, v, v
	}
	return im
}

// Std returns a copy as a standard library picture.
func (im *Image) Std() *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, im.W, im.H))
	for i, j := 0, 0; i < len(im.Pix); i, j = i+3, j+4 {
		s, d := im.Pix[i:i+3:i+3], out.Pix[j:j+4:j+4]
		d[0], d[1], d[2], d[3] = s[0], s[1], s[2], 255
	}
	return out
}

// Std returns the grey picture as a standard library picture that shares its
// pixels.
func (g *Gray) Std() *image.Gray {
	return &image.Gray{Pix: g.Pix, Stride: g.W, Rect: image.Rect(0, 0, g.W, g.H)}
}

// FromImage copies a standard library picture. Transparent parts are composited
// on white; samples of 16 bits keep their upper 8.
func FromImage(src image.Image) *Image {
	b := src.Bounds()
	im := New(b.Dx(), b.Dy())
	rows(im.H, im.W, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			copyRow(im.Pix[3*y*im.W:3*(y+1)*im.W], src, b.Min.X, b.Min.Y+y)
		}
	})
	return im
}

// copyRow fills dst with the row y of src, starting at column x.
func copyRow(dst []uint8, src image.Image, x, y int) {
	switch s := src.(type) {
	case *image.YCbCr:
		for i := 0; i < len(dst); i, x = i+3, x+1 {
			c := s.COffset(x, y)
			dst[i], dst[i+1], dst[i+2] = color.YCbCrToRGB(s.Y[s.YOffset(x, y)], s.Cb[c], s.Cr[c])
		}
	case *image.NYCbCrA:
		copyRow(dst, &s.YCbCr, x, y)
		p := s.A[s.AOffset(x, y):]
		for i, j := 0, 0; i < len(dst); i, j = i+3, j+1 {
			if a := p[j]; a != 255 {
				dst[i], dst[i+1], dst[i+2] = onWhite(dst[i], a), onWhite(dst[i+1], a), onWhite(dst[i+2], a)
			}
		}
	case *image.Paletted:
		var table [256][3]uint8
		for i, c := range s.Palette {
			table[i] = overWhite(c)
		}
		p := s.Pix[s.PixOffset(x, y):]
		for i, j := 0, 0; i < len(dst); i, j = i+3, j+1 {
			copy(dst[i:i+3], table[p[j]][:])
		}
	case *image.RGBA:
		p := s.Pix[s.PixOffset(x, y):]
		for i, j := 0, 0; i < len(dst); i, j = i+3, j+4 {
			white := 255 - p[j+3]
			dst[i], dst[i+1], dst[i+2] = p[j]+white, p[j+1]+white, p[j+2]+white
		}
	case *image.NRGBA:
		p := s.Pix[s.PixOffset(x, y):]
		for i, j := 0, 0; i < len(dst); i, j = i+3, j+4 {
			a := p[j+3]
			dst[i], dst[i+1], dst[i+2] = onWhite(p[j], a), onWhite(p[j+1], a), onWhite(p[j+2], a)
		}
	case *image.RGBA64:
		p := s.Pix[s.PixOffset(x, y):]
		for i, j := 0, 0; i < len(dst); i, j = i+3, j+8 {
			white := 255 - p[j+6]
			dst[i], dst[i+1], dst[i+2] = p[j]+white, p[j+2]+white, p[j+4]+white
		}
	case *image.NRGBA64:
		p := s.Pix[s.PixOffset(x, y):]
		for i, j := 0, 0; i < len(dst); i, j = i+3, j+8 {
			a := p[j+6]
			dst[i], dst[i+1], dst[i+2] = onWhite(p[j], a), onWhite(p[j+2], a), onWhite(p[j+4], a)
		}
	case *image.Gray:
		p := s.Pix[s.PixOffset(x, y):]
		for i, j := 0, 0; i < len(dst); i, j = i+3, j+1 {
			dst[i], dst[i+1], dst[i+2] = p[j], p[j], p[j]
		}
	case *image.Gray16:
		p := s.Pix[s.PixOffset(x, y):]
		for i, j := 0, 0; i < len(dst); i, j = i+3, j+2 {
			dst[i], dst[i+1], dst[i+2] = p[j], p[j], p[j]
		}
	default:
		for i := 0; i < len(dst); i, x = i+3, x+1 {
			v := overWhite(src.At(x, y))
			copy(dst[i:i+3], v[:])
		}
	}
}

// overWhite composites a colour on white.
func overWhite(c color.Color) [3]uint8 {
	r, g, b, a := c.RGBA()
	white := 0xffff - a
	return [3]uint8{uint8((r + white) >> 8), uint8((g + white) >> 8), uint8((b + white) >> 8)}
}

// onWhite composites a sample v with alpha a on white.
func onWhite(v, a uint8) uint8 {
	if a == 255 {
		return v
	}
	return uint8((uint32(v)*uint32(a) + 255*(255-uint32(a)) + 127) / 255)
}
