package eval

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Summary is a run in figures. Times are in seconds.
type Summary struct {
	Pictures   int `json:"pictures"`
	Unreadable int `json:"unreadable"`

	// Of the pictures whose machine-readable zone is known.
	Truth      int `json:"with_truth"`
	Found      int `json:"found"`
	Valid      int `json:"valid"`
	Exact      int `json:"exact"`
	Fields     int `json:"fields"`
	Wrong      int `json:"valid_but_wrong"`
	Certain    int `json:"valid_but_wrong_certain"`
	Checked    int `json:"valid_but_wrong_checked"`
	CheckedSay int `json:"valid_but_wrong_checked_certain"`

	// Of these, the ones whose check digits are all printed right.
	Printed        int `json:"printed_valid"`
	PrintedFound   int `json:"printed_valid_found"`
	PrintedValid   int `json:"printed_valid_valid"`
	PrintedExact   int `json:"printed_valid_exact"`
	PrintedFields  int `json:"printed_valid_fields"`
	PrintedCertain int `json:"printed_valid_exact_certain"`

	// Of these, the others.
	Misprinted int `json:"misprinted"`
	Repaired   int `json:"wrongly_repaired"`

	Negatives   int `json:"negatives"`
	FalseAlarms int `json:"false_alarms"`

	// Readings of pictures about which nothing is known.
	Unknown      int `json:"without_truth"`
	UnknownFound int `json:"without_truth_found"`

	Mean   float64 `json:"mean"`
	Median float64 `json:"p50"`
	P95    float64 `json:"p95"`
	Max    float64 `json:"max"`
	// CPU is the mean processor time of a picture over all threads. It hardly
	// depends on what else the machine is doing; 0 when the system does not say.
	CPU   float64            `json:"cpu"`
	Steps map[string]float64 `json:"steps"` // mean of each over all pictures

	// PeakMemory of the process so far, in bytes; 0 when the system does not say.
	PeakMemory int64 `json:"peak_memory"`

	Groups []Group `json:"groups"`

	// Types and Issuers of pictures for which these are known.
	Types   Share `json:"types"`
	Issuers Share `json:"issuers"`
	// Print counts printed fields with a truth of their own; Beside those of
	// pages whose machine-readable zone tells them. By name, and "all".
	Print    map[string]*Share `json:"print"`
	Beside   map[string]*Share `json:"beside_zone"`
	Barcodes Share             `json:"barcodes"`
	// Located counts the documents whose corners are known and were found with
	// at least nine tenths of overlap.
	Located Share `json:"located"`
}

// Share is how many of some are right.
type Share struct {
	Right int `json:"right"`
	Of    int `json:"of"`
}

func (s *Share) add(right bool) {
	s.Of++
	count(&s.Right, right)
}

func (s *Share) String() string {
	return fmt.Sprintf("%d of %d, %.1f%%", s.Right, s.Of, 100*float64(s.Right)/float64(max(s.Of, 1)))
}

const (
	allFields   = "all"
	goodOverlap = 0.9
)

// addFields counts printed fields.
func addFields(to map[string]*Share, fields []FieldScore) {
	for _, f := range fields {
		for _, name := range []string{f.Name, allFields} {
			if to[name] == nil {
				to[name] = &Share{}
			}
			to[name].add(f.Exact)
		}
	}
}

// Group is the same question asked of a part of the pictures.
type Group struct {
	Name    string  `json:"name"`
	Printed int     `json:"printed_valid"`
	Exact   int     `json:"exact"`
	Fields  int     `json:"fields"`
	Mean    float64 `json:"mean"`
}

