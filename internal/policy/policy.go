// Package policy turns what an analysis found into a decision.
//
// What can be found is the table [rules], each with a stable reason code and an
// English text; the documentation and the translations for end users are made
// from it. What follows from each is data: the presets in the folder presets,
// which say what they are in plain words, and a merchant's changes to one of
// them ([Config]). [Explain] shows how one led to the other.
//
// Rules look at a report, never at pixels, and a rule that cannot tell says
// nothing. Two things no policy can say: that what was asked for and not
// performed is accepted, and that a check that was not performed, or that
// compares with other people's sessions, declines anyone by itself.
package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"idproof/report"
)

// Criteria are a merchant's settings as decisions need them.
type Criteria struct {
	Config        Config
	AcceptExpired bool     // documents past their date
	MinimumAge    int      // whole years; 0: not asked
	DocumentTypes []string // accepted
	Countries     []string // accepted issuers; none: all
}

// Input is what a decision is made of.
type Input struct {
	Criteria

	Report       *report.Result
	Types        []string // analyses that were asked for
	DocumentType string   // that the person chose; empty: any
	// CanRetry says that the person can take another picture if this one is
	// declined. Otherwise what only a better picture could settle goes to review.
	CanRetry bool
	Now      time.Time
}

// rule is one reason for not simply accepting.
type rule struct {
	Code      string
	Text      string
	Retryable bool             // a better picture may help
	applies   func(Input) bool // nil: comes from checks, see [groups]
}

// Rule is a line of the published table of reasons.
type Rule struct {
	Code      string        `json:"code"`
	Text      string        `json:"text"`
	Result    report.Status `json:"result"` // by the preset standard; Accepted: it ignores this
	Retryable bool          `json:"retryable"`
}

// Rules returns the table of reasons.
func Rules() []Rule {
	standard := presets[Standard]
	all := make([]Rule, len(rules))
	for i, r := range rules {
		all[i] = Rule{r.Code, r.Text, standard.Reasons[r.Code].status(), r.Retryable}
	}
	all[len(all)-1].Result = report.Failed
	return all
}

const failedCode = "ANALYSIS_FAILED"

