// Package session is the domain of the service: the session, its documents and
// analyses, the states it goes through, and what a person or a merchant's
// program may do with it.
//
// A [Session] is a value; the functions that change it return the changed
// value and record [Event]s. [Service] holds the use cases that the API and the
// hosted pages share. Neither does input or output of its own: what they need
// kept goes through the small interfaces [Store], [Tokens] and blob.Store.
//
//	            upload             submit             accept, refer, decline, fail
//	Created ─────────────▶ ReadyToStart ─────────▶ Pending ─────────▶ Accepted, Review,
//	   │                    │      ▲                │    ▲            Declined, Failed
//	   │                    │      └─────retry──────┘    └──────submit (client)──┘
//	   ├──cancel────────────┴──────▶ Cancelled
//	   └──expire───────────────────▶ Timeout   (from ReadyToStart too)
//
// The table behind the diagram is [transitions].
package session

import (
	"slices"
	"time"

	"idproof/internal/merchant"
	"idproof/internal/seal"
	"idproof/report"
)

// Session is one verification of one person.
type Session struct {
	ID         string // GUID
	MerchantID string
	Version    int64 // grows by one with every change
	Status     report.Status

	Locale        string   // as merchant.Locales names it; empty when nobody said
	AnalysisTypes []string // asked for
	DocumentType  string   // chosen by the person; empty: any
	Attempts      int      // submissions that the person has, in all
	Test          bool     // made with a test key; for trying out
	Revision      int64    // of the merchant's settings that it began with, and keeps

	CreatedAt, UpdatedAt, ExpiresAt time.Time
	FinishedAt                      time.Time // zero: not finished
	ErasedAt                        time.Time // when all that is personal was erased; zero: it was not

	Private   Private
	Documents []Document // those in force, by time
	Replaced  []Document // those that newer ones took the place of; analyses may have read them
	Evidence  []Document // pictures that analyses made to show why; never for the person
	Analyses  []Analysis // by time

	Key    seal.Key // the data key that seals everything personal
	events []Event  // since it was read
}

// Private is what the merchant's program gave that may speak of the person. It
// is kept sealed.
type Private struct {
	RelayState  string         `json:"relay_state,omitempty"`
	Target      string         `json:"target,omitempty"`
	TargetError string         `json:"target_error,omitempty"`
	Webhook     string         `json:"webhook,omitempty"`
	Metadata    map[string]any `json:"metadata,omitempty"`
	Expected    *Expected      `json:"expected,omitempty"`
	IP          string         `json:"ip,omitempty"`         // of the person's device, as the merchant's program saw it
	AppID       string         `json:"app_id,omitempty"`     // of the merchant's app
	CancelURL   string         `json:"cancel_url,omitempty"` // browser goes here on cancel; empty: as TargetError
	Liveness    *Liveness      `json:"liveness,omitempty"`   // of a liveness session
	// LivenessKey signs the challenges; sealed once more, so that no export shows it.
	LivenessKey []byte      `json:"liveness_key,omitempty"`
	Challenges  []Challenge `json:"challenges,omitempty"`   // of active liveness, by time
	NoRecording bool        `json:"no_recording,omitempty"` // the person goes on without active liveness
	OneSided    []string    `json:"one_sided,omitempty"`    // document types of which the front is enough
	TestOutcome string      `json:"test_outcome,omitempty"` // of a test session; see TestOutcomes
	Consents    []Consent   `json:"consents,omitempty"`     // that the person gave
	Country     string      `json:"country,omitempty"`      // that issued the document, as the person says or a picture shows; ICAO 9303-3
	Looks       []Look      `json:"looks,omitempty"`        // at uploads as they came
}

// Liveness says what a liveness session asks for.
type Liveness struct {
	Options          string   `json:"options" enum:"FrontSide,FrontAndBack,NoDocument"`
	Action           string   `json:"action" enum:"Random"`
	AvailableActions []string `json:"available_actions" enum:"FollowText,MoveTowardsCamera,MoveAwayFromCamera"`
}

// noDocument is the option of a liveness session that wants no document.
const noDocument = "NoDocument"

// Consent is that the person agreed to the merchant's text.
type Consent struct {
	Version string    `json:"version"` // of the text
	Locale  string    `json:"locale"`  // that it was shown in
	At      time.Time `json:"at"`
}

