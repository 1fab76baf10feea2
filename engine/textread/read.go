package textread

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/sync/errgroup"

	"idproof/engine/ocr"
	"idproof/engine/raster"
)

// Reader reads lines with one recogniser, and asks others where that one doubts.
// It is safe for concurrent use.
type Reader struct {
	letters, soft, others eye
}

// eye is a recogniser with its symbols by what a zone writes for them; nil where
// no line is read first with it.
type eye struct {
	*ocr.Recognizer
	spelled map[string][]int
}

// NewReader returns a reader that sees through three recognisers: one that knows
// the letters of every script that is read, and is quick; one that makes out soft
// print best, in Latin; and one for other scripts.
func NewReader(letters, soft, others *ocr.Recognizer) *Reader {
	see := func(r *ocr.Recognizer) eye { return eye{r, spellings(r.Symbols())} }
	return &Reader{see(letters), see(soft), eye{Recognizer: others}}
}

// eyes are the recognisers in the order in which they are asked for a line so
// many pixels high.
func (r *Reader) eyes(height float64) []eye {
	if height < sharp {
		return []eye{r.soft, r.letters, r.others}
	}
	return []eye{r.letters, r.soft, r.others}
}

const (
	// Line heights shown beyond both ends of a line: detectors cut ends off.
	stripPad = 0.3
	// Strips are at most this wide; longer lines are squeezed.
	widest = 1600
	// A symbol less likely than this is not believed to be there at all.
	leastSymbol = 0.3
	// A line read worse than this is not text, or not in a script that is known.
	leastLine = 0.5
	// Where no detector saw text, it has to be this clear.
	surelyText = 0.85
	// Lines of fewer pixels from top to bottom are soft,
	sharp = 16
	// and nobody can read those of fewer than this.
	legible = 4
	// A line read worse than this is shown to the other recognisers, which have to
	// be better by the margin.
	doubt, margin = 0.85, 0.1
	// The one for other scripts is asked below this, where letters of one were seen.
	despair = 0.7
)

// View says how lines on a view of a document stand on the picture it was taken
// from: its size, and where its pixels are in the picture.
type View struct {
	Width, Height int
	ToPicture     raster.Homography
}

