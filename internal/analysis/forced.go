package analysis

import (
	"slices"

	"idproof/internal/policy"
	"idproof/internal/session"
	"idproof/report"
)

// forced is what a test session asked to end with: the specimen passport of
// ICAO 9303-4, changed to what the reason says, and a decision to match. No
// picture is looked at, so it holds no check.
func forced(outcome string) *report.Result {
	r := report.New()
	sum := report.NewDocumentSummary()
	r.AnalysisSummary.Document = sum
	sum.Pages = append(sum.Pages, report.Page{})
	age := 52
	if outcome == "UNDER_AGE" {
		age = 12
	}
	r.Identity = &report.Identity{
		CountryCode: "UTO", FirstName: "ANNA MARIA", LastName: "ERIKSSON", FullName: "ANNA MARIA ERIKSSON", PersonalNumber: "ZE184226B",
		DateOfBirth: "1974-08-12", Age: &age, Gender: "F", Nationality: "UTO",
	}
	r.Document = &report.Document{
		Type: report.Passport, IssuingCountry: "UTO", DocumentNumber: "L898902C3", DateOfExpiry: "2099-04-15",
		MRZ: &report.MRZ{
			Format: "TD3", Valid: true, Certainty: report.Printed, Repaired: []report.Repair{}, Regions: []report.Quad{},
			Lines: []string{"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F9904159ZE184226B<<<<<10"},
			CheckDigits: []report.CheckDigit{
				{Field: "document_number", Printed: "6", Computed: "6", OK: true},
				{Field: "date_of_birth", Printed: "2", Computed: "2", OK: true},
				{Field: "date_of_expiry", Printed: "9", Computed: "9", OK: true},
				{Field: "composite", Printed: "0", Computed: "0", OK: true},
			},
		},
	}
	switch outcome {
	case "DOCUMENT_NOT_FOUND", "PICTURE_UNREADABLE", session.OutcomeFailed, "ANALYSIS_FAILED":
		r.Identity, r.Document = nil, nil
	case "MRZ_NOT_FOUND", "PRINT_ONLY":
		r.Document.MRZ = nil
	case "MRZ_UNCERTAIN":
		r.Document.MRZ.Certainty = report.Uncertain
	case "MRZ_CHECK_DIGIT_WRONG":
		r.Document.MRZ.Valid = false
		r.Document.MRZ.CheckDigits[0] = report.CheckDigit{Field: "document_number", Printed: "7", Computed: "6"}
	case "MRZ_INVALID":
		r.Document.MRZ.Valid = false
	case "DOCUMENT_EXPIRED", session.OutcomeDeclined:
		r.Document.DateOfExpiry = "2019-04-15"
	case "IDENTITY_INCOMPLETE":
		r.Identity.LastName, r.Identity.FullName = "", r.Identity.FirstName
	case "AGE_UNKNOWN":
		r.Identity.DateOfBirth, r.Identity.Age = "1974", nil
	}
	d := decide(outcome)
	if d.Result == report.Failed {
		r.Errors = append(r.Errors, report.Error{Code: d.Reasons[0].Code, Description: d.Reasons[0].Description})
	}
	if r.Document != nil {
		sum.Fields = map[string]string{"Surname": r.Identity.LastName, "Given_Names": r.Identity.FirstName, "Document_Number": r.Document.DocumentNumber, "Date_of_Expiry": r.Document.DateOfExpiry}
	}
	sum.Status = d.Result
	r.Decision = &d
	return r
}

// decide is the decision that an outcome names.
func decide(outcome string) report.Decision {
	switch outcome {
	case session.OutcomeAccepted, session.OutcomeTimeout:
		return policy.Forced(report.Accepted, "")
	case session.OutcomeReview:
		return policy.Forced(report.Review, "CHECK_FAILED")
	case session.OutcomeDeclined:
		return policy.Forced(report.Declined, "DOCUMENT_EXPIRED")
	case session.OutcomeFailed:
		return policy.Forced(report.Failed, "ANALYSIS_FAILED")
	}
	rules := policy.Rules()
	r := rules[slices.IndexFunc(rules, func(r policy.Rule) bool { return r.Code == outcome })]
	if r.Result == report.Accepted { // the standard preset ignores it; others ask a person
		r.Result = report.Review
	}
	return policy.Forced(r.Result, r.Code)
}
