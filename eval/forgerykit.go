package eval

import (
	"hash/fnv"

	"idproof/engine/raster"
	"idproof/report"
)

// The forger's kit: changes made to genuine pictures, so that detectors of changed
// pixels have positives and negatives with nothing else between them. The
// original is saved again at the very quality at which its changed copies are: how
// well a picture is compressed, and how large it is, tells nothing.

// Kinds of the kit. Resaved is genuine.
const (
	Resaved   = "resaved"
	PieceIn   = "kit: a piece of another picture put in"
	PieceMove = "kit: a piece copied within"
	Smoothed  = "kit: a piece painted over"
	Cut       = "kit: cut out and saved again"
)

// made is one picture of the kit.
type made struct {
	kind string
	data []byte
	page *report.Page // what is to be read on it; nil: that is not known
}

// kitLeast is the shorter side, in pixels, of the pictures that are changed.
const kitLeast = 400

// kit makes a picture's copies. Where and how is drawn from the seed, so that every
// run makes the same. other is where pieces come from; read is what was read on the
// picture, nil if nothing was: its content is then left alone.
func kit(im, other *raster.Image, seed string, read *report.Page) ([]made, error) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(seed))
	r := h.Sum64()
	draw := func(n int) int { // 0 to n-1
		r = r*6364136223846793005 + 1442695040888963407
		return int(r >> 33 % uint64(max(n, 1)))
	}
	quality := []int{75, 82, 88, 92}[draw(4)]
	w, ht := im.W*(12+draw(10))/100, im.H*(10+draw(8))/100
	x, y := draw(im.W-w), draw(im.H-ht)
	piece := other.Crop(0, 0, min(other.W, w), min(other.H, ht))
	if ox, oy := other.W-w, other.H-ht; ox > 0 && oy > 0 {
		px, py := draw(ox), draw(oy)
		piece = other.Crop(px, py, px+w, py+ht)
	}
	in := put(im, piece, x, y)
	own := im.Crop(x, y, x+w, y+ht)
	mx, my := (x+w+draw(im.W-2*w))%(im.W-w), (y+ht+draw(im.H-2*ht))%(im.H-ht)
	moved := put(im, own, mx, my)
	soft := put(im, own.Resize(max(1, w/3), max(1, ht/3)).Resize(w, ht), x, y)
	cut := im.Crop(1+draw(3), 1+draw(3), im.W-draw(8), im.H-draw(8))
	var out []made
	// All have the reading of the original, so that they and the unchanged copy are
	// asked the same; what was cut lies less than four pixels beside it.
	changed := []content{{Resaved, im, read}, {PieceIn, in, read}, {PieceMove, moved, read}, {Smoothed, soft, read}, {Cut, cut, read}}
	if read != nil {
		more, err := contentKit(im, *read, draw)
		if err != nil {
			return nil, err
		}
		changed = append(changed, more...)
	}
	for _, m := range changed {
		data, err := m.im.JPEG(quality)
		if err != nil {
			return nil, err
		}
		out = append(out, made{m.kind, data, m.page})
	}
	return out, nil
}

// put returns a copy with the piece at x, y.
func put(im, piece *raster.Image, x, y int) *raster.Image {
	out := raster.New(im.W, im.H)
	copy(out.Pix, im.Pix)
	for j := range min(piece.H, im.H-y) {
		n := 3 * min(piece.W, im.W-x)
		copy(out.Pix[3*((y+j)*im.W+x):][:n], piece.Pix[3*j*piece.W:][:n])
	}
	return out
}
