// Package history notices what one session alone cannot show: that the same
// picture was sent before with other data in it, that a number belongs to
// somebody else, that a face had another name, that one document or one address
// comes again and again.
//
// It looks at sessions of one merchant only, live and test ones apart. What is
// kept of a session are traces ([Trace]): what was seen, sealed with the session's
// own key, and the words by which it is found again, which the store turns into
// keyed hashes. They go when everything personal of the session goes, by
// erasing or by the merchant's retention. Whoever has the database without the
// master key learns that two sessions of one merchant share something, and
// nothing of what.
//
// What it finds can be wrong about innocent people: twins, a family's telephone,
// a misread number. So it never raises a score beyond Warning by itself, and no
// policy declines anyone for it. How pictures are compared belongs to package
// fingerprint, how faces are to the gallery.
package history

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"idproof/engine/authenticity"
	"idproof/engine/fingerprint"
	"idproof/engine/forgery"
	"idproof/report"
)

// Trace is what an analysis saw, and the words by which it is found again.
type Trace struct {
	SessionID string // set by the store
	At        time.Time
	Words     []string
	Seen      Seen
}

// Seen is what is compared with other sessions. It is kept sealed.
type Seen struct {
	Print  []byte `json:"print,omitempty"` // of a picture; see package fingerprint
	Page   int    `json:"page,omitempty"`
	Person Person `json:"person,omitzero"` // that the document names
}

// Store keeps traces.
type Store interface {
	// KeepTraces keeps the traces of an analysis in the place of those that an
	// earlier run of it kept. Of a session that was erased it keeps nothing.
	KeepTraces(ctx context.Context, sessionID, analysisID string, traces []Trace) error
	// Traces returns what other sessions of the same merchant and mode left under
	// any of those words since that time, newest first, at most so many.
	Traces(ctx context.Context, sessionID string, words []string, since time.Time, most int) ([]Trace, error)
}

// Visit is an analysis that looks.
type Visit struct {
	SessionID, AnalysisID string
	Address               string // of the person's device; empty: not known
	At                    time.Time
	// Alike are other sessions of the merchant that show the same face, as the
	// gallery of faces has it; nil: nobody compared.
	Alike []string
}

// Person is whom a document names, as far as it was read.
type Person struct {
	Number  string `json:"number,omitempty"` // with type and issuer before it
	Surname string `json:"surname,omitempty"`
	Given   string `json:"given,omitempty"`
	Birth   string `json:"birth,omitempty"`   // complete ISO date
	Certain bool   `json:"certain,omitempty"` // a zone or barcode bears it out
}

// History looks for what was seen before.
type History struct{ Store Store }

// The identifiers of what it finds.
const (
	RepeatedImage    = "repeated_image"
	RepeatedNumber   = "repeated_number"
	RepeatedPortrait = "repeated_portrait"
	Velocity         = "velocity"
)

// IDs are all of them.
var IDs = []string{RepeatedImage, RepeatedNumber, RepeatedPortrait, Velocity}

// Category is that of its indicators.
const Category = "history"

const (
	mostTraces = 500
	// window is how far back Velocity counts, and how many are too many: sessions
	// that show one document, and documents that come from one address. Nobody
	// has published rates; these are what a person could do by hand.
	window        = 24 * time.Hour
	mostSessions  = 5
	mostDocuments = 20
)

// Look keeps what the analysis saw and writes into the result what other
// sessions saw. It keeps first: of two sessions at the same time at least one
// sees the other. The score is named by [Settle].
func (h *History) Look(ctx context.Context, v Visit, r *report.Result) error {
	f := r.AnalysisSummary.Forgery
	if f == nil {
		return nil
	}
	s := look{Visit: v, who: personOf(r), summary: f}
	if r.AnalysisSummary.Document != nil {
		for _, p := range r.AnalysisSummary.Document.Pages {
			if fp, err := fingerprint.Parse(p.Print); err == nil && !fp.Zero() {
				s.pictures = append(s.pictures, picture{p.Page, fp})
			}
		}
	}
	traces := s.traces()
	if err := h.Store.KeepTraces(ctx, v.SessionID, v.AnalysisID, traces); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	if err := h.recall(ctx, &s, traces); err != nil {
		return err
	}
	s.images()
	s.numbers()
	s.portraits()
	s.often()
	s.weigh()
	return nil
}

// recall reads what others left. An address is asked for by itself, and only as far
// back as it counts: many share one.
func (h *History) recall(ctx context.Context, s *look, traces []Trace) error {
	var words, addresses []string
	for _, t := range traces {
		for _, w := range t.Words {
			switch {
			case strings.HasPrefix(w, addressWord):
				addresses = append(addresses, w)
			case !strings.HasPrefix(w, sessionWord):
				words = append(words, w)
			}
		}
	}
	for _, id := range s.Alike {
		words = append(words, sessionWord+id)
	}
	for _, q := range []struct {
		words []string
		since time.Time
	}{{words, time.Time{}}, {addresses, s.At.Add(-window)}} {
		if len(q.words) == 0 {
			continue
		}
		found, err := h.Store.Traces(ctx, s.SessionID, q.words, q.since, mostTraces)
		if err != nil {
			return fmt.Errorf("history: %w", err)
		}
		s.others = append(s.others, found...)
	}
	return nil
}

