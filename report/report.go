// Package report is the result of an analysis: what was read, where, how sure
// we are, which checks ran and what they found.
//
// The types here are the JSON that every client of idproof sees: the REST API,
// the webhooks, the command line and the review console. Field names are
// therefore law; see the API guide. The package holds shapes and the small
// rules that belong to them (how a check is named, what a valid region is), no
// decisions: those belong to the service's policy, and no reading: that
// belongs to the engine.
//
// Two rules run through all of it. Every statement carries its evidence: the
// source, the place on the page, the confidence. And a check that did not run
// says [NotPerformed] with its reason; it never says [Passed].
package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Result is the whole answer about one session, or, when the engine is used as
// a library, about one set of pictures. The engine fills the document part;
// the service adds the session's own (ID, Status, Decision and so on).
type Result struct {
	ID            string         `json:"id"`
	Errors        []Error        `json:"errors"`
	RelayState    string         `json:"relay_state"`
	Status        Status         `json:"status"`
	TotalResult   Status         `json:"total_result"`
	AnalysisTypes []string       `json:"analysis_types"`
	CreatedAt     *time.Time     `json:"created_at,omitempty"`
	FinishedAt    *time.Time     `json:"finished_at,omitempty"`
	Metadata      map[string]any `json:"metadata,omitempty"`

	Identity        *Identity `json:"identity,omitempty"`
	Document        *Document `json:"document,omitempty"`
	AnalysisSummary Summary   `json:"analysis_summary"`
	Decision        *Decision `json:"decision,omitempty"`
	Images          []Image   `json:"images"`

	// Steps says how long each step of the pipeline took.
	Steps []Step `json:"steps,omitempty"`
	// Models names the version of every model that took part.
	Models map[string]string `json:"models,omitempty"`
}

// Error is one reason why a request, or one of its pictures, could not be used.
// Codes are stable; descriptions are for the developer and hold no personal data.
type Error struct {
	Code        string `json:"code"`
	Description string `json:"description"`
	// Document is the index of the picture concerned, absent for the request as a whole.
	Document *int `json:"document,omitempty"`
}

// Status is the state of a session or of one analysis.
type Status string

// The statuses of sessions and analyses.
const (
	Created      Status = "Created"
	ReadyToStart Status = "ReadyToStart"
	NotRequested Status = "NotRequested"
	Requested    Status = "Requested"
	Pending      Status = "Pending"
	Accepted     Status = "Accepted"
	Declined     Status = "Declined"
	Review       Status = "Review"
	Failed       Status = "Failed"
	Timeout      Status = "Timeout"
	Cancelled    Status = "Cancelled"
)

// Identity is the person as the document describes them.
type Identity struct {
	CountryCode        string `json:"country_code"` // ICAO 9303-3 section 5, three letters as printed ("D", "UTO")
	FirstName          string `json:"first_name"`
	LastName           string `json:"last_name"`
	FullName           string `json:"full_name"`
	PersonalNumber     string `json:"personal_number"`
	DateOfBirth        string `json:"date_of_birth"` // ISO 8601; reduced ("1974", "1974-08") where the document leaves parts out
	Age                *int   `json:"age,omitempty"` // whole years at the analysis; absent when the birth date is not complete
	Gender             string `json:"gender"`        // "M", "F", "X" or ""
	Nationality        string `json:"nationality"`
	IdentificationDate string `json:"identification_date"` // ISO 8601, when the document was read
}

// Kinds of document.
const (
	Passport        = "passport"
	IdentityCard    = "identity_card"
	DrivingLicense  = "driving_license"
	ResidencePermit = "residence_permit"
	Visa            = "visa"
	Other           = "other"
)

// Document is what the pictures show.
type Document struct {
	Type           string   `json:"type"`
	Subtype        string   `json:"subtype"`
	IssuingCountry string   `json:"issuing_country"`
	Region         string   `json:"region,omitempty"` // ISO 3166-2, such as "US-CA", where a part of a country issues
	Series         string   `json:"series,omitempty"` // of the catalogue, where known
	DocumentNumber string   `json:"document_number"`
	DateOfIssue    string   `json:"date_of_issue"`
	DateOfExpiry   string   `json:"date_of_expiry"`
	Authority      string   `json:"authority"`
	MRZ            *MRZ     `json:"mrz,omitempty"`
	Barcode        *Barcode `json:"barcode,omitempty"`
}