var rules = []rule{
	{
		"PICTURE_UNREADABLE", "A picture could not be opened: it is damaged, too large, or not a picture.",
		true,
		func(in Input) bool { return len(in.Report.Errors) > 0 },
	},
	{
		"DOCUMENT_NOT_FOUND", "No identity document that we can read was found in the pictures.",
		true,
		func(in Input) bool { return in.asked("document") && in.Report.Document == nil },
	},
	{
		"MRZ_NOT_FOUND", "The machine-readable zone of the document was not found.",
		true,
		func(in Input) bool { return in.hasZone() && in.mrz() == nil },
	},
	{
		"PRINT_ONLY", "Only print was read: no machine-readable zone or barcode bears it out.",
		false,
		func(in Input) bool {
			return in.Report.Document != nil && !in.hasZone() && in.mrz() == nil && !in.licence()
		},
	},
	{
		"PICTURE_POOR", "A picture is too dark, too blurred, cut off or otherwise hard to read.",
		true,
		nil,
	},
	{
		"WRONG_SIDE", "A picture shows the other side of the document than was asked for.",
		true,
		nil,
	},
	{
		"MRZ_UNCERTAIN", "Some characters of the machine-readable zone could not be read clearly.",
		true,
		func(in Input) bool { return in.mrz() != nil && in.mrz().Certainty != report.Printed },
	},
	{
		"MRZ_CHECK_DIGIT_WRONG", "A check digit of the machine-readable zone is wrong.",
		false,
		func(in Input) bool { return in.certain() && in.wrongDigit() },
	},
	{
		"MRZ_INVALID", "The machine-readable zone does not follow the standard.",
		false,
		func(in Input) bool { return in.certain() && !in.mrz().Valid && !in.wrongDigit() },
	},
	{
		"DOCUMENT_EXPIRED", "The document has expired.",
		false,
		func(in Input) bool { return !in.AcceptExpired && in.expired() },
	},
	{
		"DOCUMENT_TYPE_NOT_ACCEPTED", "This type of document is not accepted.",
		true,
		func(in Input) bool {
			return in.typed() && !slices.Contains(in.DocumentTypes, in.Report.Document.Type)
		},
	},
	{
		"DOCUMENT_COUNTRY_NOT_ACCEPTED", "Documents of this country are not accepted.",
		true,
		func(in Input) bool {
			return len(in.Countries) > 0 && in.Report.Document != nil && in.Report.Document.IssuingCountry != "" &&
				!slices.ContainsFunc(in.Countries, func(c string) bool { return SameCountry(c, in.Report.Document.IssuingCountry) })
		},
	},
	{
		"DOCUMENT_TYPE_DIFFERS", "The document is not of the type that was chosen.",
		true,
		func(in Input) bool {
			return in.typed() && in.DocumentType != "" && in.DocumentType != in.Report.Document.Type && !related(in.DocumentType, in.Report.Document.Type)
		},
	},
	{
		"UNDER_AGE", "The person is younger than the merchant's minimum age.",
		false,
		func(in Input) bool {
			return in.MinimumAge > 0 && in.age() != nil && *in.age() < in.MinimumAge
		},
	},
	{
		"AGE_UNKNOWN", "The age of the person could not be told from the document.",
		true,
		func(in Input) bool { return in.MinimumAge > 0 && in.Report.Document != nil && in.age() == nil },
	},
	{
		"IDENTITY_INCOMPLETE", "A name, the number or the date of birth could not be read.",
		true,
		func(in Input) bool { return in.Report.Document != nil && in.incomplete() },
	},
	{
		"DATA_INCONSISTENT", "The machine-readable zone, the print and the barcode contradict each other.",
		true,
		nil,
	},
	{
		"EXPECTED_DIFFERS", "The document says something else than was expected of the person.",
		false,
		nil,
	},
	{
		"CHECK_FAILED", "A check of the document failed; see the checks.",
		false,
		nil,
	},
	{
		"CHECK_WARNING", "A check of the document gave a warning; see the checks.",
		true,
		nil,
	},
	{
		"CHECK_NOT_PERFORMED", "A check that the policy asks for was not performed; see the checks.",
		true,
		nil,
	},
	{
		"FACE_NOT_COMPARABLE", "The face of the selfie or of the document's portrait cannot be compared.",
		true,
		func(in Input) bool { return in.face() == report.NotPossible },
	},
	{
		"FACE_DIFFERS", "The face of the selfie is not that of the document's portrait.",
		true,
		func(in Input) bool { return in.face() == report.NoMatch },
	},
	{
		"FACE_SEEN_BEFORE", "The face of the selfie looks like that of an earlier session; see the search for faces.",
		false,
		func(in Input) bool { return in.found("seen") },
	},
	{
		"FACE_BLOCKED", "The face of the selfie looks like one on the block list; see the search for faces.",
		false,
		func(in Input) bool { return in.found("blocked") },
	},
	{
		"LIVENESS_DOUBTFUL", "The selfie may show a picture of a person instead of a person.",
		true,
		func(in Input) bool {
			s := in.Report.AnalysisSummary.Liveness
			return in.asked("liveness") && s != nil && s.Result != report.Live && recorded[s.Reason] == "" && s.Reason != noRecording
		},
	},
	{
		"LIVENESS_UNUSABLE", "The recording before the camera is too short, has gaps, or loses sight of the face.",
		true,
		func(in Input) bool { return in.recording() == "LIVENESS_UNUSABLE" },
	},
	{
		"LIVENESS_ACTION_MISSED", "A movement that was asked for before the camera was not seen, or another one was.",
		true,
		func(in Input) bool { return in.recording() == "LIVENESS_ACTION_MISSED" },
	},
	{
		"LIVENESS_PERSON_DIFFERS", "The recording shows more than one person, or another than the selfie or the document.",
		false,
		func(in Input) bool { return in.recording() == "LIVENESS_PERSON_DIFFERS" },
	},
	{
		"LIVENESS_REFUSED", "The recording was not made by a camera at that time: pictures repeat, stand still, jump or come too late.",
		false,
		func(in Input) bool { return in.recording() == "LIVENESS_REFUSED" },
	},
	{
		"FORGERY_SUSPECTED", "Some things about the pictures are as on forgeries; see the indicators.",
		false,
		func(in Input) bool { return in.forgery() == "Warning" },
	},
	{
		"FORGERY_LIKELY", "Much about the pictures is as on forgeries; see the indicators.",
		false,
		func(in Input) bool { return in.forgery() == "HighRisk" },
	},
	{
		"SELFIE_NOT_PERFORMED", "The comparison with a selfie was asked for and was not performed.",
		false,
		func(in Input) bool { return in.asked("selfie") && in.face() == "" },
	},
	{
		"LIVENESS_NOT_PERFORMED", "The liveness check was asked for and was not performed.",
		false,
		func(in Input) bool {
			s := in.Report.AnalysisSummary.Liveness
			return in.asked("liveness") && (s == nil || s.Reason == noRecording)
		},
	},
	{
		"FORGERY_NOT_PERFORMED", "The forgery detection was asked for and was not performed.",
		false,
		func(in Input) bool { return in.asked("forgery") && (in.forgery() == "" || in.forgery() == "None") },
	},
	{
		failedCode, "The analysis could not be carried out.",
		false,
		func(Input) bool { return false }, // see Failed
	},
}

