package eval

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/sync/errgroup"

	"idproof/engine/face"
)

// LabelledPair is a pair of faces with what is known of it.
type LabelledPair struct {
	FacePair

	Labels map[string]string // by name, such as sex: F; "" values are left out
}

// ErrPairs reports a table of pairs that cannot be used.
var ErrPairs = errors.New("eval: unusable table of pairs")

// ReadPairs reads a table with the columns file_a, file_b and same (1, true or
// yes). Every further column is a label of the pair, but for score and result.
// Two columns that end in _a and _b are one label of the people on the two
// pictures: the value they share, or both in order with × between them.
func ReadPairs(r io.Reader) ([]LabelledPair, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPairs, err)
	}
	if len(rows) < 2 {
		return nil, fmt.Errorf("%w: no pairs", ErrPairs)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[strings.TrimSpace(name)] = i
	}
	for _, name := range []string{"file_a", "file_b", "same"} {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("%w: no column %s", ErrPairs, name)
		}
	}
	var out []LabelledPair
	for n, row := range rows[1:] {
		p := LabelledPair{FacePair: FacePair{A: row[at["file_a"]], B: row[at["file_b"]]}, Labels: map[string]string{}}
		switch strings.ToLower(row[at["same"]]) {
		case "1", "true", "yes":
			p.Same = true
		case "0", "false", "no":
		default:
			return nil, fmt.Errorf("%w: row %d: same must be 1 or 0", ErrPairs, n+2)
		}
		for name, i := range at {
			if slices.Contains([]string{"file_a", "file_b", "same", "score", "result"}, name) {
				continue
			}
			base, isA := strings.CutSuffix(name, "_a")
			if j, both := at[base+"_b"]; isA && both {
				p.label(base, row[i], row[j])
			} else if base, isB := strings.CutSuffix(name, "_b"); isB && hasColumn(at, base+"_a") {
				continue // with its other half
			} else {
				p.label(name, row[i], row[i])
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func hasColumn(at map[string]int, name string) bool { _, ok := at[name]; return ok }

// label sets a label from what is known of both sides.
func (p *LabelledPair) label(name, a, b string) {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	switch {
	case a == "" || b == "":
	case a == b:
		p.Labels[name] = a
	default:
		p.Labels[name] = min(a, b) + " × " + max(a, b)
	}
}

// LabelPairs adds what a manifest knows of the pictures: the object labels of its
// entries, by file.
func LabelPairs(pairs []LabelledPair, manifest io.Reader) error {
	var entries []struct {
		File   string            `json:"file"`
		Labels map[string]string `json:"labels"`
	}
	if err := json.NewDecoder(manifest).Decode(&entries); err != nil {
		return fmt.Errorf("eval: manifest: %w", err)
	}
	known := map[string]map[string]string{}
	for _, e := range entries {
		known[e.File] = e.Labels
	}
	for i := range pairs {
		for name, a := range known[pairs[i].A] {
			pairs[i].label(name, a, known[pairs[i].B][name])
		}
	}
	return nil
}

// FaceGroup is how pairs with one value of a label compare.
type FaceGroup struct {
	Label string `json:"label"` // "" for all pairs
	Value string `json:"value"`
	// Same counts pairs of one person, Lost those of them below the threshold or
	// not compared, NotCompared the latter.
	Same        int     `json:"same"`
	Lost        int     `json:"lost"`
	NotCompared int     `json:"not_compared"`
	LostLow     float64 `json:"lost_low"` // 95 % interval of the part that is lost (Wilson)
	LostHigh    float64 `json:"lost_high"`
	// Strangers counts pairs of two people that were compared, Matched those of
	// them at or above the threshold.
	Strangers   int     `json:"strangers"`
	Matched     int     `json:"matched"`
	MatchedHigh float64 `json:"matched_high"` // upper end of the 95 % interval
	// Mean and Deviation are of the strangers' similarities, FMR the part of them
	// that a normal distribution so wide puts above the threshold.
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"`
	FMR       float64 `json:"fmr"`
}

// FaceOutcome is the report of a comparison of pairs.
type FaceOutcome struct {
	FalseMatchRate float64           `json:"false_match_rate"` // that the threshold is stated for
	Similarity     float64           `json:"similarity"`       // the threshold
	Groups         []FaceGroup       `json:"groups"`           // all pairs first, then by label and value
	Models         map[string]string `json:"models,omitempty"`
}

// fewest pairs that are a group of their own: fewer say nothing.
const fewest = 10

// RunFaces compares the pairs at a false-match rate, each picture looked at
// once, at most jobs at a time, and splits the errors by label.
func RunFaces(ctx context.Context, pairs []LabelledPair, rate float64, jobs int, by Comparer, subject func(ctx context.Context, file string) (*face.Subject, error)) (*FaceOutcome, error) {
	var files []string
	at := map[string]int{}
	for _, p := range pairs {
		for _, f := range []string{p.A, p.B} {
			if _, known := at[f]; !known {
				at[f] = len(files)
				files = append(files, f)
			}
		}
	}
	subjects := make([]*face.Subject, len(files))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(jobs, 1))
	for i, f := range files {
		g.Go(func() (err error) {
			subjects[i], err = subject(gctx, f)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	all := map[[2]string][]LabelledPair{{}: pairs}
	for _, p := range pairs {
		for name, value := range p.Labels {
			k := [2]string{name, value}
			all[k] = append(all[k], p)
		}
	}
	out := &FaceOutcome{FalseMatchRate: rate, Similarity: face.SimilarityOf(rate)}
	of := func(f string) (*face.Subject, error) { return subjects[at[f]], nil }
	for _, k := range slices.SortedFunc(maps.Keys(all), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		if k != [2]string{} && len(all[k]) < fewest {
			continue
		}
		plain := make([]FacePair, len(all[k]))
		for i, p := range all[k] {
			plain[i] = p.FacePair
		}
		s, err := Compare(ctx, by, plain, of, of)
		if err != nil {
			return nil, err
		}
		out.Groups = append(out.Groups, out.group(k[0], k[1], &s))
	}
	return out, nil
}

func (o *FaceOutcome) group(label, value string, s *FaceScores) FaceGroup {
	g := FaceGroup{Label: label, Value: value, Same: len(s.Same) + s.Missed, NotCompared: s.Missed, Strangers: len(s.Strangers)}
	if g.Same > 0 {
		g.Lost = int(math.Round(s.NonMatch(o.Similarity) * float64(g.Same)))
	}
	g.LostLow, g.LostHigh = wilson(g.Lost, g.Same)
	if g.Strangers > 1 {
		g.Matched = int(math.Round(s.FalseMatch(o.Similarity) * float64(g.Strangers)))
		g.Mean, g.Deviation = s.Spread()
		g.FMR = math.Erfc((o.Similarity-g.Mean)/g.Deviation/math.Sqrt2) / 2
	}
	_, g.MatchedHigh = wilson(g.Matched, g.Strangers)
	return g
}

// wilson is the 95 % interval of a part of n (Wilson 1927).
func wilson(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.96
	p, m := float64(k)/float64(n), float64(n)
	mid := p + z*z/(2*m)
	wide := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, (mid-wide)/(1+z*z/m)), min(1, (mid+wide)/(1+z*z/m))
}

// WriteText writes the report as a table.
func (o *FaceOutcome) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "Threshold: similarity %.3f, score %.1f, stated for one false match in %.0f.\n\n", o.Similarity, face.Threshold(o.FalseMatchRate), 1/o.FalseMatchRate)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "label\tvalue\tsame person\tlost\t95 %\tstrangers\tmatched\tat most\tsimilarity of strangers\tone false match in")
	for _, g := range o.Groups {
		label, value := g.Label, g.Value
		if label == "" {
			label = "all"
		}
		lost, spread, one := "-", "-", "-"
		if g.Same > 0 {
			lost = fmt.Sprintf("%d (%.1f %%)\t%.1f to %.1f %%", g.Lost, 100*float64(g.Lost)/float64(g.Same), 100*g.LostLow, 100*g.LostHigh)
		} else {
			lost += "\t-"
		}
		if g.Strangers > 1 {
			spread = fmt.Sprintf("%.3f ± %.3f", g.Mean, g.Deviation)
			one = fmt.Sprintf("%.0f", 1/max(g.FMR, 1e-12))
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%d\t%d\t%.1f %%\t%s\t%s\n", label, value, g.Same, lost, g.Strangers, g.Matched, 100*g.MatchedHigh, spread, one)
	}
	return t.Flush()
}
