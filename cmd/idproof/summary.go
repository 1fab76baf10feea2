package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"idproof/report"
)

// writeSummary prints a result for people: what the document is, its fields
// with their sources, the machine-readable zone with its check digits, and
// every check that did not pass.
func writeSummary(out io.Writer, res *report.Result, files []string) error {
	w := bufio.NewWriter(out)
	for _, e := range res.Errors {
		name := ""
		if e.Document != nil && *e.Document < len(files) {
			name = files[*e.Document] + ": "
		}
		fmt.Fprintf(w, "error    %s%s (%s)\n", name, e.Description, e.Code)
	}
	if d := res.Document; d != nil {
		head := d.Type
		for _, s := range []string{d.Subtype, d.IssuingCountry, d.DocumentNumber} {
			if s != "" {
				head += " · " + s
			}
		}
		fmt.Fprintln(w, strings.ReplaceAll(head, "_", " "))
	} else if len(res.Errors) == 0 {
		fmt.Fprintln(w, "No document was found.")
	}
	if s := res.AnalysisSummary.Document; s != nil {
		summarizeFields(w, s.FieldDetails)
	}
	if res.Document != nil && res.Document.MRZ != nil {
		summarizeMRZ(w, res.Document.MRZ)
	}
	if s := res.AnalysisSummary.Document; s != nil {
		summarizeChecks(w, s.Checks.All())
	}
	summarizePerson(w, res.AnalysisSummary)
	summarizeForgery(w, res.AnalysisSummary.Forgery)
	var total float64
	for _, s := range res.Steps {
		total += s.Seconds
	}
	if len(res.Steps) > 0 {
		fmt.Fprintf(w, "\n%.0f ms in %d steps\n", total*1000, len(res.Steps))
	}
	return w.Flush()
}

func summarizePerson(w io.Writer, s report.Summary) {
	if m := s.Selfie; m != nil {
		fmt.Fprintf(w, "\nface      %s  %.1f of 100, a match from %.0f (1 stranger in %.0f) %s\n",
			m.FaceMatch.Result, m.FaceMatch.Score, m.FaceMatch.Threshold, 1/m.FaceMatch.FalseMatchRate, strings.ReplaceAll(m.FaceMatch.Reason, "_", " "))
	}
	if l := s.Liveness; l != nil {
		fmt.Fprintf(w, "liveness  %s  %.2f %s\n", l.Result, l.Score, strings.ReplaceAll(l.Reason, "_", " "))
	}
}

func summarizeForgery(w io.Writer, s *report.ForgerySummary) {
	if s == nil {
		return
	}
	fmt.Fprintf(w, "\nforgery   %s  risk %d of 100, %d questions not asked\n", s.Score, s.RiskScore, len(s.NotPerformed))
	for _, i := range s.Indicators {
		fmt.Fprintf(w, "  %-5s %3d  %s\n", i.Type, i.Score, i.Title)
	}
}

func summarizeFields(w io.Writer, fields []report.Field) {
	if len(fields) == 0 {
		return
	}
	fmt.Fprintln(w)
	for _, f := range fields {
		var from []string
		for _, s := range f.Sources {
			from = append(from, fmt.Sprintf("%s %.0f %%", s.Source, s.Confidence*100))
		}
		note := strings.Join(from, ", ")
		for _, o := range []report.Outcome{f.Validity, f.Comparison} {
			if o == report.FailedCheck || o == report.Warning {
				note += ", " + string(o)
			}
		}
		fmt.Fprintf(w, "  %-22s %-28s %s\n", strings.ReplaceAll(f.Name, "_", " "), f.Value, note)
	}
}

func summarizeMRZ(w io.Writer, m *report.MRZ) {
	state := "every check digit is right"
	if !m.Valid {
		state = "NOT valid"
	}
	fmt.Fprintf(w, "\nMRZ %s: %s, %s\n", m.Format, state, m.Certainty)
	for _, l := range m.Lines {
		fmt.Fprintf(w, "  %s\n", l)
	}
	for _, c := range m.CheckDigits {
		if !c.OK {
			fmt.Fprintf(w, "  %s: printed %q, should be %q\n", strings.ReplaceAll(c.Field, "_", " "), c.Printed, c.Computed)
		}
	}
	for _, r := range m.Repaired {
		fmt.Fprintf(w, "  line %d, position %d: looks like %q, taken as %q\n", r.Line+1, r.Position+1, r.Read, r.Repaired)
	}
}

func summarizeChecks(w io.Writer, checks []report.Check) {
	if len(checks) == 0 {
		return
	}
	count := map[report.Outcome]int{}
	for _, c := range checks {
		count[c.Result]++
	}
	fmt.Fprintf(w, "\nChecks: %d passed, %d failed, %d warnings, %d not performed\n",
		count[report.Passed], count[report.FailedCheck], count[report.Warning], count[report.NotPerformed])
	for _, c := range checks {
		if c.Result == report.FailedCheck || c.Result == report.Warning {
			fmt.Fprintf(w, "  %-8s %s: %s\n", c.Result, strings.ReplaceAll(c.Name, "_", " "), c.Reason)
		}
	}
}