// recorded says which reason a refused recording of active liveness leads to.
var recorded = map[string]string{ //nolint:gosec // codes
	"too_few_frames":     "LIVENESS_UNUSABLE",
	"face_lost":          "LIVENESS_UNUSABLE",
	"token_expired":      "LIVENESS_UNUSABLE",
	"action_not_shown":   "LIVENESS_ACTION_MISSED",
	"identity_changed":   "LIVENESS_PERSON_DIFFERS",
	"not_the_selfie":     "LIVENESS_PERSON_DIFFERS",
	"not_the_portrait":   "LIVENESS_PERSON_DIFFERS",
	"token_invalid":      "LIVENESS_REFUSED",
	"challenge_replayed": "LIVENESS_REFUSED",
	"frames_reordered":   "LIVENESS_REFUSED",
	"frames_frozen":      "LIVENESS_REFUSED",
	"timing_impossible":  "LIVENESS_REFUSED",
}

// noRecording is the reason of a challenge that nobody answered.
const noRecording = "no_recording"

// recording is the reason that the recording leads to; "" where there is none.
func (in Input) recording() string {
	if s := in.Report.AnalysisSummary.Liveness; s != nil && in.asked("liveness") {
		return recorded[s.Reason]
	}
	return ""
}

// face is how the comparison with the selfie ended; "" where it was not asked for or not made.
func (in Input) face() string {
	if s := in.Report.AnalysisSummary.Selfie; s != nil && in.asked("selfie") {
		return s.FaceMatch.Result
	}
	return ""
}

// found tells whether a face like that of the selfie was found among those of that kind.
func (in Input) found(kind string) bool {
	s := in.Report.AnalysisSummary.FaceSearch
	return s != nil && slices.ContainsFunc(s.Searches, func(f report.FaceSetSearch) bool { return f.Kind == kind && len(f.Matches) > 0 })
}

// forgery is what the forgery detection says in one word; "" where it was not asked for or not made.
func (in Input) forgery() string {
	if s := in.Report.AnalysisSummary.Forgery; s != nil && in.asked("forgery") {
		return s.Score
	}
	return ""
}

// suspectedByHistory tells whether other sessions are what makes the pictures
// suspicious. That can be wrong about innocent people, so a person looks.
func (in Input) suspectedByHistory() bool {
	s := in.Report.AnalysisSummary.Forgery
	return s != nil && s.PictureRiskScore != nil
}

// Finding is one thing that was looked at, and what the policy makes of it.
type Finding struct {
	Code      string         `json:"code"`
	Text      string         `json:"text"`
	Check     string         `json:"check,omitempty"`   // when it comes from a check
	Outcome   report.Outcome `json:"outcome,omitempty"` // of that check
	Score     *float64       `json:"score,omitempty"`
	Below     *float64       `json:"below,omitempty"` // the threshold that the score missed
	Reason    string         `json:"reason,omitempty"`
	Applies   bool           `json:"applies"`
	Action    Action         `json:"action"` // what the policy does when it applies
	Retryable bool           `json:"retryable"`
}

// Explanation is a decision with all that led to it, and all that did not.
type Explanation struct {
	Policy   string          `json:"policy"`
	About    string          `json:"about"` // the preset in plain words
	Changes  Config          `json:"changes"`
	Findings []Finding       `json:"findings"`
	Decision report.Decision `json:"decision"`
	Why      string          `json:"why"`
}

