package gallery

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"idproof/engine/face"
)

// Memory is an exact index in the memory of the process: 8 bits for each number
// of a template to look through, and the templates themselves, from the store,
// for what may be near enough. It reads a set when it is first looked through,
// and what is new before every search. 1 million faces take 0.6 GB; see
// docs/faces.md.
type Memory struct {
	store Store
	now   func() time.Time

	mu   sync.Mutex // of sets; not held while one is read
	sets map[setKey]*set
}

type setKey struct {
	Set

	model string
}

// set is the faces of one set and model. Its lock is held while it is read from
// the store: who comes meanwhile waits for the same.
type set struct {
	mu      sync.RWMutex
	blocks  [][]int8 // of blockFaces templates each
	scales  []float32
	errors  []float32 // length of what rounding took from each template
	rests   []float32 // length of its second half
	numbers []int64
	at      map[int64]int
	newest  int64
	swept   time.Time
}

const (
	blockFaces = 4096
	page       = 2000 // faces read at once
	// overlap is how far before the newest number a set is read again: numbers
	// are given before transactions end, so a lower one can come later.
	overlap = 256
	// sweep is how often the whole list of numbers is compared, so that no face
	// that was forgotten stays in memory long.
	sweep = 10 * time.Minute
)

// NewMemory returns an index of what is in the store.
func NewMemory(s Store, now func() time.Time) *Memory {
	return &Memory{store: s, now: now, sets: map[setKey]*set{}}
}

// Near implements [Index].
func (m *Memory) Near(ctx context.Context, s Set, model string, q face.Template, atLeast func(faces int) float64, most int) (hits []Hit, faces int, err error) {
	t, err := m.read(ctx, s, model)
	if err != nil {
		return nil, 0, err
	}
	t.mu.RLock()
	faces = len(t.numbers)
	t.mu.RUnlock()
	least := atLeast(faces)
	near := t.near(q, least)
	// The nearest first, a page at a time, until no other can be nearer.
	for len(near) > 0 && ctx.Err() == nil {
		n := min(len(near), max(4*most, 64))
		var numbers []int64
		for _, c := range near[:n] {
			numbers = append(numbers, c.number)
		}
		kept, err := m.store.FacesOf(ctx, s, numbers)
		if err != nil {
			return nil, 0, err
		}
		for _, f := range kept {
			if x := q.Similarity(f.Template); x >= least {
				hits = append(hits, Hit{f.ID, x})
			}
		}
		t.drop(numbers, kept)
		slices.SortFunc(hits, func(a, b Hit) int { return cmp.Compare(b.Similarity, a.Similarity) })
		hits = hits[:min(len(hits), most)]
		near = near[n:]
		if len(hits) == most && len(near) > 0 && hits[most-1].Similarity >= near[0].upper {
			break
		}
	}
	return hits, faces, ctx.Err()
}

// read brings a set up to date.
func (m *Memory) read(ctx context.Context, s Set, model string) (*set, error) {
	key := setKey{s, model}
	m.mu.Lock()
	t := m.sets[key]
	if t == nil {
		t = &set{at: map[int64]int{}, swept: m.now()}
		m.sets[key] = t
	}
	m.mu.Unlock()

	t.mu.Lock()
	defer t.mu.Unlock()
	if m.now().Sub(t.swept) > sweep {
		if err := t.sweep(ctx, m.store, s, model); err != nil {
			return nil, err
		}
		t.swept = m.now()
	}
	for after := t.newest - overlap; ; {
		faces, err := m.store.Faces(ctx, s, model, after, page)
		if err != nil {
			return nil, err
		}
		for _, f := range faces {
			t.add(f)
			after = f.Number
		}
		if len(faces) < page {
			return t, nil
		}
	}
}

// sweep forgets what the store has forgotten.
func (t *set) sweep(ctx context.Context, s Store, of Set, model string) error {
	all, err := s.FaceNumbers(ctx, of, model)
	if err != nil {
		return fmt.Errorf("gallery: %w", err)
	}
	there := make(map[int64]bool, len(all))
	for _, n := range all {
		there[n] = true
	}
	for _, n := range slices.Clone(t.numbers) {
		if !there[n] {
			t.remove(n)
		}
	}
	for _, n := range all { // one that came late, from before the overlap
		if _, known := t.at[n]; !known {
			t.newest = min(t.newest, n-1)
		}
	}
	return nil
}

// drop forgets those of the numbers that are not among what the store still has.
func (t *set) drop(numbers []int64, kept []Face) {
	if len(numbers) == len(kept) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range numbers {
		if !slices.ContainsFunc(kept, func(f Face) bool { return f.Number == n }) {
			t.remove(n)
		}
	}
}

