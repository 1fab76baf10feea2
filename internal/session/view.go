package session

import (
	"net/url"
	"slices"
	"time"

	"idproof/internal/merchant"
	"idproof/report"
)

// View is the session as the merchant's program sees it: what the newest
// finished analysis says (r, nil when there is none), under the session's own
// id, status and decision. base is the address of the service.
func (s Session) View(r *report.Result, base string) *report.Result {
	return s.view(r, s.Documents, base)
}

// view is View with the pictures of these documents.
func (s Session) view(r *report.Result, documents []Document, base string) *report.Result {
	v := report.New()
	if r != nil {
		*v = *r
	}
	v.ID = s.ID
	v.RelayState = s.RelayState()
	v.Status = s.Status
	v.TotalResult = s.Status
	v.AnalysisTypes = slices.Clone(s.AnalysisTypes)
	v.CreatedAt = new(s.CreatedAt)
	v.FinishedAt = nil
	if !s.FinishedAt.IsZero() {
		v.FinishedAt = new(s.FinishedAt)
	}
	v.Metadata = s.Private.Metadata
	v.Decision = nil
	if a, ok := s.Latest(); ok {
		v.Decision = a.Decision
	}
	if v.Errors == nil {
		v.Errors = []report.Error{}
	}
	v.Images = make([]report.Image, 0, len(documents))
	for _, d := range documents {
		v.Images = append(v.Images, s.image(d, base))
	}
	s.showEvidence(v, base)
	return v
}

// showEvidence leads from the indicators to the pictures that show why, as long
// as they are kept.
func (s Session) showEvidence(v *report.Result, base string) {
	if v.AnalysisSummary.Forgery == nil {
		return
	}
	v.AnalysisSummary.Forgery = v.AnalysisSummary.Forgery.Each(func(i *report.Indicator) {
		d, kept := s.Document(i.Image)
		if !kept {
			i.Image = ""
			return
		}
		im := s.image(d, base)
		i.ImageURL = im.URL
		v.Images = append(v.Images, im)
	})
}

// AnalysisView is what one finished analysis says (r), in the shape of the session's View.
func (s Session) AnalysisView(a Analysis, r *report.Result, base string) *report.Result {
	var read []Document
	for _, id := range a.DocumentIDs {
		if d, ok := s.Document(id); ok {
			read = append(read, d)
		}
	}
	v := s.view(r, read, base)
	v.Status, v.TotalResult, v.AnalysisTypes = a.Status, a.Status, a.Types
	v.Decision, v.FinishedAt = a.Decision, new(a.FinishedAt)
	return v
}

func (s Session) image(d Document, base string) report.Image {
	return report.Image{Type: d.Type, ID: d.ID, URL: base + "/v3/scanning/" + s.ID + "/images/" + d.ID, SHA256: d.SHA256}
}

// State is the session as the person in front of the hosted pages sees it.
type State struct {
	ID            string          `json:"id"`
	Version       int64           `json:"version"` // grows with every change of the session
	Status        report.Status   `json:"status"`
	Closed        bool            `json:"closed"` // nothing more can be done by the person
	Merchant      string          `json:"merchant"`
	Locale        string          `json:"locale"` // as merchant.Locales; "": nobody said
	AnalysisTypes []string        `json:"analysis_types"`
	DocumentTypes []string        `json:"document_types"` // to choose from, in order
	DocumentType  string          `json:"document_type"`  // chosen; "": not yet
	Sides         []string        `json:"sides"`          // uploads that the type wants
	Missing       []string        `json:"missing"`        // those not uploaded yet
	Documents     []Document      `json:"documents"`
	NoDocument    bool            `json:"no_document"`        // only the person is looked at
	Recording     bool            `json:"recording"`          // active liveness is wanted: a recording that answers a challenge
	Progress      *Progress       `json:"progress,omitempty"` // while an analysis runs
	Reasons       []report.Reason `json:"reasons"`            // of the last decision
	AttemptsLeft  int             `json:"attempts_left"`
	ExpiresAt     time.Time       `json:"expires_at"`
	ReturnURL     string          `json:"return_url,omitempty"` // where the browser goes when Closed; "": stays
	FrameOrigins  []string        `json:"-"`                    // origins that may embed the pages; none: no one
	Test          bool            `json:"test,omitempty"`       // for trying out
	ConsentWanted bool            `json:"consent_wanted,omitempty"`

	Country string `json:"-"` // that issued the document, as far as known; ICAO 9303-3
	Looks   []Look `json:"-"` // at Documents, as they came

	// Settings of the merchant that the session keeps, with defaults: branding,
	// devices, hand-off, gates, legal texts.
	Settings merchant.Settings `json:"-"`
}