// Decide is the decision of [Explain].
func Decide(in Input) report.Decision { return Explain(in).Decision }

// Explain applies every rule. Without a reason the decision is Accepted;
// otherwise the gravest reason decides: Declined before Review. When all the
// reasons can be mended by a better picture and the person can take one, the
// decision is Declined, so that they are asked to.
func Explain(in Input) Explanation {
	p := in.Config.preset()
	e := Explanation{
		Policy: in.Config.Name(), About: p.About, Changes: in.Config,
		Decision: report.Decision{Result: report.Accepted, Policy: in.Config.Name(), Reasons: []report.Reason{}},
	}
	checks := in.checks()
	for _, r := range rules {
		action := Ignore
		if r.applies != nil {
			f := Finding{Code: r.Code, Text: r.Text, Applies: r.applies(in), Action: in.Config.action(r.Code), Retryable: r.Retryable}
			if r.Code == "FORGERY_SUSPECTED" && in.suspectedByHistory() {
				f.Action = lesser(f.Action, Review)
			}
			e.Findings = append(e.Findings, f)
			if f.Applies {
				action = f.Action
			}
		}
		for _, f := range checks {
			if f.Code == r.Code {
				f.Text, f.Retryable = r.Text, r.Retryable
				e.Findings = append(e.Findings, f)
				action = graver(action, f.Action)
			}
		}
		if action == Ignore {
			continue
		}
		e.Decision.Reasons = append(e.Decision.Reasons, report.Reason{Code: r.Code, Description: r.Text, Retryable: r.Retryable})
		if e.Decision.Result != report.Declined {
			e.Decision.Result = action.status()
		}
	}
	switch e.Decision.Result {
	case report.Accepted:
		e.Why = "Nothing speaks against it that this policy heeds."
	case report.Declined:
		e.Why = "At least one reason declines."
	default:
		e.Why = "No reason declines, and at least one asks for a person to look."
		mendable := !slices.ContainsFunc(e.Decision.Reasons, func(r report.Reason) bool { return !r.Retryable })
		if in.CanRetry && mendable {
			e.Decision.Result = report.Declined
			e.Why = "A better picture may mend every reason, and the person can still take one."
		}
	}
	return e
}

// groups says which reason the checks of a group lead to when they fail.
var groups = []struct {
	name, code string
	checks     func(report.Checks) []report.Check
}{
	{"image_quality", "PICTURE_POOR", func(c report.Checks) []report.Check { return c.ImageQuality }},
	{"data_validation", "CHECK_FAILED", func(c report.Checks) []report.Check { return c.DataValidation }},
	{"data_consistency", "DATA_INCONSISTENT", func(c report.Checks) []report.Check { return c.DataConsistency }},
	{"data_comparison", "EXPECTED_DIFFERS", func(c report.Checks) []report.Check { return c.DataComparison }},
	{"visual_authenticity", "CHECK_FAILED", func(c report.Checks) []report.Check { return c.VisualAuthenticity }},
	{"compromised_document", "CHECK_FAILED", func(c report.Checks) []report.Check { return c.CompromisedDocument }},
}

// wrongSide is the check of the pictures' quality that has a reason of its own:
// light and focus are no remedy, turning the document over is.
const wrongSide = "wrong_side"

// checks are the findings of the checks that no rule of their own speaks of:
// those have the zone and the expiry.
func (in Input) checks() (all []Finding) {
	if in.Report.AnalysisSummary.Document == nil {
		return nil
	}
	for _, g := range groups {
		for _, c := range g.checks(in.Report.AnalysisSummary.Document.Checks) {
			if c.Name == "expiry" || strings.HasPrefix(c.Name, "mrz_") {
				continue
			}
			own := in.Config.check(g.name, c.Name)
			f := Finding{Code: g.code, Check: c.Name, Outcome: c.Result, Score: c.Score, Reason: c.Reason, Applies: c.Result != report.Passed}
			if c.Name == wrongSide {
				f.Code = "WRONG_SIDE"
			}
			switch {
			case c.Result == report.NotPerformed && (c.Reason == report.NotAskedFor || c.Reason == report.NotAvailable):
				f.Code, f.Applies, f.Action = "CHECK_NOT_PERFORMED", false, Ignore // nobody could have wanted it
			case c.Result == report.NotPerformed:
				f.Code = "CHECK_NOT_PERFORMED"
				f.Action = cmp.Or(own.NotPerformed, in.Config.action(f.Code))
			case c.Result == report.FailedCheck || (own.Below != nil && c.Score != nil && *c.Score < *own.Below):
				f.Applies = true
				if c.Result != report.FailedCheck {
					f.Below = own.Below
				}
				f.Action = cmp.Or(own.Failed, in.Config.action(f.Code))
				if compares(c.Name) {
					f.Action = lesser(f.Action, Review)
				}
			case c.Result == report.Warning:
				f.Code = "CHECK_WARNING"
				f.Action = cmp.Or(own.Warning, in.Config.action(f.Code))
			default:
				f.Action = Ignore
			}
			all = append(all, f)
		}
	}
	return all
}

