package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	xdraw "golang.org/x/image/draw"

	"idproof/specimen"
)

// sample is one of the documents on offer.
type sample struct {
	Name   string // in addresses
	Title  string
	About  string
	kind   specimen.Kind
	traits []specimen.Trait
	seed   uint64
	// Shape of the document, for the space that the page keeps free.
	Width, Height int
	Back          bool
}

var samples = []sample{
	{Name: "passport", Title: "Passport", About: "TD3, everything in order", kind: specimen.Passport, seed: 4, Width: 125, Height: 88},
	{Name: "card", Title: "Identity card", About: "TD1, front and back", kind: specimen.Card, seed: 8, Width: 856, Height: 540, Back: true},
	{Name: "visa", Title: "Visa", About: "MRV-A sticker", kind: specimen.VisaA, seed: 21, Width: 120, Height: 80},
	{Name: "expired", Title: "Expired passport", About: "Read, then declined", kind: specimen.Passport, traits: []specimen.Trait{specimen.Expired}, seed: 12, Width: 125, Height: 88},
	{Name: "misprint", Title: "Misprinted passport", About: "A check digit is wrong", kind: specimen.Passport, traits: []specimen.Trait{specimen.WrongCheckDigit}, seed: 16, Width: 125, Height: 88},
}

var errNoSpecimen = errors.New("demo: no such specimen")

// cabinet draws specimens when they are first asked for, one at a time, and
// keeps them: a drawing takes a second or two.
type cabinet struct {
	now   func() time.Time
	draw  chan struct{} // held while drawing
	mu    sync.Mutex
	drawn map[string][]drawing // sides by name
}

type drawing struct{ picture, thumb []byte }

func newCabinet(now func() time.Time) *cabinet {
	return &cabinet{now: now, draw: make(chan struct{}, 1), drawn: map[string][]drawing{}}
}

// sides are the pictures of a specimen, front first.
func (c *cabinet) sides(ctx context.Context, name string) ([][]byte, error) {
	all, err := c.get(ctx, name)
	var out [][]byte
	for _, d := range all {
		out = append(out, d.picture)
	}
	return out, err
}

func (c *cabinet) get(ctx context.Context, name string) ([]drawing, error) {
	for _, s := range samples {
		if s.Name != name {
			continue
		}
		if found := c.find(name); found != nil {
			return found, nil
		}
		select {
		case c.draw <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		defer func() { <-c.draw }()
		if found := c.find(name); found != nil { // another request drew it meanwhile
			return found, nil
		}
		sides, err := s.print(c.now())
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.drawn[name] = sides
		return sides, nil
	}
	return nil, errNoSpecimen
}

func (c *cabinet) find(name string) []drawing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.drawn[name]
}

// print draws a sample's sides.
func (s sample) print(now time.Time) ([]drawing, error) {
	d := specimen.New(rand.New(rand.NewPCG(s.seed, 1)), specimen.Wish{Kind: s.kind, Issuer: "UTO", Traits: s.traits, Now: now})
	sides := d.Draw()
	var out []drawing
	for _, side := range []*specimen.Side{sides.Front, sides.Back} {
		if side == nil {
			continue
		}
		whole := onTable(side.Image, 60)
		picture, err := encode(whole, 92)
		if err != nil {
			return nil, err
		}
		small := image.NewRGBA(image.Rect(0, 0, 640, 640*side.Image.Rect.Dy()/side.Image.Rect.Dx()))
		draw.Draw(small, small.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
		xdraw.CatmullRom.Scale(small, small.Rect, side.Image, side.Image.Rect, xdraw.Over, nil)
		thumb, err := encode(small, 85)
		if err != nil {
			return nil, err
		}
		out = append(out, drawing{picture, thumb})
	}
	return out, nil
}

// onTable lays a print on a plain ground with a margin, as a scanner sees it.
func onTable(img *image.RGBA, margin int) image.Image {
	out := image.NewRGBA(image.Rect(0, 0, img.Rect.Dx()+2*margin, img.Rect.Dy()+2*margin))
	draw.Draw(out, out.Rect, image.NewUniform(color.RGBA{0x86, 0x8d, 0x97, 0xff}), image.Point{}, draw.Src)
	draw.Draw(out, img.Rect.Sub(img.Rect.Min).Add(image.Pt(margin, margin)), img, img.Rect.Min, draw.Over)
	return out
}

func encode(img image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return b.Bytes(), nil
}

// specimen serves "passport.jpg", "card-back.jpg", "card-thumb.jpg",
// "card-back-thumb.jpg".
func (h *handler) specimen(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutSuffix(r.PathValue("name"), ".jpg")
	if !ok {
		http.NotFound(w, r)
		return
	}
	name, thumb := strings.CutSuffix(name, "-thumb")
	name, back := strings.CutSuffix(name, "-back")
	sides, err := h.specimens.get(r.Context(), name)
	side := 0
	if back {
		side = 1
	}
	if errors.Is(err, errNoSpecimen) || err == nil && side >= len(sides) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		h.broken(w, r, err)
		return
	}
	data := sides[side].picture
	if thumb {
		data = sides[side].thumb
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Cache-Control", "private, max-age=3600")
	_, _ = w.Write(data) //nolint:gosec // a picture that this package drew
}