// Progress is how far a running analysis is.
type Progress struct {
	Step  string `json:"step"`
	Done  int    `json:"done"`
	Total int    `json:"total"`
}

// StateFor is the state that the person sees at that time; p may be nil. A
// session whose time is over shows as timed out, though that is kept later.
func (s Session) StateFor(m merchant.Merchant, p *Progress, now time.Time) State {
	set := m.Settings.WithDefaults()
	if slices.Contains(open, s.Status) && !now.Before(s.ExpiresAt) {
		s.Status = report.Timeout
	}
	st := State{
		ID: s.ID, Version: s.Version, Status: s.Status, Closed: s.Closed(),
		Merchant: set.DisplayName, Locale: s.Locale, AnalysisTypes: s.AnalysisTypes,
		DocumentTypes: set.DocumentTypes, DocumentType: s.DocumentType,
		Sides: s.Sides(), Missing: s.Missing(), Documents: slices.Clone(s.Documents),
		Reasons: []report.Reason{}, AttemptsLeft: s.AttemptsLeft(), ExpiresAt: s.ExpiresAt,
		Recording:    s.WantsRecording(),
		NoDocument:   s.Private.Liveness != nil && s.Private.Liveness.Options == noDocument,
		FrameOrigins: set.FrameOrigins, Test: s.Test, Settings: set,
		ConsentWanted: len(set.Legal.Consent) > 0 && !s.consented(set.Legal.ConsentVersion),
	}
	if st.Merchant == "" {
		st.Merchant = m.Name
	}
	st.Country = s.Private.Country
	for _, d := range s.Documents {
		if l := s.LookAt(d.ID); l.Document != "" {
			st.Looks = append(st.Looks, l)
		}
	}
	if st.Documents == nil {
		st.Documents = []Document{}
	}
	if s.Status == report.Pending {
		st.Progress = p
	}
	if a, ok := s.Latest(); ok && a.Decision != nil && s.Status != report.Pending {
		st.Reasons = append(st.Reasons, a.Decision.Reasons...)
	}
	if st.Closed {
		st.ReturnURL = s.ReturnURL()
	}
	return st
}

// ReturnURL is where the browser goes at the end: target, or target_error after
// a cancelled, timed-out or failed session, with what the merchant's program
// needs to go on. What the address held already, query and fragment, is kept.
func (s Session) ReturnURL() string {
	to, failed := s.Private.Target, false
	switch s.Status {
	case report.Cancelled, report.Timeout, report.Failed:
		failed = true
		if s.Private.TargetError != "" {
			to = s.Private.TargetError
		}
		if s.Status == report.Cancelled && s.Private.CancelURL != "" {
			to = s.Private.CancelURL
		}
	}
	if to == "" {
		return ""
	}
	u, err := url.Parse(to)
	if err != nil {
		return ""
	}
	add := url.Values{"relay_state": {s.RelayState()}, "relaystate": {s.RelayState()}, "id": {s.ID}, "status": {string(s.Status)}}
	if failed {
		add.Set("error", string(s.Status))
	}
	// Appended, not merged: what the merchant's program wrote stays byte for byte.
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += add.Encode()
	return u.String()
}

// consented tells whether the person agreed to that version of the texts.
func (s Session) consented(version string) bool {
	return slices.ContainsFunc(s.Private.Consents, func(c Consent) bool { return c.Version == version })
}
