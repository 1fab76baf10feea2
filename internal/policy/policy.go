// Package policy turns what an analysis found into a decision.
//
// The rules are the table [rules], each with a stable reason code and an English
// text; the documentation and the translations for end users are made from it.
// Rules look at a report and at the merchant's settings, never at pixels, and
// a rule that cannot tell says nothing.
package policy

import (
	"slices"
	"strings"
	"time"

	"idproof/internal/merchant"
	"idproof/report"
)

// Version names the policy in decisions, so that an old decision can be understood.
const Version = "document-2"

// Input is what a decision is made of.
type Input struct {
	Report       *report.Result
	Settings     merchant.Settings // with defaults
	Types        []string          // analyses that were asked for
	DocumentType string            // that the person chose; empty: any
	// CanRetry says that the person can take another picture if this one is
	// declined. Otherwise what only a better picture could settle goes to review.
	CanRetry bool
	Now      time.Time
}

// rule is one reason for not simply accepting.
type rule struct {
	Code      string
	Text      string
	Result    report.Status // Declined or Review
	Retryable bool          // a better picture may help
	applies   func(Input) bool
}

// Rule is a line of the published table of reasons.
type Rule struct {
	Code, Text string
	Result     report.Status
	Retryable  bool
}

// Rules returns the table of reasons.
func Rules() []Rule {
	all := make([]Rule, len(rules))
	for i, r := range rules {
		all[i] = Rule{r.Code, r.Text, r.Result, r.Retryable}
	}
	return all
}

var rules = []rule{
	{
		"PICTURE_UNREADABLE", "A picture could not be opened: it is damaged, too large, or not a picture.",
		report.Declined, true,
		func(in Input) bool { return len(in.Report.Errors) > 0 },
	},
	{
		"DOCUMENT_NOT_FOUND", "No identity document that we can read was found in the pictures.",
		report.Declined, true,
		func(in Input) bool { return in.asked("document") && in.Report.Document == nil },
	},
	{
		"MRZ_NOT_FOUND", "The machine-readable zone of the document was not found.",
		report.Declined, true,
		func(in Input) bool { return in.hasZone() && in.mrz() == nil },
	},
	{
		"PRINT_ONLY", "Only print was read: no machine-readable zone or barcode bears it out.",
		report.Review, false,
		func(in Input) bool {
			return in.Report.Document != nil && !in.hasZone() && in.mrz() == nil && !in.licence()
		},
	},
	{
		"PICTURE_POOR", "A picture is too dark, too blurred, cut off or otherwise hard to read.",
		report.Review, true,
		func(in Input) bool {
			return in.failed(func(c report.Checks) []report.Check { return c.ImageQuality })
		},
	},
	{
		"MRZ_UNCERTAIN", "Some characters of the machine-readable zone could not be read clearly.",
		report.Review, true,
		func(in Input) bool { return in.mrz() != nil && in.mrz().Certainty != report.Printed },
	},
	{
		"MRZ_CHECK_DIGIT_WRONG", "A check digit of the machine-readable zone is wrong.",
		report.Declined, false,
		func(in Input) bool { return in.certain() && in.wrongDigit() },
	},
	{
		"MRZ_INVALID", "The machine-readable zone does not follow the standard.",
		report.Review, false,
		func(in Input) bool { return in.certain() && !in.mrz().Valid && !in.wrongDigit() },
	},
	{
		"DOCUMENT_EXPIRED", "The document has expired.",
		report.Declined, false,
		func(in Input) bool { return !in.Settings.AcceptExpired && in.expired() },
	},
	{
		"DOCUMENT_TYPE_NOT_ACCEPTED", "This type of document is not accepted.",
		report.Declined, true,
		func(in Input) bool {
			return in.typed() && !slices.Contains(in.Settings.DocumentTypes, in.Report.Document.Type)
		},
	},
	{
		"DOCUMENT_TYPE_DIFFERS", "The document is not of the type that was chosen.",
		report.Declined, true,
		func(in Input) bool {
			return in.typed() && in.DocumentType != "" && in.DocumentType != in.Report.Document.Type && !related(in.DocumentType, in.Report.Document.Type)
		},
	},
	{
		"UNDER_AGE", "The person is younger than the merchant's minimum age.",
		report.Declined, false,
		func(in Input) bool {
			return in.Settings.MinimumAge > 0 && in.age() != nil && *in.age() < in.Settings.MinimumAge
		},
	},
	{
		"AGE_UNKNOWN", "The age of the person could not be told from the document.",
		report.Review, true,
		func(in Input) bool { return in.Settings.MinimumAge > 0 && in.Report.Document != nil && in.age() == nil },
	},
	{
		"IDENTITY_INCOMPLETE", "A name, the number or the date of birth could not be read.",
		report.Review, true,
		func(in Input) bool { return in.Report.Document != nil && in.incomplete() },
	},
	{
		"DATA_INCONSISTENT", "The machine-readable zone, the print and the barcode contradict each other.",
		report.Review, true,
		func(in Input) bool {
			return in.failed(func(c report.Checks) []report.Check { return c.DataConsistency })
		},
	},
	{
		"EXPECTED_DIFFERS", "The document says something else than was expected of the person.",
		report.Review, false,
		func(in Input) bool {
			return in.failed(func(c report.Checks) []report.Check { return c.DataComparison })
		},
	},
	{
		"CHECK_FAILED", "A check of the document failed; see the checks.",
		report.Review, false,
		func(in Input) bool {
			return in.failed(func(c report.Checks) []report.Check { return slices.Concat(c.DataValidation, c.VisualAuthenticity) })
		},
	},
	{
		"SELFIE_NOT_PERFORMED", "The comparison with a selfie was asked for and was not performed.",
		report.Review, false,
		func(in Input) bool { return in.asked("selfie") },
	},
	{
		"LIVENESS_NOT_PERFORMED", "The liveness check was asked for and was not performed.",
		report.Review, false,
		func(in Input) bool { return in.asked("liveness") },
	},
	{
		"FORGERY_NOT_PERFORMED", "The forgery detection was asked for and was not performed.",
		report.Review, false,
		func(in Input) bool { return in.asked("forgery") },
	},
	{
		"ANALYSIS_FAILED", "The analysis could not be carried out.",
		report.Failed, false,
		func(Input) bool { return false }, // see Failed
	},
}