func summarize(rows []Row) Summary {
	s := Summary{
		Pictures: len(rows), Steps: map[string]float64{}, PeakMemory: peakMemory(),
		Print: map[string]*Share{}, Beside: map[string]*Share{},
	}
	var times []float64
	groups := map[string]*Group{}
	for i := range rows {
		r := &rows[i]
		if len(r.Errors) > 0 {
			s.Unreadable++
		}
		times = append(times, r.Seconds)
		for name, t := range r.Steps {
			s.Steps[name] += t / float64(len(rows))
		}
		for _, q := range []struct {
			share *Share
			right *bool
		}{{&s.Types, r.Type}, {&s.Issuers, r.Issuer}, {&s.Barcodes, r.Barcode}} {
			if q.right != nil {
				q.share.add(*q.right)
			}
		}
		for _, o := range r.Overlap {
			s.Located.add(o >= goodOverlap)
		}
		addFields(s.Print, r.Printed)
		addFields(s.Beside, r.Beside)
		switch {
		case r.MRZ != nil:
			s.add(r)
		case r.Class == Negative:
			s.Negatives++
			count(&s.FalseAlarms, r.FalseAlarm)
		default:
			s.Unknown++
			count(&s.UnknownFound, r.Found)
		}
		if r.MRZ != nil && r.MRZ.Valid {
			for _, name := range append([]string{r.MRZ.Type}, r.Tags...) {
				g := groups[name]
				if g == nil {
					g = &Group{Name: name}
					groups[name] = g
				}
				g.Printed++
				g.Mean += r.Seconds
				count(&g.Exact, r.Exact)
				count(&g.Fields, r.Fields)
			}
		}
	}
	s.Mean, s.Median, s.P95, s.Max = spread(times)
	for _, g := range groups {
		g.Mean /= float64(g.Printed)
		s.Groups = append(s.Groups, *g)
	}
	slices.SortFunc(s.Groups, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// add counts a picture whose machine-readable zone is known.
func (s *Summary) add(r *Row) {
	s.Truth++
	count(&s.Found, r.Found)
	count(&s.Valid, r.Valid)
	count(&s.Exact, r.Exact)
	count(&s.Fields, r.Fields)
	count(&s.Wrong, r.Wrong)
	count(&s.Certain, r.Wrong && r.Certain)
	count(&s.Checked, r.WrongChecked)
	count(&s.CheckedSay, r.WrongChecked && r.Certain)
	count(&s.Repaired, r.Repaired)
	if !r.MRZ.Valid {
		s.Misprinted++
		return
	}
	s.Printed++
	count(&s.PrintedFound, r.Found)
	count(&s.PrintedValid, r.Valid)
	count(&s.PrintedExact, r.Exact)
	count(&s.PrintedFields, r.Fields)
	count(&s.PrintedCertain, r.Exact && r.Certain)
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

// spread returns the mean, and the median, 95th percentile and largest by nearest rank.
func spread(v []float64) (mean, p50, p95, largest float64) {
	if len(v) == 0 {
		return 0, 0, 0, 0
	}
	v = slices.Sorted(slices.Values(v))
	for _, x := range v {
		mean += x / float64(len(v))
	}
	rank := func(p float64) float64 { return v[int(math.Ceil(p*float64(len(v))))-1] }
	return mean, rank(0.5), rank(0.95), v[len(v)-1]
}

// cpuTime is the processor time that this process has used so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakMemory reads the largest resident size of this process so far.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(string(rest)), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}

// WriteText writes the figures and the table of pictures.
func (o *Outcome) WriteText(out io.Writer) error {
	w := bufio.NewWriter(out)
	for i := range o.Rows {
		r := &o.Rows[i]
		fmt.Fprintf(w, "%-9s %6.0f ms  %s", r.Verdict(), r.Seconds*1000, r.File)
		if d := r.Detail(); d != "" {
			fmt.Fprintf(w, "  (%s)", d)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
	for _, f := range o.Summary.figures() {
		fmt.Fprintf(w, "%-24s %10s  %s\n", f.Name, f.Value, f.Note)
	}
	if len(o.Summary.Groups) > 0 {
		fmt.Fprintf(w, "\n%-34s %7s %7s %7s %9s\n", "printed valid", "of", "exact", "fields", "mean")
		for _, g := range o.Summary.Groups {
			fmt.Fprintf(w, "%-34s %7d %7d %7d %6.0f ms\n", g.Name, g.Printed, g.Exact, g.Fields, g.Mean*1000)
		}
	}
	if len(o.Summary.Steps) > 0 {
		fmt.Fprintln(w)
		for _, name := range o.Summary.stepNames() {
			fmt.Fprintf(w, "step %-29s %6.0f ms\n", name, o.Summary.Steps[name]*1000)
		}
	}
	return w.Flush()
}

// figure is one line of the summary for people.
type figure struct {
	Name, Value, Note string
	Bad               bool // something that must not happen did
}

func (s *Summary) figures() []figure {
	ms := func(t float64) string { return strconv.FormatFloat(t*1000, 'f', 0, 64) + " ms" }
	n := strconv.Itoa
	f := []figure{{Name: "pictures", Value: n(s.Pictures)}}
	if s.Unreadable > 0 {
		f = append(f, figure{Name: "unreadable", Value: n(s.Unreadable), Bad: true})
	}
	if s.Truth > 0 {
		all := fmt.Sprintf("of %d printed valid; %%d of all %d", s.Printed, s.Truth)
		f = append(
			f,
			figure{Name: "found", Value: n(s.PrintedFound), Note: fmt.Sprintf(all, s.Found)},
			figure{Name: "all digits valid", Value: n(s.PrintedValid), Note: fmt.Sprintf(all, s.Valid)},
			figure{Name: "exact", Value: n(s.PrintedExact), Note: fmt.Sprintf(all, s.Exact) + fmt.Sprintf("; %d of the %d without doubt", s.PrintedCertain, s.PrintedExact)},
			figure{Name: "main fields exact", Value: n(s.PrintedFields), Note: fmt.Sprintf(all, s.Fields)},
			figure{Name: "valid but wrong", Value: n(s.Wrong), Note: fmt.Sprintf("of all %d; %d without doubt", s.Truth, s.Certain), Bad: s.Certain > 0},
			figure{Name: "wrong in a checked field", Value: n(s.Checked), Note: fmt.Sprintf("%d without doubt", s.CheckedSay), Bad: s.CheckedSay > 0},
			figure{Name: "wrongly repaired", Value: n(s.Repaired), Note: fmt.Sprintf("of %d misprinted", s.Misprinted), Bad: s.Repaired > 0},
		)
	}
	for _, q := range []struct {
		name  string
		share Share
	}{{"type right", s.Types}, {"issuer right", s.Issuers}, {"barcodes right", s.Barcodes}, {"corners found", s.Located}} {
		if q.share.Of > 0 {
			f = append(f, figure{Name: q.name, Value: n(q.share.Right), Note: q.share.String()})
		}
	}
	for _, q := range []struct {
		name   string
		fields map[string]*Share
	}{{"printed fields exact", s.Print}, {"print beside a zone", s.Beside}} {
		all := q.fields[allFields]
		if all == nil {
			continue
		}
		f = append(f, figure{Name: q.name, Value: n(all.Right), Note: all.String()})
		for _, name := range slices.Sorted(maps.Keys(q.fields)) {
			if name != allFields {
				f = append(f, figure{Name: "  " + strings.ReplaceAll(name, "_", " "), Value: n(q.fields[name].Right), Note: q.fields[name].String()})
			}
		}
	}
	if s.Negatives > 0 {
		f = append(f, figure{Name: "false alarms", Value: n(s.FalseAlarms), Note: fmt.Sprintf("of %d negatives", s.Negatives), Bad: s.FalseAlarms > 0})
	}
	if s.Unknown > 0 {
		f = append(f, figure{Name: "found, truth unknown", Value: n(s.UnknownFound), Note: fmt.Sprintf("of %d", s.Unknown)})
	}
	f = append(f, figure{Name: "time, mean", Value: ms(s.Mean), Note: fmt.Sprintf("p50 %s, p95 %s, longest %s", ms(s.Median), ms(s.P95), ms(s.Max))})
	if s.CPU > 0 {
		f = append(f, figure{Name: "processor time, mean", Value: ms(s.CPU), Note: "over all threads"})
	}
	if s.PeakMemory > 0 {
		f = append(f, figure{Name: "peak memory", Value: n(int(s.PeakMemory>>20)) + " MiB"})
	}
	return f
}

// stepNames returns the steps, the longest first.
func (s *Summary) stepNames() []string {
	names := make([]string, 0, len(s.Steps))
	for name := range s.Steps {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := s.Steps[b] - s.Steps[a]; d != 0 {
			return int(math.Copysign(1, d))
		}
		return strings.Compare(a, b)
	})
	return names
}

// Verdict is the outcome of a row in a word or two.
func (r *Row) Verdict() string {
	switch {
	case len(r.Errors) > 0 && !r.Found:
		return "error"
	case r.FalseAlarm:
		return "ALARM"
	case r.Repaired:
		return "REPAIRED"
	case r.MRZ == nil && !r.Found:
		return "nothing"
	case r.MRZ == nil:
		return "read"
	case r.Exact:
		return "exact"
	case r.Wrong:
		return "WRONG"
	case r.Fields:
		return "fields"
	case r.Found:
		return "differs"
	default:
		return "missed"
	}
}

// Detail explains the verdict.
func (r *Row) Detail() string {
	var d []string
	for _, e := range r.Errors {
		d = append(d, e.Description)
	}
	if r.Wrong && r.WrongChecked {
		d = append(d, "valid, checked field differs")
	} else if r.Wrong {
		d = append(d, "valid, unchecked field differs")
	}
	if r.Found && !r.Certain {
		d = append(d, "uncertain")
	}
	if r.MRZ != nil && r.Found && !r.Exact {
		for _, f := range r.WrongFields {
			d = append(d, strings.ReplaceAll(string(f), "_", " "))
		}
	}
	if r.MRZ != nil && !r.MRZ.Valid {
		d = append(d, "misprinted")
	}
	for _, q := range []struct {
		name  string
		right *bool
	}{{"type", r.Type}, {"issuer", r.Issuer}, {"barcode", r.Barcode}} {
		if q.right != nil && !*q.right {
			d = append(d, q.name+" differs")
		}
	}
	for _, o := range r.Overlap {
		if o < goodOverlap {
			d = append(d, fmt.Sprintf("corners overlap %.2f", o))
		}
	}
	for _, f := range slices.Concat(r.Printed, r.Beside) {
		if !f.Exact {
			d = append(d, fmt.Sprintf("%s %q not %q", strings.ReplaceAll(f.Name, "_", " "), f.Got, f.Want))
		}
	}
	return strings.Join(d, ", ")
}