// Off says of a summary that the history was not looked at because nobody
// wanted it.
func Off(f *report.ForgerySummary) {
	for _, id := range IDs {
		f.NotPerformed = append(f.NotPerformed, report.Skipped{ID: id, Reason: report.NotAskedFor})
	}
}

type picture struct {
	page  int
	print fingerprint.Print
}

// look is one analysis with what others saw.
type look struct {
	Visit
	who      Person
	pictures []picture
	others   []Trace
	summary  *report.ForgerySummary
	found    []report.Indicator
}

// Beginnings of words that are asked for by themselves.
const addressWord, sessionWord = "address ", "session "

// traces are what the analysis leaves: one for each picture, one for the
// document with the address that it came from.
func (s *look) traces() (all []Trace) {
	for _, p := range s.pictures {
		t := Trace{At: s.At, Seen: Seen{Print: p.print.Bytes(), Page: p.page, Person: s.who}}
		for i, b := range p.print.Bands() {
			t.Words = append(t.Words, fmt.Sprintf("picture %d %06x", i, b))
		}
		all = append(all, t)
	}
	t := Trace{At: s.At, Words: []string{sessionWord + s.SessionID}, Seen: Seen{Person: s.who}}
	if s.who.Number != "" {
		t.Words = append(t.Words, "number "+s.who.Number)
	}
	if s.Address != "" {
		t.Words = append(t.Words, addressWord+s.Address)
	}
	return append(all, t)
}

// images compares the pictures. The same picture with the same data, or with
// none, is what people send who begin again.
func (s *look) images() {
	if len(s.pictures) == 0 {
		s.skip(RepeatedImage, "no picture has anything to tell it by")
		return
	}
	s.summary.Performed = append(s.summary.Performed, RepeatedImage)
	for _, p := range s.pictures {
		same, other := map[string]bool{}, map[string]bool{}
		for _, t := range s.others {
			fp, err := fingerprint.Parse(t.Seen.Print)
			if err != nil || p.print.Likeness(fp) < fingerprint.Same {
				continue
			}
			same[t.SessionID] = true
			if s.who.differs(t.Seen.Person, true) {
				other[t.SessionID] = true
			}
		}
		if len(other) > 0 {
			s.find(RepeatedImage, p.page, true, map[string]any{"sessions": len(same), "with_other_data": len(other), "session_ids": some(other)})
		} else if len(same) > 0 {
			s.find(RepeatedImage, p.page, false, map[string]any{"sessions": len(same), "session_ids": some(same)})
		}
	}
}

// numbers looks for other people under the same number.
func (s *look) numbers() {
	if s.who.Number == "" || (s.who.Birth == "" && s.who.Surname == "") {
		s.skip(RepeatedNumber, "no number was read, or nobody whose it is")
		return
	}
	s.summary.Performed = append(s.summary.Performed, RepeatedNumber)
	other := map[string]bool{}
	for _, t := range s.others {
		if t.Seen.Person.Number == s.who.Number && s.who.differs(t.Seen.Person, false) {
			other[t.SessionID] = true
		}
	}
	if len(other) > 0 {
		s.find(RepeatedNumber, 0, true, map[string]any{"sessions": len(other), "session_ids": some(other)})
	}
}

// often counts the sessions of this document and the documents of this address.
func (s *look) often() {
	if s.who.Number == "" && s.Address == "" {
		s.skip(Velocity, "neither a number was read nor an address given")
		return
	}
	s.summary.Performed = append(s.summary.Performed, Velocity)
	sessions, documents := map[string]bool{"": true}, map[string]bool{s.who.Number: true} // this one
	for _, t := range s.others {
		if s.At.Sub(t.At) > window || len(t.Seen.Print) > 0 {
			continue
		}
		if s.who.Number != "" && t.Seen.Person.Number == s.who.Number {
			sessions[t.SessionID] = true
		} else if t.Seen.Person.Number != "" {
			documents[t.Seen.Person.Number] = true // found by the address
		}
	}
	if len(sessions) > mostSessions || len(documents) > mostDocuments {
		s.find(Velocity, 0, true, map[string]any{"sessions": len(sessions), "documents": len(documents), "hours": int(window.Hours())})
	}
}

// portraits looks whom the documents of sessions with the same face name.
func (s *look) portraits() {
	if s.Alike == nil {
		s.skip(RepeatedPortrait, report.NotAskedFor)
		return
	}
	s.summary.Performed = append(s.summary.Performed, RepeatedPortrait)
	other := map[string]bool{}
	for _, t := range s.others {
		if slices.Contains(s.Alike, t.SessionID) && s.who.differs(t.Seen.Person, false) {
			other[t.SessionID] = true
		}
	}
	if len(other) > 0 {
		s.find(RepeatedPortrait, 0, true, map[string]any{"sessions": len(other), "session_ids": some(other)})
	}
}