// Decide applies every rule. Without a reason the decision is Accepted;
// otherwise the gravest reason decides: Declined before Review. When all the
// reasons can be mended by a better picture and the person can take one, the
// decision is Declined, so that they are asked to.
func Decide(in Input) report.Decision {
	in.Settings = in.Settings.WithDefaults()
	d := report.Decision{Result: report.Accepted, Policy: Version, Reasons: []report.Reason{}}
	mendable := true
	for _, r := range rules {
		if !r.applies(in) {
			continue
		}
		d.Reasons = append(d.Reasons, report.Reason{Code: r.Code, Description: r.Text, Retryable: r.Retryable})
		if d.Result != report.Declined {
			d.Result = r.Result
		}
		mendable = mendable && r.Retryable
	}
	if in.CanRetry && mendable && d.Result == report.Review {
		d.Result = report.Declined
	}
	return d
}

// Failed is the decision about an analysis that could not be carried out.
func Failed() report.Decision {
	r := rules[len(rules)-1]
	return report.Decision{Result: r.Result, Policy: Version, Reasons: []report.Reason{{Code: r.Code, Description: r.Text, Retryable: r.Retryable}}}
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

// failed tells whether one of the checks failed that no rule of its own speaks of:
// those have the zone and the expiry.
func (in Input) failed(group func(report.Checks) []report.Check) bool {
	if in.Report.AnalysisSummary.Document == nil {
		return false
	}
	return slices.ContainsFunc(group(in.Report.AnalysisSummary.Document.Checks), func(c report.Check) bool {
		return c.Result == report.FailedCheck && c.Name != "expiry" && !strings.HasPrefix(c.Name, "mrz_")
	})
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
