package raster

import (
	"context"
	"image/gif"
	"image/png"

	"golang.org/x/image/bmp"
)

// decodePNG reads the picture itself of an animated PNG.
func decodePNG(ctx context.Context, s source) ([]Page, error) {
	perPixel := 4.0
	if len(s.data) > 28 { // IHDR comes first, RFC 2083 section 4.1.1
		if s.data[24] == 16 {
			perPixel = 8
		}
		if s.data[28] != 0 { // interlaced: each pass is held beside the whole
			perPixel *= 1.5
		}
	}
	pages, err := s.onePage(ctx, perPixel+3, png.DecodeConfig, png.Decode)
	if err == nil {
		pages[0].Exif = readExif(s.data, "png")
	}
	return pages, err
}

func decodeBMP(ctx context.Context, s source) ([]Page, error) {
	return s.onePage(ctx, 4+3, bmp.DecodeConfig, bmp.Decode)
}

// decodeGIF reads the first frame.
func decodeGIF(ctx context.Context, s source) ([]Page, error) {
	c, err := gif.DecodeConfig(s.reader(ctx))
	if err != nil {
		return nil, corrupt(err)
	}
	if err := s.limits.check(c.Width, c.Height, 1+3+3); err != nil {
		return nil, err
	}
	im, err := gif.Decode(s.reader(ctx))
	if err != nil {
		return nil, corrupt(err)
	}
	out, at := FromImage(im), im.Bounds().Min
	if out.W != c.Width || out.H != c.Height {
		if out, err = onCanvas(out, at.X, at.Y, c.Width, c.Height); err != nil {
			return nil, err
		}
	}
	return []Page{{Image: out}}, nil
}
