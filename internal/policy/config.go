package policy

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"idproof/report"
)

// Action is what follows when something is found.
type Action string

// The actions, from the mildest.
const (
	Ignore  Action = "ignore"
	Review  Action = "review"
	Decline Action = "decline"
)

var actions = []Action{Ignore, Review, Decline}

func graver(a, b Action) Action {
	return actions[max(slices.Index(actions, a), slices.Index(actions, b))]
}

func lesser(a, b Action) Action {
	return actions[min(slices.Index(actions, a), slices.Index(actions, b))]
}

func (a Action) status() report.Status {
	switch a {
	case Decline:
		return report.Declined
	case Review:
		return report.Review
	}
	return report.Accepted
}

// Check says what the outcomes of a check lead to. Empty: what the reason
// leads to.
type Check struct {
	Failed       Action   `json:"failed,omitempty"`
	Warning      Action   `json:"warning,omitempty"`
	NotPerformed Action   `json:"not_performed,omitempty"` // ignore or review
	Below        *float64 `json:"below,omitempty"`         // a score under this counts as failed; 0 to 1
}

// Config is a merchant's policy: a preset and the changes to it.
type Config struct {
	Preset  string            `json:"preset,omitempty"`  // lenient, standard or strict; default: standard
	Reasons map[string]Action `json:"reasons,omitempty"` // by reason code
	// Checks are by the name of a check, by the beginning of one with * at the
	// end, or by the group of checks; the most exact counts.
	Checks map[string]Check `json:"checks,omitempty"`
}

// The presets.
const (
	Lenient  = "lenient"
	Standard = "standard"
	Strict   = "strict"
)

// Preset is a policy that comes with the program.
type Preset struct {
	Name    string            `json:"name"`
	Version int               `json:"version"` // grows when the preset changes
	About   string            `json:"about"`   // plain words
	Reasons map[string]Action `json:"reasons"` // every code but ANALYSIS_FAILED
	Checks  map[string]Check  `json:"checks"`
}

//go:embed presets
var files embed.FS

var presets = load()

// Presets returns what comes with the program, the mildest first.
func Presets() []Preset { return []Preset{presets[Lenient], presets[Standard], presets[Strict]} }

func load() map[string]Preset {
	all := map[string]Preset{}
	for _, name := range []string{Lenient, Standard, Strict} {
		data, err := files.ReadFile("presets/" + name + ".json")
		var p Preset
		if err = errors.Join(err, json.Unmarshal(data, &p)); err != nil {
			panic("policy: preset " + name + ": " + err.Error()) // a broken build; a test loads them
		}
		all[name] = p
	}
	return all
}

func (c Config) preset() Preset { return presets[cmp.Or(c.Preset, Standard)] }

// Name names the policy in decisions, so that an old decision can be understood.
func (c Config) Name() string {
	p := c.preset()
	name := fmt.Sprintf("%s-%d", p.Name, p.Version)
	if len(c.Reasons)+len(c.Checks) > 0 {
		name += "+changes"
	}
	return name
}

// action is what a reason leads to.
func (c Config) action(code string) Action {
	return cmp.Or(c.Reasons[code], c.preset().Reasons[code], Ignore)
}

// check is what a check leads to: each field by the most exact name that has it,
// the merchant's before the preset's.
func (c Config) check(group, name string) (out Check) {
	for _, all := range []map[string]Check{c.Checks, c.preset().Checks} {
		var fit []string
		for k := range all {
			prefix, open := strings.CutSuffix(k, "*")
			if k == name || k == group || (open && strings.HasPrefix(name, prefix)) {
				fit = append(fit, k)
			}
		}
		slices.SortFunc(fit, func(a, b string) int { // exact, then the longest beginning, then the group
			rank := func(k string) int {
				switch k {
				case name:
					return 1000
				case group:
					return 0
				}
				return len(k)
			}
			return cmp.Compare(rank(b), rank(a))
		})
		for _, k := range fit {
			out.Failed = cmp.Or(out.Failed, all[k].Failed)
			out.Warning = cmp.Or(out.Warning, all[k].Warning)
			out.NotPerformed = cmp.Or(out.NotPerformed, all[k].NotPerformed)
			if out.Below == nil {
				out.Below = all[k].Below
			}
		}
	}
	return out
}

// asked are the reasons that an analysis was asked for and not performed. They
// go to review, whatever a policy would like.
var asked = []string{"SELFIE_NOT_PERFORMED", "LIVENESS_NOT_PERFORMED", "FORGERY_NOT_PERFORMED"}

// looksAlike are the reasons that compare with other people: a person looks.
var looksAlike = []string{"FACE_SEEN_BEFORE", "FACE_BLOCKED"}

// Validate says everything that is wrong with the policy.
func (c Config) Validate() error {
	var errs []error
	if _, ok := presets[cmp.Or(c.Preset, Standard)]; !ok {
		errs = append(errs, fmt.Errorf("policy.preset: %q is not lenient, standard or strict", c.Preset))
	}
	for _, code := range slices.Sorted(maps.Keys(c.Reasons)) {
		a := c.Reasons[code]
		switch {
		case !slices.ContainsFunc(rules, func(r rule) bool { return r.Code == code }) || code == failedCode:
			errs = append(errs, fmt.Errorf("policy.reasons: %q is not a reason that can be set", code))
		case !slices.Contains(actions, a):
			errs = append(errs, fmt.Errorf("policy.reasons.%s: must be ignore, review or decline", code))
		case slices.Contains(asked, code) && a != Review:
			errs = append(errs, fmt.Errorf("policy.reasons.%s: what was asked for and not performed always goes to review", code))
		case slices.Contains(looksAlike, code) && a == Decline:
			errs = append(errs, fmt.Errorf("policy.reasons.%s: a face that looks alike declines no one", code))
		case code == "CHECK_NOT_PERFORMED" && a == Decline:
			errs = append(errs, fmt.Errorf("policy.reasons.%s: a check that was not performed declines no one", code))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Checks)) {
		k := c.Checks[name]
		for field, a := range map[string]Action{"failed": k.Failed, "warning": k.Warning, "not_performed": k.NotPerformed} {
			if a != "" && !slices.Contains(actions, a) {
				errs = append(errs, fmt.Errorf("policy.checks.%s.%s: must be ignore, review or decline", name, field))
			}
		}
		if k.NotPerformed == Decline {
			errs = append(errs, fmt.Errorf("policy.checks.%s: a check that was not performed declines no one", name))
		}
		if compares(name) && k.Failed == Decline {
			errs = append(errs, fmt.Errorf("policy.checks.%s: a comparison with other sessions declines no one by itself", name))
		}
		if k.Below != nil && (*k.Below < 0 || *k.Below > 1) {
			errs = append(errs, fmt.Errorf("policy.checks.%s.below: from 0 to 1", name))
		}
	}
	return errors.Join(errs...)
}