// Expected is what the merchant's program believes about the person.
type Expected = report.Expected

// Document is one uploaded picture or PDF.
type Document struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"` // one of UploadTypes, or Evidence
	Reference string    `json:"reference,omitempty"`
	MediaType string    `json:"media_type"` // found by looking, not the client's word
	Size      int64     `json:"size"`       // bytes
	SHA256    string    `json:"sha256"`     // hexadecimal
	CreatedAt time.Time `json:"created_at"`
}

// UploadTypes are the types of document that a session holds.
var UploadTypes = []string{Front, Back, Selfie, Frame}

// Biometric are the types that show the person, not a document.
var Biometric = []string{Selfie, Frame, Recording}

// The types of an upload.
const (
	Front  = "document_front"
	Back   = "document_back"
	Selfie = "selfie"
	Frame  = "liveness_frame" // several, told apart by their reference
)

// Evidence is the type of a document that an analysis made, not an upload.
const Evidence = report.EvidenceImage

// Analysis is one look at the documents that the session held when it was asked for.
type Analysis struct {
	ID          string
	Status      report.Status
	Types       []string
	By          Actor
	DocumentIDs []string // in the order the engine gets them
	RequestedAt time.Time
	StartedAt   time.Time // zero: not yet
	FinishedAt  time.Time // zero: not yet
	Decision    *report.Decision
	// Result is set once, by [Session.Finish]; the store keeps it apart and
	// does not load it with the session.
	Result *report.Result
}

// Actor is who does something.
type Actor string

// The actors.
const (
	Person Actor = "person" // in front of the hosted pages
	Client Actor = "client" // the merchant's program
	System Actor = "system"
)

// Event is an entry of the audit trail, and the cause of jobs and webhooks. It
// holds no personal data.
type Event struct {
	Kind     string
	Actor    Actor
	At       time.Time
	Who      string // set by the store: which key or person of the merchant; see merchant.WithWho
	Subject  string // id of the document or analysis concerned; may be empty
	Finished bool   // the session reached its end with this event
}

// The kinds of events that others wait for; the rest are only for the audit trail.
const (
	Created           = "session_created"
	DocumentAdded     = "document_added"
	TypeChosen        = "document_type_chosen"
	AnalysisRequested = "analysis_requested"
	AnalysisStarted   = "analysis_started"
	AnalysisDone      = "analysis_finished"
	Ended             = "session_finished"
	ConsentGiven      = "consent_given"     // Subject: version of the text
	DocumentsErased   = "documents_erased"  // their time was over
	Erased            = "personal_erased"   // all that is personal
	Exported          = "personal_exported" // somebody took a copy
)

// New begins a session. The request is valid ([Request.Validate]).
func New(id string, m merchant.Merchant, r Request, now time.Time) Session {
	set := m.Settings.WithDefaults()
	s := Session{
		ID: id, MerchantID: m.ID, Status: report.Created,
		Locale: r.Locale, AnalysisTypes: r.AnalysisTypes, Attempts: set.Attempts,
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(time.Duration(set.LinkTTL)),
		Private: r.Private, Test: r.Test, Revision: m.Revision,
	}
	s.Private.OneSided = set.OneSided
	if s.Private.Webhook == "" {
		s.Private.Webhook = set.Webhook
	}
	if s.Private.TestOutcome == OutcomeTimeout {
		s.ExpiresAt = now.Add(testTimeout)
	}
	if s.Locale == "" {
		s.Locale = set.DefaultLocale
	}
	if len(s.AnalysisTypes) == 0 {
		s.AnalysisTypes = set.AnalysisTypes
	}
	if s.Private.Liveness == nil && set.ActiveLiveness && slices.Contains(s.AnalysisTypes, "liveness") {
		s.Private.Liveness = &Liveness{Action: "Random", AvailableActions: slices.Clone(livenessActions)}
	}
	return s.record(Event{Kind: Created, Actor: Client, At: now})
}

// RelayState is what the merchant's program knows the session by.
func (s Session) RelayState() string {
	if s.Private.RelayState != "" {
		return s.Private.RelayState
	}
	return s.ID
}

// Closed reports whether the session has come to an end for the person.
func (s Session) Closed() bool { return closed(s.Status) }

