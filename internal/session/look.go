package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"idproof/internal/merchant"
	"idproof/internal/policy"
	"idproof/report"
)

// Eye looks at a picture of a document or a face as soon as it comes; *engine.Engine is one.
type Eye interface {
	Glance(ctx context.Context, asked string, data []byte, now time.Time) (*report.Glance, error)
}

const (
	// lookPatience is how long a person waits for the look at a picture; one that
	// takes longer is left to the analysis.
	lookPatience = 2 * time.Second
	// looksAtOnce bounds the processors that looks take from the analyses.
	looksAtOnce = 2
)

// Look is what a quick look at an upload found, and what follows for the person.
type Look struct {
	Document string       `json:"document"` // id of the upload
	Side     string       `json:"side"`     // its type
	Width    int          `json:"width"`    // of the picture upright, in pixels
	Height   int          `json:"height"`
	Faults   []Fault      `json:"faults,omitempty"`
	Both     bool         `json:"both,omitempty"`    // front and back are on it
	Stopped  bool         `json:"stopped,omitempty"` // it may not be used; without, a poor one may
	Kept     bool         `json:"kept,omitempty"`    // the person uses it all the same
	Was      *Choice      `json:"was,omitempty"`     // what was chosen and the picture has put right; nil: nothing
	Quad     *report.Quad `json:"quad,omitempty"`    // of the document
}

// Choice is the document that the person says they have.
type Choice struct {
	DocumentType string `json:"document_type,omitempty"`
	Country      string `json:"country,omitempty"` // ICAO 9303-3; empty: not said
}

// Fault is something wrong with a picture, with its places where it has some.
type Fault struct {
	Code    string        `json:"code"` // a check of image quality, or one of those below
	Regions []report.Quad `json:"regions,omitempty"`
}

// The faults that are no checks of image quality.
const (
	NoDocument         = "nothing" // nothing that could be a document is on the picture
	TypeNotAccepted    = "type"    // the merchant does not accept this kind
	CountryNotAccepted = "country" // nor documents of this country
)

// Poor tells whether the person is asked for another picture.
func (l Look) Poor() bool { return len(l.Faults) > 0 && !l.Kept }

// LookAt returns the look at that document; its zero value when there was none.
func (s Session) LookAt(document string) Look {
	if i := slices.IndexFunc(s.Private.Looks, func(l Look) bool { return l.Document == document }); i >= 0 {
		return s.Private.Looks[i]
	}
	return Look{}
}

// bothOnFront tells whether the picture of the front shows the back too.
func (s Session) bothOnFront() bool {
	return slices.ContainsFunc(s.Documents, func(d Document) bool { return d.Type == Front && s.LookAt(d.ID).Both })
}

// Saw keeps what a look at a document told, and puts the person's choice right
// where the picture shows another document that the merchant accepts. A poor
// picture is stopped, or after so many of the same side only warned of.
func (s Session) Saw(documentID string, g *report.Glance, set merchant.Settings, now time.Time) (Session, error) {
	i := slices.IndexFunc(s.Documents, func(d Document) bool { return d.ID == documentID })
	if i < 0 {
		return s, ErrNotFound // it was replaced meanwhile
	}
	next, err := s.move(choose, System, now, Event{}) // only while the person may still choose
	if err != nil {
		return s, err
	}
	l := Look{
		Document: documentID, Side: s.Documents[i].Type, Width: g.Width, Height: g.Height, Quad: g.Quad, Faults: faults(g),
		Both: slices.Contains(g.Sides, "front") && slices.Contains(g.Sides, "back"),
	}
	was := Choice{s.DocumentType, s.Private.Country}
	switch {
	case g.Type == "" || g.Type == s.DocumentType || s.DocumentType == "":
	case !slices.Contains(set.DocumentTypes, g.Type):
		l.Faults = append(l.Faults, Fault{Code: TypeNotAccepted})
	default:
		next.DocumentType = g.Type
		next = next.record(Event{Kind: TypeChosen, Actor: System, At: now})
	}
	switch {
	case g.Issuer == "":
	case len(set.Countries) > 0 && !slices.ContainsFunc(set.Countries, func(c string) bool { return policy.SameCountry(c, g.Issuer) }):
		l.Faults = append(l.Faults, Fault{Code: CountryNotAccepted})
	default:
		next.Private.Country = g.Issuer
	}
	if next.DocumentType != was.DocumentType || was.Country != "" && !policy.SameCountry(next.Private.Country, was.Country) {
		l.Was = &was
	}
	tries := 0
	for _, old := range s.Private.Looks {
		if old.Side == l.Side && old.Stopped {
			tries++
		}
	}
	l.Stopped = len(l.Faults) > 0 && set.QualityGate == "block" && tries < set.QualityTries
	next.Private.Looks = append(slices.Clip(s.Private.Looks), l)
	return next, nil
}