// mostNamed is how many sessions an indicator names.
const mostNamed = 5

// some are sessions for a person to look at.
func some(sessions map[string]bool) []string {
	all := slices.Sorted(maps.Keys(sessions))
	return all[:min(len(all), mostNamed)]
}

func (s *look) skip(id, why string) {
	s.summary.NotPerformed = append(s.summary.NotPerformed, report.Skipped{ID: id, Reason: why})
}

// rates.json: how often genuine and forged documents come with each finding. No
// merchant has counted them for us; they are careful estimates.
//
//go:embed rates.json
var ratesJSON []byte

type rate struct {
	Genuine     float64 `json:"genuine"`
	Forged      float64 `json:"forged"`
	Title       string  `json:"title"`
	Description string  `json:"description"`
	Harmless    string  `json:"harmless"` // description where it is no risk
}

var rates = sync.OnceValue(func() (m map[string]rate) {
	if err := json.Unmarshal(ratesJSON, &m); err != nil {
		panic(fmt.Sprintf("history: rates.json: %v", err)) // it is part of the program
	}
	return m
})

func (r rate) weight() float64 { return math.Log(r.Forged / r.Genuine) }

// find adds an indicator; one that is no risk is worth knowing only.
func (s *look) find(id string, page int, risk bool, numbers map[string]any) {
	r := rates()[id]
	i := report.Indicator{
		ID: id, Title: r.Title, Description: r.Description, Type: string(forgery.Risk), Category: Category, Page: page,
		Score: forgery.RiskScore(r.weight()), Confidence: int(math.Round(100 * r.Forged / (r.Forged + r.Genuine))), Metadata: numbers,
	}
	if !risk {
		i.Type, i.Score, i.Confidence, i.Description = string(forgery.Info), 0, 100, r.Harmless
	}
	s.found = append(s.found, i)
}

// weigh adds what was found to the summary. The weightiest finding is taken with
// what the pictures say, and leads to Warning at most.
func (s *look) weigh() {
	f := s.summary
	heaviest := 0.0
	for _, i := range s.found {
		if i.Type == string(forgery.Risk) {
			heaviest = max(heaviest, rates()[i.ID].weight())
		}
	}
	f.Indicators = append(f.Indicators, s.found...)
	slices.SortStableFunc(f.Indicators, func(a, b report.Indicator) int {
		order := []string{string(forgery.Risk), string(forgery.Trust), string(forgery.Info)}
		if d := slices.Index(order, a.Type) - slices.Index(order, b.Type); d != 0 {
			return d
		}
		return b.Score - a.Score
	})
	if heaviest == 0 {
		return
	}
	alone := f.RiskScore
	pictures := logit(alone) - logit(forgery.RiskScore(0))
	both := heaviest + pictures // what speaks for the pictures goes on counting
	if pictures > 0 {
		both = forgery.Together(pictures, heaviest)
	}
	f.RiskScore = max(alone, forgery.RiskScore(both))
	f.PictureRiskScore = &alone
	if f.Score == string(forgery.Trusted) || f.Score == string(forgery.None) {
		f.Score = string(forgery.Normal)
	}
}

// Settle names the score by the merchant's thresholds. What other sessions add
// leads no further than Warning; where they make no difference to the name,
// nothing is said of it.
func Settle(f *report.ForgerySummary, t authenticity.Thresholds) {
	if f.PictureRiskScore != nil {
		alone := *f
		alone.RiskScore = *f.PictureRiskScore
		if name := t.Score(&alone); alone.RiskScore >= t.HighRisk {
			f.Score, f.PictureRiskScore = name, nil
			return
		}
		f.RiskScore = min(f.RiskScore, t.HighRisk-1)
		if t.Score(f) == t.Score(&alone) {
			f.PictureRiskScore = nil
		}
	}
	f.Score = t.Score(f)
}

func logit(percent int) float64 {
	p := max(0.5, min(99.5, float64(percent))) / 100
	return math.Log(p / (1 - p))
}

// personOf is whom the document of a result names.
func personOf(r *report.Result) (p Person) {
	d, who := r.Document, r.Identity
	if d == nil || who == nil {
		return p
	}
	p = Person{Surname: letters(who.LastName), Given: letters(who.FirstName)}
	if _, err := time.Parse(time.DateOnly, who.DateOfBirth); err == nil {
		p.Birth = who.DateOfBirth
	}
	if n := number(d.DocumentNumber); len(n) >= 5 {
		p.Number = strings.Join([]string{d.Type, d.IssuingCountry, d.Region, n}, " ")
	}
	zone := d.MRZ != nil && d.MRZ.Certainty == report.Printed && d.MRZ.Valid
	p.Certain = zone || (d.Barcode != nil && d.Barcode.Standard != "")
	return p
}