// Events are what happened since the session was read from the store.
func (s Session) Events() []Event { return s.events }

// Settled is the session without its events, as a store returns it.
func (s Session) Settled() Session {
	s.events = nil
	return s
}

// Document returns the document of that id: in force, replaced or evidence.
func (s Session) Document(id string) (Document, bool) {
	for _, all := range [][]Document{s.Documents, s.Replaced, s.Evidence} {
		if i := slices.IndexFunc(all, func(d Document) bool { return d.ID == id }); i >= 0 {
			return all[i], true
		}
	}
	return Document{}, false
}

// Person is the picture that shows the person best for a comparison: the newest
// selfie, else the newest frame of a recording.
func (s Session) Person() (Document, bool) {
	for _, kind := range []string{Selfie, Frame} {
		for _, d := range slices.Backward(s.Documents) {
			if d.Type == kind {
				return d, true
			}
		}
	}
	return Document{}, false
}

// AllDocuments are those in force, those replaced, and the evidence.
func (s Session) AllDocuments() []Document { return slices.Concat(s.Documents, s.Replaced, s.Evidence) }

// WithEvidence adds pictures that an analysis made.
func (s Session) WithEvidence(made []Document) Session {
	s.Evidence = slices.Concat(s.Evidence, made)
	return s
}

// replace takes the documents for which old is true out of force.
func (s Session) replace(old func(Document) bool) Session {
	var keep []Document
	for _, d := range s.Documents {
		if old(d) {
			s.Replaced = append(slices.Clip(s.Replaced), d)
		} else {
			keep = append(keep, d)
		}
	}
	s.Documents = keep
	return s
}

// Analysis returns the analysis of that id.
func (s Session) Analysis(id string) (Analysis, bool) {
	i := slices.IndexFunc(s.Analyses, func(a Analysis) bool { return a.ID == id })
	if i < 0 {
		return Analysis{}, false
	}
	return s.Analyses[i], true
}

// Latest returns the newest analysis that has finished.
func (s Session) Latest() (Analysis, bool) {
	for _, a := range slices.Backward(s.Analyses) {
		if !a.FinishedAt.IsZero() {
			return a, true
		}
	}
	return Analysis{}, false
}

// Running returns the analysis that is asked for and has not finished.
func (s Session) Running() (Analysis, bool) {
	i := slices.IndexFunc(s.Analyses, func(a Analysis) bool { return a.FinishedAt.IsZero() })
	if i < 0 {
		return Analysis{}, false
	}
	return s.Analyses[i], true
}

// AttemptsLeft is how often the person may still submit.
func (s Session) AttemptsLeft() int {
	used := 0
	for _, a := range s.Analyses {
		if a.By == Person {
			used++
		}
	}
	return max(0, s.Attempts-used)
}

// Sides are the uploads of a document of the chosen type that the session wants.
func (s Session) Sides() []string {
	switch l := s.Private.Liveness; {
	case l != nil && l.Options == noDocument:
		return []string{}
	case l != nil && l.Options == "FrontSide", slices.Contains(s.Private.OneSided, s.DocumentType), s.bothOnFront():
		return []string{Front}
	}
	return Sides(s.DocumentType)
}

// Sides are the uploads that a type of document wants by itself.
func Sides(documentType string) []string {
	switch documentType {
	case report.IdentityCard, report.DrivingLicense, report.ResidencePermit:
		return []string{Front, Back}
	}
	return []string{Front}
}

// Missing are the uploads that the person still owes: the sides of the document,
// and the face where it is to be looked at.
func (s Session) Missing() []string {
	wanted := s.Sides()
	if slices.Contains(s.AnalysisTypes, "selfie") || (slices.Contains(s.AnalysisTypes, "liveness") && !s.WantsRecording()) {
		wanted = append(wanted, Selfie)
	}
	if s.WantsRecording() {
		wanted = append(wanted, Recording)
	}
	return slices.DeleteFunc(wanted, func(side string) bool {
		return slices.ContainsFunc(s.Documents, func(d Document) bool {
			return (d.Type == side || (side == Selfie && d.Type == Frame)) && !s.LookAt(d.ID).Poor()
		})
	})
}

func (s Session) record(e Event) Session {
	s.events = append(slices.Clip(s.events), e)
	return s
}