// Certainty says how far the pixels bear out a machine-readable zone.
type Certainty string

// The two certainties of a reading.
const (
	// Printed: every character was read clearly; what is reported is what is printed.
	Printed Certainty = "printed"
	// Uncertain: some character was ambiguous. The check digits may hold only
	// because they helped to choose. Retake, compare with the print, or review.
	Uncertain Certainty = "uncertain"
)

// MRZ is the machine-readable zone (ICAO 9303) as it is printed, with every
// check digit compared.
type MRZ struct {
	Format      string       `json:"format"`
	Lines       []string     `json:"lines"`
	CheckDigits []CheckDigit `json:"check_digits"`
	Valid       bool         `json:"valid"`
	Certainty   Certainty    `json:"certainty"`
	Repaired    []Repair     `json:"repaired"`
	// Confidence is the product of trust in the whole reading, 0 to 1.
	Confidence float64 `json:"confidence"`
	// Page and Regions place each line: Regions[i] belongs to Lines[i].
	Page    int    `json:"page"`
	Regions []Quad `json:"regions"`
	// CharacterConfidence[i][j] belongs to Lines[i][j]: the posterior
	// probability of that character, 0 to 1.
	CharacterConfidence [][]float64 `json:"character_confidence,omitempty"`
	// Pitch is the width of a character in pixels of the picture. Under 8 a
	// reading is at risk, under 6 it is never certain.
	Pitch float64 `json:"pitch"`
}

// CheckDigit compares the digit that is printed with the one that ICAO 9303-3
// section 4.9 demands.
type CheckDigit struct {
	Field    string `json:"field"`
	Printed  string `json:"printed"`
	Computed string `json:"computed"`
	OK       bool   `json:"ok"`
}

// Repair is one character that the most probable legal reading has otherwise
// than the recogniser alone would have read it.
type Repair struct {
	Line     int     `json:"line"`     // from 0
	Position int     `json:"position"` // from 0
	Read     string  `json:"read"`     // the most probable character by the pixels alone
	Repaired string  `json:"repaired"`
	Cost     float64 `json:"cost"` // natural log of the probability ratio; small is ambiguous
}

// Barcode is a decoded symbol on the document.
type Barcode struct {
	Symbology string            `json:"symbology"`
	Standard  string            `json:"standard"`       // AAMVA, or empty
	Fields    map[string]string `json:"fields"`         // of the standard, by its own codes
	Text      string            `json:"text"`           // all that it holds; empty when it is not text
	Data      []byte            `json:"data,omitempty"` // the same as base64, when it is not text
	Page      int               `json:"page"`
	Region    *Quad             `json:"region,omitempty"`
}

// Summary holds one part for each type of analysis; a part that was not asked
// for is absent.
type Summary struct {
	Document *DocumentSummary `json:"id_document_summary,omitempty"`
	Selfie   *SelfieSummary   `json:"selfie_summary,omitempty"`
	Liveness *LivenessSummary `json:"liveness_summary,omitempty"`
	// FaceSearch is there where the merchant wants faces to be looked for.
	FaceSearch *FaceSearch     `json:"face_search_summary,omitempty"`
	Forgery    *ForgerySummary `json:"forgery_summary,omitempty"`
}

// DocumentSummary is the evidence of a document analysis.
type DocumentSummary struct {
	Status Status          `json:"status"`
	Class  *Classification `json:"classification,omitempty"`
	Pages  []Page          `json:"pages"`
	// Portraits are the holder's portrait and its ghosts, for a forgery detection
	// only; what leaves is in [SelfieSummary].
	Portraits    []Portrait        `json:"-"`
	Barcodes     []Barcode         `json:"barcodes,omitempty"` // every symbol that was read
	Fields       map[string]string `json:"fields"`
	FieldDetails []Field           `json:"field_details"`
	Checks       Checks            `json:"checks"`
}