// Read reads the lines, which run from left to right on the view. It looks at
// the picture itself, whose pixels show more than the view's.
func (r *Reader) Read(ctx context.Context, picture *raster.Gray, v View, lines []ocr.Line) (Page, error) {
	page := Page{Width: v.Width, Height: v.Height}
	read := make([]Line, len(lines))
	g, all := errgroup.WithContext(ctx)
	for i, l := range lines {
		here := l.Through(v.ToPicture)
		if here.Height < legible {
			continue
		}
		g.Go(func() (err error) {
			read[i], err = r.best(all, picture, l, here)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return page, fmt.Errorf("textread: %w", err)
	}
	if err := r.otherScripts(ctx, picture, v, lines, read); err != nil {
		return page, fmt.Errorf("textread: %w", err)
	}
	for _, l := range read {
		if l.Text != "" && l.Confidence >= leastLine {
			page.Lines = append(page.Lines, l)
		}
	}
	sortReading(page.Lines)
	return page, nil
}

// otherScripts looks again at the lines of a page that prints Cyrillic or Greek:
// who knows Latin only is sure of letters that merely look like its own.
func (r *Reader) otherScripts(ctx context.Context, picture *raster.Gray, v View, lines []ocr.Line, read []Line) error {
	const word = 4 // letters
	other := func(l Line) bool { return (l.Script == Cyrillic || l.Script == Greek) && l.Confidence >= doubt }
	if !slices.ContainsFunc(read, func(l Line) bool { return other(l) && len(l.At) >= word }) {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	for i, l := range lines {
		here := l.Through(v.ToPicture)
		// Sharp lines it has read already.
		if here.Height >= sharp || other(read[i]) || !wordly(read[i].Text) {
			continue
		}
		g.Go(func() error {
			again, err := look(ctx, r.letters, picture, l, here)
			if err == nil && other(again) {
				read[i] = again
			}
			return err
		})
	}
	return g.Wait()
}

// line is a level line of text that fills the box.
func (b Box) line() ocr.Line {
	return ocr.Line{
		Center: raster.Point{X: (b.X0 + b.X1) / 2, Y: (b.Y0 + b.Y1) / 2}, Length: b.X1 - b.X0, Height: b.Y1 - b.Y0,
	}
}

// ReadBox reads one line where the caller expects it, from left to right; the
// text is empty if there is none.
func (r *Reader) ReadBox(ctx context.Context, picture *raster.Gray, v View, b Box) (Line, error) {
	l := b.line()
	h := l.Height
	l.Length = max(h, l.Length-2*stripPad*h)
	line, err := r.best(ctx, picture, l, l.Through(v.ToPicture))
	if err != nil || line.Confidence < surelyText {
		return Line{}, err
	}
	// The box is the place that was searched; the text is less.
	half := h / 2
	line.Box.X0, line.Box.X1 = line.At[0]-half, line.At[len(line.At)-1]+half
	return line, nil
}

// Add puts a line in its place in the reading order.
func (p *Page) Add(l Line) {
	p.Lines = append(slices.Clone(p.Lines), l)
	sortReading(p.Lines)
}

// best reads the line l of the view, which lies at here on the picture, with as
// many recognisers as it takes.
func (r *Reader) best(ctx context.Context, picture *raster.Gray, l, here ocr.Line) (Line, error) {
	eyes := r.eyes(here.Height)
	best, err := look(ctx, eyes[0], picture, l, here)
	strange := best.strange
	for i, next := range eyes[1:] {
		if err != nil || best.Confidence >= doubt || i > 0 && (best.Confidence >= despair || !strange) {
			break
		}
		var other Line
		other, err = look(ctx, next, picture, l, here)
		strange = strange || other.strange
		if other.Confidence > best.Confidence+margin {
			best = other
		}
	}
	return best, err
}

// look reads the line with one recogniser.
func look(ctx context.Context, with eye, picture *raster.Gray, l, here ocr.Line) (Line, error) {
	lat, err := lattice(ctx, with, picture, here)
	if err != nil {
		return Line{}, err
	}
	return compose(spell(lat), lat.Steps, l), nil
}

// lattice is what a recogniser sees on a line of the picture.
func lattice(ctx context.Context, with eye, picture *raster.Gray, here ocr.Line) (*ocr.Lattice, error) {
	w := min(max(int((here.Length/here.Height+2*stripPad)*float64(with.Height)+0.5), with.Height), widest)
	return with.Read(ctx, ocr.Straighten(picture, here, stripPad, w, with.Height))
}

// compose makes a line of characters that were read in so many steps.
func compose(chars []character, steps int, l ocr.Line) Line {
	length := l.Length + 2*stripPad*l.Height
	out := Line{Box: Bounds(l.Quad())}
	var text strings.Builder
	var sum float64
	for _, c := range chars {
		x := (float64(c.step)+0.5)/float64(steps)*length - length/2
		for _, ch := range c.symbol {
			text.WriteRune(ch)
			out.At = append(out.At, l.At(x, 0).X)
		}
		sum += c.p
	}
	out.Text = text.String()
	if len(chars) > 0 {
		out.Confidence = sum / float64(len(chars))
	}
	out.foreign()
	out.Text = oneScript(out.Text)
	out.space()
	out.trim()
	out.Script = script(out.Text)
	return out
}

// Foreign is the symbol of recognisers for a letter of a script that they do not read.
const Foreign = '\ufffd'

// foreign drops the letters that were not read. A line of hardly anything else was not read at all.
func (l *Line) foreign() {
	n := strings.Count(l.Text, string(Foreign))
	if l.strange = n > 0; !l.strange {
		return
	}
	if runes := len(l.At); 2*n >= runes {
		l.Confidence = 0
	}
	var text []rune
	var at []float64
	for i, c := range []rune(l.Text) {
		if c != Foreign {
			text, at = append(text, c), append(at, l.At[i])
		}
	}
	l.Text, l.At = string(text), at
}

// character is one symbol of the best path through a lattice.
type character struct {
	symbol string
	step   int
	p      float64
}

// spell walks the best symbol of every step, repeats joined at their clearest.
func spell(lat *ocr.Lattice) []character {
	var out []character
	last := 0
	for t := range lat.Steps {
		row := lat.Row(t)
		best := 0
		for s, p := range row {
			if p > row[best] {
				best = s
			}
		}
		p := float64(row[best])
		switch best {
		case 0:
		case last:
			if c := &out[len(out)-1]; p > c.p {
				c.step, c.p = t, p
			}
		default:
			out = append(out, character{lat.Symbols[best], t, p})
		}
		last = best
	}
	return slices.DeleteFunc(out, func(c character) bool { return c.p < leastSymbol })
}

// advance is about how wide a letter is set, in widths of a digit.
func advance(c rune) float64 {
	switch {
	case strings.ContainsRune("MWmwЖШЩЮМжшщюм@", c):
		return 1.45
	case strings.ContainsRune("IJiljtfr|.,:;'!-()/[]`’°\"", c):
		return 0.6
	case unicode.IsUpper(c):
		return 1.2
	}
	return 1
}

// space puts spaces where letters stand apart as words do: recognisers drop
// them, most of all between capitals and digits.
func (l *Line) space() {
	runes := []rune(l.Text)
	width := func(i int) float64 { return (advance(runes[i-1]) + advance(runes[i])) / 2 }
	apart := func(i int) bool { return !unicode.IsSpace(runes[i-1]) && !unicode.IsSpace(runes[i]) }
	var units []float64
	for i := 1; i < len(runes); i++ {
		if apart(i) {
			units = append(units, (l.At[i]-l.At[i-1])/width(i))
		}
	}
	if len(units) < 3 {
		return
	}
	slices.Sort(units)
	unit := units[len(units)/2]
	if unit <= 0 {
		return
	}
	var text []rune
	var at []float64
	for i, c := range runes {
		if i > 0 && apart(i) {
			if gap := (l.At[i] - l.At[i-1]) / unit; gap > 1.7*width(i) && gap > width(i)+0.55 {
				text = append(text, ' ')
				at = append(at, (l.At[i]+l.At[i-1])/2)
			}
		}
		text, at = append(text, c), append(at, l.At[i])
	}
	l.Text, l.At = string(text), at
}

// trim drops white space around the text.
func (l *Line) trim() {
	runes := []rune(l.Text)
	for len(runes) > 0 && unicode.IsSpace(runes[0]) {
		runes, l.At = runes[1:], l.At[1:]
	}
	for n := len(runes); n > 0 && unicode.IsSpace(runes[n-1]); n = len(runes) {
		runes, l.At = runes[:n-1], l.At[:n-1]
	}
	l.Text = string(runes)
}

// script is the one that most letters are of; Latin for text without letters.
func script(text string) Script {
	count := map[Script]int{}
	for _, c := range text {
		switch {
		case unicode.Is(unicode.Latin, c):
			count[Latin]++
		case unicode.Is(unicode.Cyrillic, c):
			count[Cyrillic]++
		case unicode.Is(unicode.Greek, c):
			count[Greek]++
		case unicode.IsLetter(c):
			count[Other]++
		}
	}
	best := Latin
	for _, s := range []Script{Cyrillic, Greek, Other} {
		if count[s] > count[best] {
			best = s
		}
	}
	return best
}

// Bounds is the upright rectangle around a region.
func Bounds(q raster.Quad) Box {
	b := Box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range q {
		b = Box{min(b.X0, p.X), min(b.Y0, p.Y), max(b.X1, p.X), max(b.Y1, p.Y)}
	}
	return b
}

// sortReading puts lines in reading order: line by line, where lines whose
// middles lie within half a line height of each other stand on one level.
func sortReading(lines []Line) {
	middle := func(l Line) float64 { return (l.Box.Y0 + l.Box.Y1) / 2 }
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(middle(a), middle(b)) })
	for i := 0; i < len(lines); {
		j := i + 1
		for j < len(lines) && middle(lines[j])-middle(lines[i]) < (lines[i].Box.Y1-lines[i].Box.Y0)/2 {
			j++
		}
		slices.SortStableFunc(lines[i:j], func(a, b Line) int { return cmp.Compare(a.Box.X0, b.Box.X0) })
		i = j
	}
}
