package eval

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/jpeg"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"idproof/engine/raster"
	"idproof/mrz"
	"idproof/report"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"ms":      func(seconds float64) string { return fmt.Sprintf("%.0f ms", seconds*1000) },
	"percent": func(part, of float64) string { return fmt.Sprintf("%.1f%%", 100*part/max(of, 1e-9)) },
	"words":   func(s any) string { return strings.ReplaceAll(fmt.Sprint(s), "_", " ") },
}).Parse(pageSource))

// thumbnail is the longest side of a picture on the page, in pixels.
const thumbnail = 620

// WriteHTML writes one self-contained page that shows every picture with the
// regions that were read, and what was read beside the truth. The page holds
// the pictures: treat it like them. A picture that cannot be decoded is left
// out of its card.
func (o *Outcome) WriteHTML(ctx context.Context, w io.Writer) error {
	var steps []step
	for _, name := range o.Summary.stepNames() {
		steps = append(steps, step{name, o.Summary.Steps[name]})
	}
	longest := 0.0
	if len(steps) > 0 {
		longest = steps[0].Mean
	}
	verdicts := map[string]int{}
	for i := range o.Rows {
		verdicts[o.Rows[i].Verdict()]++
	}
	var filters []filter
	for _, v := range []string{"REPAIRED", "ALARM", "WRONG", "differs", "fields", "missed", "error", "exact", "read", "nothing"} {
		if verdicts[v] > 0 {
			filters = append(filters, filter{v, strings.ToLower(v), verdicts[v]})
		}
	}
	if err := pageTemplate.ExecuteTemplate(w, "head", map[string]any{
		"Outcome": o, "Figures": o.Summary.figures(), "Steps": steps, "Longest": longest, "Filters": filters,
	}); err != nil {
		return fmt.Errorf("eval: writing the page: %w", err)
	}
	// The pictures are decoded and written one by one, so that any number fits.
	for i := range o.Rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := pageTemplate.ExecuteTemplate(w, "card", o.card(ctx, &o.Rows[i])); err != nil {
			return fmt.Errorf("eval: writing the page: %w", err)
		}
	}
	if err := pageTemplate.ExecuteTemplate(w, "foot", nil); err != nil {
		return fmt.Errorf("eval: writing the page: %w", err)
	}
	return nil
}

type (
	step struct {
		Name string
		Mean float64
	}
	filter struct {
		Name, Class string
		Count       int
	}
	// card is a row as the page shows it.
	card struct {
		*Row
		Verdict, Class string
		Pages          []pageView
		Lines          []lineView
		Fields         []fieldView
		BadDigits      []report.CheckDigit
	}
	// pageView is a picture; the regions are in its own pixels.
	pageView struct {
		Picture       template.URL
		Width, Height int
		Document      string // corners as SVG points; empty when not located
		Lines         []string
	}
	// lineView is a line of the truth over the same line as it was read.
	lineView struct {
		Strip       template.URL // the straightened line
		Truth, Read []glyph
	}
	glyph struct {
		Text   string
		Differ bool
		Doubt  bool // low confidence
		Title  string
	}
	fieldView struct {
		Name        mrz.Field
		Truth, Read string
	}
)

// card collects what the page shows of a row.
func (o *Outcome) card(ctx context.Context, r *Row) card {
	c := card{Row: r, Verdict: r.Verdict(), Class: strings.ToLower(r.Verdict())}
	var decoded []raster.Page
	if data, err := os.ReadFile(o.Manifest.path(r.Picture)); err == nil {
		decoded, _ = raster.Decode(ctx, data, raster.Limits{}) // the row has the error
	}
	for i, p := range decoded {
		c.Pages = append(c.Pages, r.page(i, p))
	}
	c.Lines = r.lines()
	if m := r.Read; m != nil {
		for i := range c.Lines {
			if i < len(m.Regions) && m.Page < len(decoded) {
				c.Lines[i].Strip = strip(decoded[m.Page], m.Regions[i])
			}
		}
		for _, d := range m.CheckDigits {
			if !d.OK {
				c.BadDigits = append(c.BadDigits, d)
			}
		}
		if r.MRZ != nil {
			truth, read := parse(r.MRZ.Type, r.MRZ.Lines, o.At), parse(m.Format, m.Lines, o.At)
			for _, f := range r.WrongFields {
				c.Fields = append(c.Fields, fieldView{f, value(truth, f), value(read, f)})
			}
		}
	}
	return c
}

// value is one of the main fields as text.
func value(d *mrz.Document, f mrz.Field) string {
	switch f {
	case mrz.FieldNumber:
		return d.Number
	case mrz.FieldSurname:
		return d.Surname
	case mrz.FieldGivenNames:
		return d.GivenNames
	case mrz.FieldBirthDate:
		return d.BirthDate.Raw
	case mrz.FieldExpiryDate:
		return d.ExpiryDate.Raw
	case mrz.FieldNationality:
		return d.Nationality
	default:
		return d.Raw(f)
	}
}

