package ocr

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"idproof/engine/model"
	"idproof/engine/raster"
)

// Lattice is what a recogniser saw in a strip: for each of Steps columns, from
// left to right, the probability of every symbol. Symbol 0 is "nothing new
// here" (the blank of connectionist temporal classification, Graves et al. 2006).
type Lattice struct {
	Steps   int
	Symbols []string  // Symbols[0] is the blank, ""
	P       []float32 // Steps × len(Symbols), each row sums to 1
}

// Row returns the probabilities at one step.
func (l *Lattice) Row(t int) []float32 {
	n := len(l.Symbols)
	return l.P[t*n : (t+1)*n]
}

// Greedy returns the text of the best symbol at every step, with repeats
// joined, and the mean probability of the symbols it kept.
func (l *Lattice) Greedy() (string, float64) {
	var b strings.Builder
	var sum float64
	n, last := 0, 0
	for t := range l.Steps {
		row := l.Row(t)
		best := 0
		for s, p := range row {
			if p > row[best] {
				best = s
			}
		}
		if best != 0 && best != last {
			b.WriteString(l.Symbols[best])
			sum += float64(row[best])
			n++
		}
		last = best
	}
	if n == 0 {
		return "", 0
	}
	return b.String(), sum / float64(n)
}

// Only returns the lattice over the given one-letter symbols alone. The
// probability of all others is kept apart in no column: rows then sum to less
// than 1 where the recogniser saw something else.
func (l *Lattice) Only(letters string) *Lattice {
	out := &Lattice{Steps: l.Steps, Symbols: make([]string, 1, 1+len(letters))}
	from := make([]int, 1, 1+len(letters))
	index := make(map[string]int, len(l.Symbols))
	for i, s := range l.Symbols {
		if _, ok := index[s]; !ok {
			index[s] = i
		}
	}
	for _, r := range letters {
		out.Symbols = append(out.Symbols, string(r))
		i, ok := index[string(r)]
		if !ok {
			i = -1
		}
		from = append(from, i)
	}
	n := len(out.Symbols)
	out.P = make([]float32, l.Steps*n)
	for t := range l.Steps {
		row := l.Row(t)
		for j, i := range from {
			if i >= 0 {
				out.P[t*n+j] = row[i]
			}
		}
	}
	return out
}

// Recognizer reads one strip of text at a time.
type Recognizer struct {
	// Height is that of the strips it reads, in pixels.
	Height int

	net     *model.Net
	symbols []string
}

// Symbols are what it tells apart, as in [Lattice.Symbols]; not to be changed.
func (r *Recognizer) Symbols() []string { return r.symbols }

// NewRecognizer loads the network of that name. Its list of characters and the
// height of its strips are in the network's own notes ("character", one to a
// line, and "height"), or else in the file name + ".txt" and 48.
func NewRecognizer(r *model.Runtime, name string) (*Recognizer, error) {
	n, err := r.Load(name)
	if err != nil {
		return nil, err
	}
	out := &Recognizer{Height: 48, net: n, symbols: []string{""}}
	if h, ok := n.Meta["height"]; ok {
		if out.Height, err = strconv.Atoi(h); err != nil || out.Height < 8 {
			return nil, fmt.Errorf("ocr: %s: height %q", name, h)
		}
	}
	list, ok := n.Meta["character"]
	if !ok {
		path, err := r.Path(name + ".txt")
		if err != nil {
			return nil, err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("ocr: %w", err)
		}
		list = string(data)
	}
	for c := range strings.Lines(list) {
		out.symbols = append(out.symbols, strings.TrimRight(c, "\r\n"))
	}
	return out, nil
}

// Version names the network.
func (r *Recognizer) Version() (name, version string) { return r.net.Name, r.net.Version }

