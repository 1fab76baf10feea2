package specimen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/image/draw"
	"golang.org/x/sync/errgroup"

	"idproof/mrz"
)

// SetOptions says what [WriteSet] writes. The zero value gives flat scans of all
// kinds, one in four of them with a [Trait].
type SetOptions struct {
	Count     int       // documents; cards and licences give two pictures each
	Seed      uint64    // the same seed gives the same set
	Photo     bool      // photograph them, from easy to hard, with one empty ground in twenty
	Kinds     []Kind    // nil is all
	Issuer    string    // code; "" is any
	Now       time.Time // as in [Wish]
	Watermark bool
}

// Entry is one picture of a manifest: the shape that idproof eval reads, and the
// whole truth besides.
type Entry struct {
	File         string            `json:"file"` // relative to the manifest
	Class        string            `json:"class"`
	DocumentType string            `json:"document_type"`
	Country      string            `json:"country,omitempty"`
	Tags         []string          `json:"tags"`
	Size         [2]int            `json:"size"`
	Format       string            `json:"format"`
	MRZ          *EntryMRZ         `json:"mrz,omitempty"`
	Fields       map[string]string `json:"fields,omitempty"`
	TruthSource  string            `json:"truth_source"`

	Quad     *Quad     `json:"quad,omitempty"` // of the document in the picture
	Printed  []Printed `json:"printed,omitempty"`
	Portrait *Quad     `json:"portrait,omitempty"`
	Ghost    *Quad     `json:"ghost,omitempty"`
	Document *Document `json:"document,omitempty"`
}

// EntryMRZ is the machine-readable zone of an [Entry].
type EntryMRZ struct {
	Type  string   `json:"type"`
	Lines []string `json:"lines"`
	Valid bool     `json:"all_check_digits_valid"`
	Quads []Quad   `json:"quads"` // one for each line
}

// WriteSet writes pictures and manifest.json into dir, which is made if missing.
// It stops at the first error or when ctx ends; the manifest is written last.
func WriteSet(ctx context.Context, dir string, o SetOptions) error {
	if o.Count < 1 {
		return errors.New("specimen: a set needs at least one document")
	}
	for _, k := range o.Kinds {
		if k.Format() == mrz.Unknown {
			return fmt.Errorf("specimen: no such kind: %q", k)
		}
	}
	if o.Issuer != "" && issuerOf(o.Issuer) == nil {
		return fmt.Errorf("specimen: no such issuer: %q", o.Issuer)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("specimen: %w", err)
	}
	entries := make([][]Entry, o.Count)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range entries {
		group.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			entries[i], err = o.write(dir, i)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("specimen: %w", err)
	}
	all := []Entry{}
	for _, e := range entries {
		all = append(all, e...)
	}
	data, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return fmt.Errorf("specimen: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("specimen: %w", err)
	}
	return nil
}