// compares tells whether a check looks for the person or picture in other
// sessions. It can be wrong about innocent people, so a person looks.
func compares(check string) bool {
	return strings.HasPrefix(check, "repeated_") || strings.HasPrefix(check, "duplicate_")
}

// Failed is the decision about an analysis that could not be carried out.
func Failed() report.Decision { return decision(rules[len(rules)-1], report.Failed, "none") }

// Forced is the decision that a test asks for: one with the reason of that code,
// if there is one.
func Forced(result report.Status, code string) report.Decision {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.Code == code })
	if i < 0 {
		return report.Decision{Result: result, Policy: "test", Reasons: []report.Reason{}}
	}
	return decision(rules[i], result, "test")
}

func decision(r rule, result report.Status, by string) report.Decision {
	return report.Decision{Result: result, Policy: by, Reasons: []report.Reason{{Code: r.Code, Description: r.Text, Retryable: r.Retryable}}}
}

// SameCountry compares a code of the settings with one that is printed: ICAO
// prints D for Germany, and some write two letters.
func SameCountry(a, b string) bool {
	return a == b || countryOf(a) != "" && countryOf(a) == countryOf(b)
}

func countryOf(code string) string {
	if code == "D" {
		return "DEU"
	}
	r, err := language.ParseRegion(code)
	if err != nil {
		return ""
	}
	return r.ISO3()
}

func (in Input) asked(t string) bool { return slices.Contains(in.Types, t) }

func (in Input) mrz() *report.MRZ {
	if in.Report.Document == nil {
		return nil
	}
	return in.Report.Document.MRZ
}

func (in Input) certain() bool { return in.mrz() != nil && in.mrz().Certainty == report.Printed }

func (in Input) wrongDigit() bool {
	return in.mrz() != nil && slices.ContainsFunc(in.mrz().CheckDigits, func(c report.CheckDigit) bool { return !c.OK })
}

// expired: past the last day of validity everywhere on earth.
func (in Input) expired() bool {
	if in.Report.Document == nil {
		return false
	}
	last, err := time.Parse(time.DateOnly, in.Report.Document.DateOfExpiry)
	return err == nil && in.Now.After(last.Add(36*time.Hour))
}

func (in Input) typed() bool {
	return in.Report.Document != nil && in.Report.Document.Type != ""
}

// related: cards that one person calls this and another that, and whose
// machine-readable zones do not always tell.
func related(a, b string) bool {
	cards := []string{report.IdentityCard, report.ResidencePermit}
	return slices.Contains(cards, a) && slices.Contains(cards, b)
}

func (in Input) age() *int {
	if in.Report.Identity == nil {
		return nil
	}
	return in.Report.Identity.Age
}

func (in Input) incomplete() bool {
	p := in.Report.Identity
	return p == nil || p.DateOfBirth == "" || (p.LastName == "" && p.FirstName == "" && p.FullName == "") || in.Report.Document.DocumentNumber == ""
}

// hasZone tells whether documents of this kind bear a machine-readable zone on
// the side that is always shown. Passport cards have theirs on the back.
func (in Input) hasZone() bool {
	d := in.Report.Document
	return d != nil && (d.Type == report.Passport && d.Subtype != "card" || d.Type == report.Visa)
}

// licence tells whether a barcode of a known standard was read.
func (in Input) licence() bool {
	b := in.Report.Document.Barcode
	return b != nil && b.Standard != ""
}
