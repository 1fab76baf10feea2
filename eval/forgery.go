package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"idproof/engine"
	"idproof/engine/forgery"
	"idproof/engine/raster"
	"idproof/engine/screen"
	"idproof/report"
)

// Genuine is the kind of pictures that are what they claim to be.
const Genuine = "genuine"

// ForgeryRow is one picture, looked at for signs of forgery.
type ForgeryRow struct {
	File    string `json:"file"`
	Class   string `json:"class"`
	Kind    string `json:"kind"`    // [Genuine], or how it was forged
	Capture string `json:"capture"` // with what, where that is known
	*forgery.Analysis
	Seconds float64 `json:"seconds"` // without decoding and reading
}

// ForgeryOutcome is a finished run.
type ForgeryOutcome struct {
	Rows []ForgeryRow `json:"rows"`
	// Detectors has a figure for every detector and kind; the identifier "risk" is
	// the combination of all, "pixels" that of all but what the document says.
	Detectors []DetectorFigure `json:"detectors"`
}

// DetectorFigure is how well a detector tells one kind of forgery from genuine
// pictures. Pictures of which it was not performed are left out, and counted.
type DetectorFigure struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Forged  int    `json:"forged"`  // pictures asked
	Genuine int    `json:"genuine"` // pictures asked
	// AUC is the chance that a forged picture measures more than a genuine one,
	// ties counted half.
	AUC float64 `json:"auc"`
	// At5 and At10 are the shares of forged pictures found where at most 5 and
	// 10 per cent of the genuine ones are.
	At5  float64 `json:"at5"`
	At10 float64 `json:"at10"`
	// Limit5 is the value from which on the detector counts for At5.
	Limit5 float64 `json:"limit5"`
}

// forgeryTruth is what a manifest says of a picture's making.
type forgeryTruth struct {
	File    string   `json:"file"`
	Class   string   `json:"class"`
	Label   string   `json:"label"`
	Capture string   `json:"capture"`
	Tags    []string `json:"tags"`
}

// kind sorts a picture by its truth; empty: it has none, and is left out. All
// pictures of documents without a label are taken as genuine.
func (t forgeryTruth) kind() string {
	for _, tag := range t.Tags {
		if strings.Contains(tag, "boxes drawn") {
			return "" // marks over the picture: an annotation
		}
	}
	label := strings.ToLower(t.Label)
	switch t.Class {
	case "mrz", "id", "dl":
		return Genuine
	case "forgery_id":
		switch {
		case strings.HasPrefix(label, "bona fide"):
			return Genuine
		case strings.HasPrefix(label, "forged"):
			return "document edited"
		}
	case "forgery":
		switch {
		case label == "original":
			return Genuine
		case strings.HasPrefix(label, "forged"):
			return "photograph edited"
		}
	case "recapture":
		switch {
		case strings.HasPrefix(label, "direct"):
			return Genuine
		case strings.HasPrefix(label, "recaptured"):
			return "screen recaptured"
		}
	}
	return ""
}

// ForgeryOptions of a run. The zero value works.
type ForgeryOptions struct {
	Classes []string  // only these; empty: all
	Now     time.Time // zero: the current time
	// Kit adds copies of the genuine pictures of documents that are JPEG files,
	// changed and unchanged, saved alike; what is to be read on them is taken from the original.
	Kit bool
	// Screens tells photographs of screens; nil: that detector is not performed.
	Screens *screen.Net
}