func (t *set) add(f Face) {
	t.newest = max(t.newest, f.Number)
	if _, known := t.at[f.Number]; known || len(f.Template) != face.TemplateSize {
		return
	}
	i := len(t.numbers)
	if i%blockFaces == 0 {
		t.blocks = append(t.blocks, make([]int8, blockFaces*face.TemplateSize))
	}
	scale, lost := quantize(f.Template, t.row(i))
	t.scales, t.errors = append(t.scales, scale), append(t.errors, float32(lost))
	t.rests = append(t.rests, float32(length(f.Template[half:])))
	t.numbers = append(t.numbers, f.Number)
	t.at[f.Number] = i
}

// remove puts the last face in the place of one.
func (t *set) remove(n int64) {
	i, known := t.at[n]
	if !known {
		return
	}
	last := len(t.numbers) - 1
	copy(t.row(i), t.row(last))
	clear(t.row(last))
	t.scales[i], t.errors[i], t.rests[i], t.numbers[i] = t.scales[last], t.errors[last], t.rests[last], t.numbers[last]
	t.at[t.numbers[i]] = i
	delete(t.at, n)
	t.scales, t.errors, t.rests, t.numbers = t.scales[:last], t.errors[:last], t.rests[:last], t.numbers[:last]
	if last%blockFaces == 0 {
		t.blocks = t.blocks[:last/blockFaces]
	}
}

func (t *set) row(i int) []int8 {
	at := i % blockFaces * face.TemplateSize
	return t.blocks[i/blockFaces][at : at+face.TemplateSize]
}

// candidate is a face that may be near enough.
type candidate struct {
	number int64
	upper  float64 // its similarity is at most this
}

// near returns every face that may be at least so similar, those that may be
// nearest first. By Cauchy and Schwarz a product of rounded vectors is off by no
// more than the lengths of what rounding took, and the second half of a product
// is no more than that of the halves' lengths, so none is missed; strangers
// rarely need their second half.
func (t *set) near(q face.Template, least float64) (found []candidate) {
	if len(q) != face.TemplateSize {
		return nil
	}
	var rounded [face.TemplateSize]int8
	scale, lost := quantize(q, rounded[:])
	var wide [face.TemplateSize]int32
	for i, v := range rounded {
		wide[i] = int32(v)
	}
	first, second := (*[half]int32)(wide[:half]), (*[half]int32)(wide[half:])
	rest := length(q[half:])
	t.mu.RLock()
	defer t.mu.RUnlock()
	for b, block := range t.blocks {
		start := b * blockFaces
		for j := range min(blockFaces, len(t.numbers)-start) {
			i, row := start+j, block[j*face.TemplateSize:]
			unit := float64(scale) * float64(t.scales[i])
			// |q·t - q'·t'| <= |q-q'|·|t| + |q'|·|t-t'|, the lengths of q and t being 1.
			slack := lost + (1+lost)*float64(t.errors[i]) + 1e-5
			product := dot(first, (*[half]int8)(row))
			if unit*float64(product)+slack+rest*float64(t.rests[i]) < least {
				continue
			}
			product += dot(second, (*[half]int8)(row[half:]))
			if upper := unit*float64(product) + slack; upper >= least {
				found = append(found, candidate{t.numbers[i], upper})
			}
		}
	}
	slices.SortFunc(found, func(a, b candidate) int { return cmp.Compare(b.upper, a.upper) })
	return found
}

// half of a template is looked at first.
const half = face.TemplateSize / 2

// dot is the inner product of two rounded halves: four sums that do not wait for
// each other, and lengths that the compiler knows, take half the time of a loop.
func dot(a *[half]int32, b *[half]int8) int32 {
	var s0, s1, s2, s3 int32
	for i := 0; i <= half-16; i += 16 {
		x, y := (*[16]int32)(a[i:]), (*[16]int8)(b[i:])
		s0 += x[0]*int32(y[0]) + x[4]*int32(y[4]) + x[8]*int32(y[8]) + x[12]*int32(y[12])
		s1 += x[1]*int32(y[1]) + x[5]*int32(y[5]) + x[9]*int32(y[9]) + x[13]*int32(y[13])
		s2 += x[2]*int32(y[2]) + x[6]*int32(y[6]) + x[10]*int32(y[10]) + x[14]*int32(y[14])
		s3 += x[3]*int32(y[3]) + x[7]*int32(y[7]) + x[11]*int32(y[11]) + x[15]*int32(y[15])
	}
	return s0 + s1 + s2 + s3
}

// quantize rounds a template to 8 bits: template = scale·to + what is lost, of
// which it returns the length.
func quantize(t face.Template, to []int8) (scale float32, lost float64) {
	var top float32
	for _, v := range t {
		top = max(top, float32(math.Abs(float64(v))))
	}
	if top == 0 {
		return 0, 0
	}
	scale = top / 127
	var sum float64
	for i, v := range t {
		r := math.Round(float64(v / scale))
		to[i] = int8(r)
		d := float64(v) - r*float64(scale)
		sum += d * d
	}
	return scale, math.Sqrt(sum)
}

func length(t face.Template) float64 {
	var sum float64
	for _, v := range t {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}