// faults are what a better picture would not have.
func faults(g *report.Glance) []Fault {
	var all []Fault
	for _, c := range g.Checks {
		if c.Result != report.FailedCheck {
			continue
		}
		f := Fault{Code: c.Name}
		switch at := c.Evidence["region"].(type) {
		case report.Quad:
			f.Regions = []report.Quad{at}
		case []report.Quad:
			f.Regions = at
		}
		if at, ok := c.Evidence["regions"].([]report.Quad); ok {
			f.Regions = at
		}
		all = append(all, f)
	}
	if len(all) == 0 && !g.Text {
		all = append(all, Fault{Code: NoDocument})
	}
	return all
}

// Keep uses a poor picture all the same, where that is allowed.
func (s Session) Keep(documentID string, now time.Time) (Session, error) {
	i := slices.IndexFunc(s.Private.Looks, func(l Look) bool { return l.Document == documentID })
	if i < 0 || s.Private.Looks[i].Stopped {
		return s, ErrNotFound
	}
	next, err := s.move(choose, Person, now, Event{})
	if err != nil {
		return s, err
	}
	next.Private.Looks = slices.Clone(s.Private.Looks)
	next.Private.Looks[i].Kept = true
	return next, nil
}

// ChooseCountry sets the issuing country that the person names.
func (s Session) ChooseCountry(country string, now time.Time) (Session, error) {
	next, err := s.move(choose, Person, now, Event{})
	if err != nil {
		return s, err
	}
	next.Private.Country = country
	return next, nil
}

// Look looks at a picture that the person has just given, and returns what the
// session is then. Without an eye, when it takes too long, and for other
// uploads nothing changes; the analysis looks for itself.
func (s *Service) Look(ctx context.Context, id, documentID string) (State, error) {
	sess, m, err := s.withMerchant(ctx, id)
	if err != nil {
		return State{}, err
	}
	d, ok := sess.Document(documentID)
	if s.eye == nil || !ok || (d.Type != Front && d.Type != Back && d.Type != Selfie) || (sess.Test && sess.Private.TestOutcome != "") {
		return s.state(ctx, sess)
	}
	g, err := s.glance(ctx, sess, d)
	if ctx.Err() != nil {
		return State{}, ctx.Err()
	}
	if err != nil { // too slow, or it cannot be opened: the analysis says so
		return s.state(ctx, sess)
	}
	sess, err = s.store.Update(ctx, id, func(old Session) (Session, error) {
		return old.Saw(documentID, g, m.Settings.WithDefaults(), s.at())
	})
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrClosed) || errors.Is(err, ErrRunning) {
		return s.State(ctx, id) // somebody was faster
	}
	if err != nil {
		return State{}, err
	}
	return s.state(ctx, sess)
}

// glance gives a document to the eye.
func (s *Service) glance(ctx context.Context, sess Session, d Document) (*report.Glance, error) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	select {
	case s.looks <- struct{}{}:
		defer func() { <-s.looks }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r, err := s.blobs.Open(ctx, BlobName(sess.ID, d.ID), sess.Key)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	data, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	return s.eye.Glance(ctx, d.Type, data, s.now())
}

// KeepPicture uses a poor picture all the same.
func (s *Service) KeepPicture(ctx context.Context, id, documentID string) (State, error) {
	sess, err := s.store.Update(ctx, id, func(old Session) (Session, error) { return old.Keep(documentID, s.at()) })
	if err != nil {
		return State{}, err
	}
	return s.state(ctx, sess)
}

// SelectCountry keeps the issuing country that the person names; empty: none.
func (s *Service) SelectCountry(ctx context.Context, id, country string) (State, error) {
	sess, err := s.store.Update(ctx, id, func(old Session) (Session, error) { return old.ChooseCountry(country, s.at()) })
	if err != nil {
		return State{}, err
	}
	return s.state(ctx, sess)
}