// RunForgery looks at the pictures of the manifest whose making is known. With an
// analyzer the documents are read first; nil: file and pixels only.
func RunForgery(ctx context.Context, a Analyzer, m *Manifest, o ForgeryOptions) (*ForgeryOutcome, error) {
	raw, err := os.ReadFile(m.Path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	var truths []forgeryTruth
	if err := json.Unmarshal(raw, &truths); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	f := &forger{analyzer: a, screens: o.Screens, now: o.Now, decoder: &raster.Decoder{}, out: &ForgeryOutcome{}}
	defer func() { _ = f.decoder.Close() }() // only caches
	var last *raster.Image
	for _, t := range truths {
		row := ForgeryRow{File: t.File, Class: t.Class, Kind: t.kind(), Capture: t.Capture}
		if row.Kind == "" || len(o.Classes) > 0 && !slices.Contains(o.Classes, t.Class) {
			continue
		}
		data, err := os.ReadFile(m.path(Picture{File: t.File}))
		if err != nil {
			continue // listed and not there
		}
		pages, res, err := f.look(ctx, row, data, nil)
		if err != nil {
			return nil, fmt.Errorf("eval: %s: %w", t.File, err)
		}
		if !o.Kit || row.Kind != Genuine || row.Class == "recapture" || len(pages) == 0 || pages[0].Format != "jpeg" || min(pages[0].W, pages[0].H) < kitLeast {
			continue
		}
		if pages[0].Scale != 1 {
			res = nil // its places are those of the full picture
		}
		if last != nil {
			if err := f.kit(ctx, row, pages[0].Image, last, res); err != nil {
				return nil, fmt.Errorf("eval: %s: %w", t.File, err)
			}
		}
		last = pages[0].Image
	}
	f.out.figures()
	return f.out, nil
}

// forger is a run.
type forger struct {
	analyzer Analyzer
	screens  *screen.Net
	now      time.Time
	decoder  *raster.Decoder
	out      *ForgeryOutcome
}

// look analyses one file and adds its row; a file that cannot be decoded has none.
// What is known to be read on it is not read again; neither is a copy of the kit.
func (f *forger) look(ctx context.Context, row ForgeryRow, data []byte, res *report.Result) ([]raster.Page, *report.Result, error) {
	pages, err := f.decoder.Decode(ctx, data, raster.Limits{})
	if err != nil {
		return nil, nil, ctx.Err()
	}
	if res == nil && f.analyzer != nil && row.Class != kitClass {
		// The forgery detection among it is for what it hands over.
		o := engine.Options{Now: f.now, Types: []string{"forgery"}}
		if res, err = f.analyzer.Analyze(ctx, []engine.Input{{Data: data}}, o); err != nil {
			return nil, nil, err
		}
	}
	start := time.Now()
	var parts []*forgery.Analysis
	for i := range pages {
		part, err := forgery.Analyze(ctx, &forgery.Evidence{Data: data, Picture: &pages[i], Page: i, Result: res, Now: f.now, Screens: f.screens, All: true})
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, part)
	}
	row.Analysis, row.Seconds = forgery.Merge(parts...), time.Since(start).Seconds()
	f.out.Rows = append(f.out.Rows, row)
	return pages, res, nil
}

// kitClass is the class of the kit's copies.
const kitClass = "kit"

// kit looks at the changed copies of a picture, with what is now to be read on them.
func (f *forger) kit(ctx context.Context, row ForgeryRow, im, other *raster.Image, res *report.Result) error {
	copies, err := kit(im, other, row.File, firstPage(res))
	if err != nil {
		return err
	}
	for _, c := range copies {
		row := row
		row.Class, row.Kind = kitClass, c.kind
		if _, _, err := f.look(ctx, row, c.data, readAs(res, c.page)); err != nil {
			return err
		}
	}
	return nil
}