func (o SetOptions) write(dir string, i int) ([]Entry, error) {
	r := rand.New(rand.NewPCG(o.Seed, uint64(i)))
	d := dice{r}
	if o.Photo && i%20 == 3 {
		c := RandomCamera(r, d.Float64())
		e := Entry{File: fmt.Sprintf("%05d_nothing.jpg", i), Class: "negative", DocumentType: "no document", Tags: []string{"photo", string(c.Background)}}
		err := save(dir, &e, Nothing(c, r), 88)
		return []Entry{e}, err
	}
	w := Wish{Issuer: o.Issuer, Now: o.Now, Watermark: o.Watermark}
	if len(o.Kinds) > 0 {
		w.Kind = pick(d, o.Kinds...)
	}
	if d.chance(0.25) {
		w.Traits = []Trait{pick(d, Traits()...)}
	}
	doc := New(r, w)
	var out []Entry
	for _, side := range doc.faces(d.chance(0.25)) {
		e := doc.entry(side)
		e.File = fmt.Sprintf("%05d_%s_%s.jpg", i, doc.Kind, side.Name)
		picture := onWhite(side.Image)
		quality := 95
		if o.Photo {
			c := RandomCamera(r, d.Float64())
			quality, c.JPEGQuality = c.JPEGQuality, 0
			var q Quad
			picture, q = Photograph(side.Image, c, r)
			e.photographed(q, side, c)
		}
		if err := save(dir, &e, picture, quality); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// faces draws the sides, a passport open at both pages if so wished.
func (d Document) faces(open bool) []*Side {
	if d.Kind == Passport && open {
		return []*Side{d.DrawBooklet()}
	}
	sides := d.Draw()
	if sides.Back == nil {
		return []*Side{sides.Front}
	}
	return []*Side{sides.Front, sides.Back}
}

// entry tells the truth about a flat print.
func (d Document) entry(s *Side) Entry {
	whole := box(0, 0, float64(s.Width), float64(s.Height))
	if s.Page != nil {
		whole = *s.Page
	}
	e := Entry{
		Class: "id", DocumentType: d.documentType(s), Country: d.Issuer, Tags: []string{"specimen", "drawn"}, TruthSource: "drawn from this truth",
		Quad: &whole, Printed: s.Fields, Portrait: s.Portrait, Ghost: s.Ghost, Document: &d, Fields: map[string]string{},
	}
	if s.Page != nil {
		e.Tags = append(e.Tags, "open booklet")
	}
	for _, t := range d.Traits {
		e.Tags = append(e.Tags, strings.ReplaceAll(string(t), "_", " "))
	}
	if d.Kind == Licence {
		e.Class = "dl"
	}
	if len(s.MRZ) > 0 {
		if d.Kind != Licence {
			e.Class = "mrz"
		}
		parsed := mrz.ParseAs(d.Kind.Format(), d.MRZ, time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC))
		m := EntryMRZ{Type: d.Kind.Format().String(), Lines: d.MRZ, Valid: true}
		for _, c := range parsed.Checks {
			m.Valid = m.Valid && c.OK
		}
		for _, l := range s.MRZ {
			m.Quads = append(m.Quads, l.Region)
		}
		e.MRZ = &m
	}
	for _, p := range s.Fields {
		key, known := manifestFields[p.Field]
		if !known {
			continue
		}
		value := p.Value
		if value == "" {
			value = p.Text
		}
		if _, twice := e.Fields[key]; !twice {
			e.Fields[key] = value
		}
	}
	return e
}

// manifestFields gives the names that manifests use.
var manifestFields = map[string]string{
	"surname": "surname", "given_names": "given", "nationality": "nationality", "sex": "sex", "birth_date": "dob", "personal_number": "personal",
	"document_number": "number", "expiry_date": "expiry", "issue_date": "issue", "authority": "authority", "birth_place": "place_of_birth",
	"address": "address", "categories": "categories", "height": "height", "surname_native": "surname_native", "given_names_native": "given_native",
}

func (d Document) documentType(s *Side) string {
	switch d.Kind {
	case Card:
		if s.Name == "front" {
			return "identity card front"
		}
		return "TD1 card (identity)"
	case LargeCard:
		return "TD2 card"
	case VisaA:
		return "visa (MRV-A)"
	case VisaB:
		return "visa (MRV-B)"
	case OldCard:
		return "identity card (old French layout, 2x36)"
	case Licence:
		return "driving licence " + s.Name
	}
	return "passport"
}

// photographed moves the truth to where it is in the photograph.
func (e *Entry) photographed(q Quad, s *Side, c Camera) {
	within := func(r Quad) Quad { return c.Locate(r, q, float64(s.Width), float64(s.Height)) }
	page := within(*e.Quad)
	e.Quad = &page
	e.Tags = append(e.Tags, "photo", string(c.Background))
	if math.Abs(c.Rotation) > math.Pi/4 {
		e.Tags = append(e.Tags, "rotated")
	}
	e.Printed = nil
	for _, p := range s.Fields {
		p.Region = within(p.Region)
		e.Printed = append(e.Printed, p)
	}
	for _, r := range []**Quad{&e.Portrait, &e.Ghost} {
		if *r != nil {
			moved := within(**r)
			*r = &moved
		}
	}
	if e.MRZ != nil {
		for i, l := range e.MRZ.Quads {
			e.MRZ.Quads[i] = within(l)
		}
	}
}

// onWhite fills the transparent corners.
func onWhite(img *image.RGBA) image.Image {
	out := image.NewRGBA(img.Rect)
	draw.Draw(out, out.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, img.Rect.Min, draw.Over)
	return out
}

func save(dir string, e *Entry, img image.Image, quality int) (err error) {
	e.Size, e.Format = [2]int{img.Bounds().Dx(), img.Bounds().Dy()}, "JPEG"
	f, err := os.Create(filepath.Join(dir, e.File))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return jpeg.Encode(f, img, &jpeg.Options{Quality: quality})
}
