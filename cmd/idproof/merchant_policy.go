package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"idproof/internal/config"
	"idproof/internal/policy"
	"idproof/internal/session"
)

// policyCmd shows how findings become decisions.
type policyCmd struct {
	Explain policyExplainCmd `cmd:"" help:"Show why a session was decided as it was."`
	List    policyListCmd    `cmd:"" help:"Show the presets side by side."`
}

type policyExplainCmd struct {
	config.Data `embed:""`
	Session     string `arg:"" help:"Id of the session."`
	All         bool   `help:"Show what was looked at and did not apply, too."`
	JSON        bool   `name:"json" help:"As JSON."`
}

// Run explains the newest finished analysis of a session, by the settings that
// the session keeps.
func (c *policyExplainCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	s, err := st.Session(ctx, c.Session)
	if err != nil {
		return err
	}
	a, ok := s.Latest()
	switch {
	case !s.ErasedAt.IsZero():
		return errors.New("what the session held was erased; there is nothing left to explain")
	case !ok || a.Decision == nil:
		return errors.New("no analysis of the session has finished")
	case a.Decision.Policy == "test" || a.Decision.Policy == "none":
		return c.show(std.out, policy.Explanation{Policy: a.Decision.Policy, Decision: *a.Decision, Why: withoutPolicy[a.Decision.Policy]})
	}
	m, err := st.MerchantAt(ctx, s.MerchantID, s.Revision)
	if err != nil {
		return err
	}
	r, err := st.Result(ctx, s, a.ID)
	if err != nil {
		return err
	}
	e := policy.Explain(policy.Input{
		Criteria: m.Settings.Criteria(), Report: r, Types: a.Types, DocumentType: s.DocumentType,
		CanRetry: couldRetry(s, a), Now: a.RequestedAt,
	})
	if e.Policy != a.Decision.Policy || e.Decision.Result != a.Decision.Result {
		fmt.Fprintf(std.err, "idproof: it was decided as %s by the policy %s, which this program no longer has; shown is what it would be now\n", a.Decision.Result, a.Decision.Policy)
	}
	return c.show(std.out, e)
}

// withoutPolicy says why there was nothing to decide.
var withoutPolicy = map[string]string{
	"test": "The test session asked for this outcome.",
	"none": "The analysis could not be carried out.",
}

// couldRetry tells whether the person had another try when that analysis ended.
func couldRetry(s session.Session, a session.Analysis) bool {
	used := 0
	for _, one := range s.Analyses {
		if one.By == session.Person {
			used++
		}
		if one.ID == a.ID {
			break
		}
	}
	return a.By == session.Person && used < s.Attempts && a.FinishedAt.Before(s.ExpiresAt)
}

func (c *policyExplainCmd) show(out io.Writer, e policy.Explanation) error {
	if c.JSON {
		return printJSON(out, e)
	}
	fmt.Fprintf(out, "%s by the policy %s. %s\n", e.Decision.Result, e.Policy, e.Why)
	if e.About != "" {
		fmt.Fprintf(out, "%s\n", e.About)
	}
	if len(e.Changes.Reasons)+len(e.Changes.Checks) > 0 {
		changes, err := json.Marshal(e.Changes)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "Changes of the merchant: %s\n", changes)
	}
	for _, r := range e.Decision.Reasons {
		fmt.Fprintf(out, "  %s: %s\n", r.Code, r.Description)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nAPPLIES\tACTION\tREASON\tFROM")
	for _, f := range e.Findings {
		if !f.Applies && !c.All {
			continue
		}
		applies := "no"
		if f.Applies {
			applies = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", applies, f.Action, f.Code, origin(f))
	}
	return w.Flush()
}

// origin is what a finding comes from, in a few words.
func origin(f policy.Finding) string {
	if f.Check == "" {
		return f.Text
	}
	said := []string{f.Check + " " + string(f.Outcome)}
	if f.Score != nil {
		said = append(said, fmt.Sprintf("score %.2f", *f.Score))
	}
	if f.Below != nil {
		said = append(said, fmt.Sprintf("under %.2f", *f.Below))
	}
	if f.Reason != "" {
		said = append(said, f.Reason)
	}
	return strings.Join(said, ", ")
}

type policyListCmd struct{}

// Run shows the presets.
func (policyListCmd) Run(std streams) error {
	presets := policy.Presets()
	for _, p := range presets {
		fmt.Fprintf(std.out, "%s (version %d): %s\n\n", p.Name, p.Version, p.About)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "REASON\tLENIENT\tSTANDARD\tSTRICT\tMEANING")
	for _, r := range policy.Rules() {
		i := slices.IndexFunc(presets, func(p policy.Preset) bool { return p.Reasons[r.Code] != "" })
		if i < 0 {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Code, presets[0].Reasons[r.Code], presets[1].Reasons[r.Code], presets[2].Reasons[r.Code], r.Text)
	}
	return w.Flush()
}