// figures compares every kind with the genuine pictures, detector by detector.
func (o *ForgeryOutcome) figures() {
	kinds := map[string]bool{}
	for _, r := range o.Rows {
		if r.Kind != Genuine && r.Kind != Resaved {
			kinds[r.Kind] = true
		}
	}
	ids := []string{"risk", "pixels"}
	for _, d := range forgery.Detectors() {
		if d.Type == forgery.Risk {
			ids = append(ids, d.ID)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		for _, id := range ids {
			control := Genuine
			if strings.HasPrefix(kind, "kit") {
				control = Resaved
			}
			genuine, forged := o.values(id, control), o.values(id, kind)
			if len(forged) > 0 && len(genuine) > 0 {
				o.Detectors = append(o.Detectors, measureDetector(id, kind, genuine, forged))
			}
		}
	}
	slices.SortStableFunc(o.Detectors, func(a, b DetectorFigure) int {
		switch {
		case (a.ID == "risk") != (b.ID == "risk"):
			if a.ID == "risk" {
				return -1
			}
			return 1
		case a.ID == "risk":
			return int(math.Copysign(1, a.At5-b.At5)) // the worst kind first
		}
		return 0
	})
}

// pixels is the sum of weights without what the document says: of specimens, which
// most of the pictures at hand show, that says that they are specimens.
func (r ForgeryRow) pixels() float64 {
	return forgery.Odds(r.Measured, forgery.File, forgery.Modifications, forgery.Capture)
}

// values are what a detector measured on pictures of a kind.
func (o *ForgeryOutcome) values(id, kind string) (v []float64) {
	for _, r := range o.Rows {
		if r.Kind != kind {
			continue
		}
		switch id {
		case "risk":
			v = append(v, r.Odds)
			continue
		case "pixels":
			v = append(v, r.pixels())
			continue
		}
		if x, ok := r.Measured[id]; ok {
			v = append(v, x)
		}
	}
	return v
}

func measureDetector(id, kind string, genuine, forged []float64) DetectorFigure {
	f := DetectorFigure{ID: id, Kind: kind, Forged: len(forged), Genuine: len(genuine)}
	for _, a := range forged {
		for _, b := range genuine {
			switch {
			case a > b:
				f.AUC++
			case a == b:
				f.AUC += 0.5
			}
		}
	}
	f.AUC /= float64(len(forged) * len(genuine))
	f.At5, f.Limit5 = share(genuine, forged, 0.05)
	f.At10, _ = share(genuine, forged, 0.10)
	return f
}

// share is the share of forged values above all but the given share of genuine
// ones, and the least of the values that count.
func share(genuine, forged []float64, alarms float64) (part, limit float64) {
	s := slices.Sorted(slices.Values(genuine))
	bound := s[len(s)-1-int(alarms*float64(len(s)))]
	limit = math.Inf(1)
	n := 0
	for _, v := range forged {
		if v > bound {
			n++
			limit = min(limit, v)
		}
	}
	if n == 0 {
		return 0, bound
	}
	return float64(n) / float64(len(forged)), limit
}

// WriteText prints the figures, the combination first and its worst kind first of
// all.
func (o *ForgeryOutcome) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "detector\tforged\tasked\tgenuine\tAUC\tat 5 %\tat 10 %\tfrom")
	for _, f := range o.Detectors {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%.3f\t%.0f %%\t%.0f %%\t%.3g\n", f.ID, f.Kind, f.Forged, f.Genuine, f.AUC, 100*f.At5, 100*f.At10, f.Limit5)
	}
	fmt.Fprintln(t)
	fmt.Fprintln(t, "score\tof\tNormal or Trusted\tWarning\tHighRisk\twarned by pixels alone")
	for _, kind := range o.kinds() {
		var n [3]int
		warned := 0
		for _, r := range o.Rows {
			if r.Kind+" ("+r.Class+")" != kind {
				continue
			}
			switch r.Score {
			case forgery.Warning:
				n[1]++
			case forgery.HighRisk:
				n[2]++
			default:
				n[0]++
			}
			if forgery.RiskScore(r.pixels()) >= forgery.WarnAt {
				warned++
			}
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\n", kind, n[0]+n[1]+n[2], n[0], n[1], n[2], warned)
	}
	var times []float64
	for _, r := range o.Rows {
		times = append(times, r.Seconds)
	}
	if len(times) > 0 {
		slices.Sort(times)
		fmt.Fprintf(t, "\ntime\tmedian %.0f ms\t95 %% below %.0f ms\n", 1000*times[len(times)/2], 1000*times[len(times)*95/100])
	}
	return t.Flush()
}

func (o *ForgeryOutcome) kinds() []string {
	set := map[string]bool{}
	for _, r := range o.Rows {
		set[r.Kind+" ("+r.Class+")"] = true
	}
	return slices.Sorted(maps.Keys(set))
}