func (r *Row) page(i int, p raster.Page) pageView {
	w, h := p.W, p.H
	if side := max(w, h); side > thumbnail {
		w, h = max(w*thumbnail/side, 1), max(h*thumbnail/side, 1)
	}
	v := pageView{Picture: dataURI(p.Resize(w, h), 75), Width: p.Width, Height: p.Height}
	if i < len(r.Pages) && r.Pages[i].Quad != nil {
		v.Document = points(*r.Pages[i].Quad)
	}
	if r.Read != nil && r.Read.Page == i {
		for _, q := range r.Read.Regions {
			v.Lines = append(v.Lines, points(q))
		}
	}
	return v
}

// strip cuts a line out of a page and straightens it.
func strip(p raster.Page, q report.Quad) template.URL {
	const height = 44
	var s raster.Quad
	for i, c := range q {
		s[i] = raster.Point{X: c[0] * p.Scale, Y: c[1] * p.Scale}
	}
	across := math.Hypot(s[1].X-s[0].X, s[1].Y-s[0].Y)
	down := math.Hypot(s[3].X-s[0].X, s[3].Y-s[0].Y)
	if across < 1 || down < 1 {
		return ""
	}
	w := min(max(int(across/down*height), 1), 2000)
	return dataURI(p.Warp(raster.QuadToRect(s, w, height), w, height), 80)
}

func dataURI(im *raster.Image, quality int) template.URL {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im.Std(), &jpeg.Options{Quality: quality}); err != nil {
		return ""
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes())) //nolint:gosec // G203: of our own making
}

func points(q report.Quad) string {
	var s []string
	for _, c := range q {
		s = append(s, fmt.Sprintf("%.1f,%.1f", c[0], c[1]))
	}
	return strings.Join(s, " ")
}

// lines sets truth and reading side by side, character under character.
func (r *Row) lines() []lineView {
	var truth, read []string
	if r.MRZ != nil {
		truth = r.MRZ.Lines
	}
	if r.Read != nil {
		read = r.Read.Lines
	}
	lines := make([]lineView, max(len(truth), len(read)))
	for i := range lines {
		var a, b string
		var confidence []float64
		if i < len(truth) {
			a = truth[i]
		}
		if i < len(read) {
			b = read[i]
			if i < len(r.Read.CharacterConfidence) {
				confidence = r.Read.CharacterConfidence[i]
			}
		}
		lines[i] = compare(a, b, confidence)
		if r.MRZ == nil { // nothing to compare with
			lines[i].Truth = nil
			for j := range lines[i].Read {
				lines[i].Read[j].Differ = false
			}
		}
		if r.Read == nil {
			lines[i].Read = nil
			for j := range lines[i].Truth {
				lines[i].Truth[j].Differ = false
			}
		}
	}
	return lines
}

// compare aligns two lines by the fewest edits. A gap shows as a dot.
func compare(truth, read string, confidence []float64) lineView {
	n, m := len(truth), len(read)
	cost := make([][]int, n+1)
	for i := range cost {
		cost[i] = make([]int, m+1)
		for j := range cost[i] {
			switch {
			case i == 0:
				cost[i][j] = j
			case j == 0:
				cost[i][j] = i
			default:
				same := 1
				if truth[i-1] == read[j-1] {
					same = 0
				}
				cost[i][j] = min(cost[i-1][j-1]+same, cost[i-1][j]+1, cost[i][j-1]+1)
			}
		}
	}
	var v lineView
	for i, j := n, m; i > 0 || j > 0; {
		a, b := glyph{Text: "·"}, glyph{Text: "·"}
		diagonal := i > 0 && j > 0 && (cost[i][j] == cost[i-1][j-1] && truth[i-1] == read[j-1] || cost[i][j] == cost[i-1][j-1]+1)
		up := !diagonal && i > 0 && cost[i][j] == cost[i-1][j]+1
		if diagonal || up {
			i--
			a.Text = truth[i : i+1]
		}
		if diagonal || !up {
			j--
			b.Text = read[j : j+1]
			if j < len(confidence) {
				b.Doubt = confidence[j] < 0.9
				b.Title = fmt.Sprintf("%d: %.1f %%", j+1, confidence[j]*100)
			}
		}
		a.Differ = a.Text != b.Text
		b.Differ = a.Differ
		v.Truth, v.Read = append(v.Truth, a), append(v.Read, b)
	}
	slices.Reverse(v.Truth)
	slices.Reverse(v.Read)
	return v
}