// Read runs the network over a strip of its height (see [Straighten]).
func (r *Recognizer) Read(ctx context.Context, strip *raster.Gray) (*Lattice, error) {
	if strip.H != r.Height {
		return nil, fmt.Errorf("ocr: a strip is %d pixels high, not %d", r.Height, strip.H)
	}
	plane := strip.W * strip.H
	in := model.Tensor{Shape: []int{1, 3, strip.H, strip.W}, Data: make([]float32, 3*plane)}
	for i, v := range strip.Pix {
		x := float32(v)/127.5 - 1
		in.Data[i], in.Data[plane+i], in.Data[2*plane+i] = x, x, x
	}
	out, err := r.net.Run(ctx, in)
	if err != nil {
		return nil, err
	}
	if len(out.Shape) != 3 || out.Shape[2] < 2 {
		return nil, fmt.Errorf("ocr: the recogniser answered with shape %v", out.Shape)
	}
	// The list of characters leaves out the space that some networks end with.
	symbols := r.symbols
	for len(symbols) < out.Shape[2] {
		symbols = append(symbols[:len(symbols):len(symbols)], " ")
	}
	return &Lattice{Steps: out.Shape[1], Symbols: symbols[:out.Shape[2]], P: out.Data}, nil
}

// Straighten cuts the line out of the picture as a level strip of w by h
// pixels. It shows the line from top to bottom and pad line heights more at
// both ends.
func Straighten(im *raster.Gray, l Line, pad float64, w, h int) *raster.Gray {
	length, height := l.Length+2*pad*l.Height, l.Height
	strip := raster.NewGray(w, h)
	stepX, stepY := length/float64(w), height/float64(h)
	// Shrinking needs averaging: sample a smaller copy of the surroundings.
	src, ox, oy, f := around(im, l, length, height, math.Min(stepX, stepY))
	for y := range h {
		dy := (float64(y)+0.5)*stepY - height/2
		for x := range w {
			dx := (float64(x)+0.5)*stepX - length/2
			p := l.At(dx, dy)
			strip.Pix[y*w+x] = sample(src, (p.X-ox)*f-0.5, (p.Y-oy)*f-0.5)
		}
	}
	return strip
}

// around crops the line's surroundings and shrinks them by the step, if that
// is more than one pixel; it returns the crop's origin and its scale.
func around(im *raster.Gray, l Line, length, height, step float64) (src *raster.Gray, ox, oy, scale float64) {
	if step < 1.25 {
		return im, 0, 0, 1
	}
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := -4; i <= 4; i++ {
		for _, y := range []float64{-height / 2, height / 2} {
			p := l.At(float64(i)*length/8, y)
			x0, y0, x1, y1 = min(x0, p.X), min(y0, p.Y), max(x1, p.X), max(y1, p.Y)
		}
	}
	ax, ay := max(0, int(x0)-2), max(0, int(y0)-2)
	bx, by := min(im.W, int(x1)+3), min(im.H, int(y1)+3)
	if bx-ax < 4 || by-ay < 4 {
		return im, 0, 0, 1
	}
	w, h := max(1, int(math.Round(float64(bx-ax)/step))), max(1, int(math.Round(float64(by-ay)/step)))
	return im.Crop(ax, ay, bx, by).Resize(w, h), float64(ax), float64(ay), float64(w) / float64(bx-ax)
}

// sample interpolates bilinearly; outside the picture its edge goes on.
func sample(im *raster.Gray, x, y float64) uint8 {
	x = min(max(x, 0), float64(im.W-1))
	y = min(max(y, 0), float64(im.H-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, im.W-1), min(y0+1, im.H-1)
	fx, fy := x-float64(x0), y-float64(y0)
	a := float64(im.Pix[y0*im.W+x0])*(1-fx) + float64(im.Pix[y0*im.W+x1])*fx
	b := float64(im.Pix[y1*im.W+x0])*(1-fx) + float64(im.Pix[y1*im.W+x1])*fx
	return uint8(a*(1-fy) + b*fy + 0.5)
}