// Classification says how sure the type and issuer of the document are, and why.
type Classification struct {
	Confidence float64  `json:"confidence"` // 0 to 1
	Because    []string `json:"because"`    // holds no personal data
}

// TextLine is one line of print.
type TextLine struct {
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence"` // 0 to 1
	Script     string  `json:"script"`     // ISO 15924: Latn, Cyrl, Grek; Zyyy where it is another
	Region     Quad    `json:"region"`
}

// Page is one picture, or one page of a PDF.
type Page struct {
	Page   int     `json:"page"`             // from 0, over all pictures
	Image  string  `json:"image"`            // the id in [Result.Images]; empty when used as a library
	Side   string  `json:"side,omitempty"`   // front, back or booklet; empty when not known
	Quad   *Quad   `json:"quad,omitempty"`   // the document's corners; absent when it was not located
	More   []Quad  `json:"more,omitempty"`   // corners of further documents, or sides of this one
	Aspect float64 `json:"aspect,omitempty"` // of the document, width over height
	Input  int     `json:"-"`                // the picture that was given, from 0: a PDF has several pages
	Width  int     `json:"width"`            // of the upright picture, in pixels
	Height int     `json:"height"`
	// Orientation is by how many degrees clockwise the upright picture must be
	// turned so that the document reads upright: 0, 90, 180 or 270; absent
	// when nothing on the page told.
	Orientation *int `json:"orientation,omitempty"`
	// Text is all that is printed on the page, in reading order.
	Text []TextLine `json:"text,omitempty"`
	// Print tells whether the same picture is seen again; see package fingerprint.
	// It is made for a forgery detection only, and never leaves.
	Print []byte `json:"-"`
	// Zone is where the rows of the machine-readable zone are, from the top. It is
	// there for a forgery detection only, and never leaves.
	Zone []ZoneRow `json:"-"`
}

// ZoneRow is one row of a machine-readable zone on its page. In the frame with its
// origin at Center and its x axis along Angle, the middle of the characters runs
// through y = Curve*x², from x = From to x = To; all in pixels of the full picture.
type ZoneRow struct {
	Text     string // as it is printed
	Center   [2]float64
	Angle    float64 // radians, clockwise
	Curve    float64 // 1/pixels
	Height   float64
	From, To float64 // where the first character begins and the last ends
}

// Quad is a region: corners top-left, top-right, bottom-right, bottom-left in
// the document's own reading orientation, in pixels of the picture upright by
// EXIF, x before y.
type Quad [4][2]float64

// Points are the corners as a polygon of SVG has them, in whole pixels.
func (q Quad) Points() string {
	var b strings.Builder
	for i, c := range q {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%.0f,%.0f", c[0], c[1])
	}
	return b.String()
}

// Field is one value, with every source that gave it.
type Field struct {
	Name       string   `json:"name"`
	Value      string   `json:"value"`    // normalised: ISO dates, names as MRZ or print has them best
	Original   string   `json:"original"` // as printed
	Sources    []Source `json:"sources"`
	Validity   Outcome  `json:"validity"`   // by itself: check digit, date, format
	Comparison Outcome  `json:"comparison"` // between the sources
}

// Where a value was read.
const (
	FromMRZ     = "MRZ"
	FromVisual  = "VISUAL"
	FromBarcode = "BARCODE"
)

// Source is one reading of a field.
type Source struct {
	Source     string  `json:"source"`
	Value      string  `json:"value"`
	Confidence float64 `json:"confidence"` // 0 to 1
	Page       int     `json:"page"`
	Region     *Quad   `json:"region,omitempty"`
}

// Outcome is what a check found.
type Outcome string

// The outcomes of a check.
const (
	Passed       Outcome = "passed"
	FailedCheck  Outcome = "failed"
	Warning      Outcome = "warning"
	NotPerformed Outcome = "not_performed"
)

// Check is one question asked of the document, with its answer.
type Check struct {
	Name   string   `json:"name"`
	Result Outcome  `json:"result"`
	Score  *float64 `json:"score,omitempty"` // 0 (bad) to 1 (good), where the check measures
	Reason string   `json:"reason,omitempty"`
	// Evidence is small and specific to the check: digits compared, pixels measured.
	Evidence map[string]any `json:"evidence,omitempty"`
}

// Checks groups the checks as the leading document reports do.
type Checks struct {
	ImageQuality       []Check `json:"image_quality"`
	DataValidation     []Check `json:"data_validation"`
	DataConsistency    []Check `json:"data_consistency"`
	DataComparison     []Check `json:"data_comparison"`
	VisualAuthenticity []Check `json:"visual_authenticity"`
	// CompromisedDocument asks whether the document, its picture or its portrait
	// has been seen before where it should not have been.
	CompromisedDocument []Check `json:"compromised_document"`
}

// Reasons of checks that were not performed because nobody wanted or could have
// wanted them. Other reasons say why these pictures did not allow it.
const (
	NotAskedFor  = "not_asked_for" // the analysis was not asked for, or is switched off
	NotAvailable = "not_available" // nothing in this installation asks it
)

// Decision is what the merchant's policy makes of the checks.
type Decision struct {
	Result  Status   `json:"result"`
	Policy  string   `json:"policy"`
	Reasons []Reason `json:"reasons"`
}

// Reason is one stable code behind a decision. Retryable says that a better
// picture may change it.
type Reason struct {
	Code        string `json:"code"`
	Description string `json:"description"`
	Retryable   bool   `json:"retryable"`
}

// Image is a picture that the session holds.
type Image struct {
	Type   string `json:"type"` // document_front, document_back, portrait, selfie, document_rectified
	ID     string `json:"id"`
	URL    string `json:"url"`
	SHA256 string `json:"sha256"`
}

// Step is the time that one step of the pipeline took.
type Step struct {
	Name    string  `json:"name"`
	Page    int     `json:"page"`
	Seconds float64 `json:"seconds"`
	Error   string  `json:"error,omitempty"` // why the step's checks are not_performed
}

// Expected is what the caller believes about the person, to be
// compared with the document.
type Expected struct {
	FirstName      string `json:"first_name,omitempty"`
	LastName       string `json:"last_name,omitempty"`
	FullName       string `json:"full_name,omitempty"`
	DateOfBirth    string `json:"date_of_birth,omitempty" doc:"ISO 8601 date" example:"1974-08-12"`
	DocumentNumber string `json:"document_number,omitempty"`
	PersonalNumber string `json:"personal_number,omitempty"`
	Country        string `json:"country,omitempty" doc:"Issuing country: ISO 3166 two or three letters, or as ICAO 9303 prints it"`
	Nationality    string `json:"nationality,omitempty" doc:"As country"`
	Gender         string `json:"gender,omitempty" enum:"M,F,X"`
	Address        string `json:"address,omitempty"`
	Phone          string `json:"phone,omitempty" doc:"International, beginning with +"`
}

// New returns an empty result whose lists are empty rather than null.
func New() *Result {
	return &Result{Errors: []Error{}, AnalysisTypes: []string{}, Images: []Image{}}
}

// NewDocumentSummary returns an empty summary whose lists are empty rather than null.
func NewDocumentSummary() *DocumentSummary {
	return &DocumentSummary{
		Pages: []Page{}, Fields: map[string]string{}, FieldDetails: []Field{},
		Checks: Checks{
			ImageQuality: []Check{}, DataValidation: []Check{}, DataConsistency: []Check{},
			DataComparison: []Check{}, VisualAuthenticity: []Check{}, CompromisedDocument: []Check{},
		},
	}
}

// All returns every check, in the order of the groups.
func (c *Checks) All() []Check { return slices.Concat(c.groups()...) }

func (c *Checks) groups() [][]Check {
	return [][]Check{c.ImageQuality, c.DataValidation, c.DataConsistency, c.DataComparison, c.VisualAuthenticity, c.CompromisedDocument}
}

// Find returns the check of that name, or nil.
func (c *Checks) Find(name string) *Check {
	for _, g := range c.groups() {
		for i := range g {
			if g[i].Name == name {
				return &g[i]
			}
		}
	}
	return nil
}
