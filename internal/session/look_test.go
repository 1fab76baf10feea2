package session_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/report"
)

var corner = report.Quad{{0, 0}, {9, 0}, {9, 9}, {0, 9}}

func blurred() report.Check {
	return report.Check{Name: "blurred", Result: report.FailedCheck, Evidence: map[string]any{"region": corner}}
}

func TestSaw(t *testing.T) {
	card := merchant.Settings{DocumentTypes: []string{report.Passport, report.IdentityCard}, Countries: []string{"SWE", "D"}}.WithDefaults()
	for _, c := range []struct {
		name    string
		country string // named by the person
		glance  report.Glance
		poor    bool
		faults  []string
		typ     string
		was     *session.Choice
		sides   []string
	}{
		{"good", "", report.Glance{Text: true}, false, nil, report.IdentityCard, nil, []string{session.Front, session.Back}},
		{"blurred", "", report.Glance{Text: true, Checks: []report.Check{blurred()}}, true, []string{"blurred"}, report.IdentityCard, nil, []string{session.Front, session.Back}},
		{"a warning", "", report.Glance{Text: true, Checks: []report.Check{{Name: "glare", Result: report.Warning}}}, false, nil, report.IdentityCard, nil, []string{session.Front, session.Back}},
		{"nothing", "", report.Glance{}, true, []string{session.NoDocument}, report.IdentityCard, nil, []string{session.Front, session.Back}},
		{"another type", "", report.Glance{Text: true, Type: report.Passport}, false, nil, report.Passport, &session.Choice{DocumentType: report.IdentityCard}, []string{session.Front}},
		{"a type that is not accepted", "", report.Glance{Text: true, Type: report.Visa}, true, []string{session.TypeNotAccepted}, report.IdentityCard, nil, []string{session.Front, session.Back}},
		{"another country", "SWE", report.Glance{Text: true, Type: report.IdentityCard, Issuer: "D"}, false, nil, report.IdentityCard, &session.Choice{DocumentType: report.IdentityCard, Country: "SWE"}, []string{session.Front, session.Back}},
		{"the same country under another code", "DEU", report.Glance{Text: true, Type: report.IdentityCard, Issuer: "D"}, false, nil, report.IdentityCard, nil, []string{session.Front, session.Back}},
		{"a country that is not accepted", "", report.Glance{Text: true, Type: report.IdentityCard, Issuer: "UTO"}, true, []string{session.CountryNotAccepted}, report.IdentityCard, nil, []string{session.Front, session.Back}},
		{"both sides", "", report.Glance{Text: true, Type: report.IdentityCard, Sides: []string{"back", "front"}}, false, nil, report.IdentityCard, nil, []string{session.Front}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := begin(session.Request{}).Choose(report.IdentityCard, session.Person, now)
			require.NoError(t, err)
			s, err = s.ChooseCountry(c.country, now)
			require.NoError(t, err)
			s, err = s.Add(doc("1", session.Front), session.Person, now)
			require.NoError(t, err)
			s, err = s.Saw("1", &c.glance, card, now)
			require.NoError(t, err)
			look := s.LookAt("1")
			var faults []string
			for _, f := range look.Faults {
				faults = append(faults, f.Code)
			}
			require.Equal(t, c.faults, faults)
			require.Equal(t, c.poor, look.Poor())
			require.Equal(t, c.typ, s.DocumentType)
			require.Equal(t, c.was, look.Was)
			require.Equal(t, c.sides, s.Sides())
			if c.poor {
				require.Contains(t, s.Missing(), session.Front, "a poor picture is none")
			} else {
				require.NotContains(t, s.Missing(), session.Front)
			}
		})
	}
}

// The gate stops so many pictures of a side, then it only warns; where it is
// set to warn, it never stops one.
func TestGateSoftens(t *testing.T) {
	for gate, stopped := range map[string][]bool{"block": {true, true, false}, "warn": {false, false, false}} {
		set := merchant.Settings{QualityGate: gate, QualityTries: 2}.WithDefaults()
		s, err := begin(session.Request{}).Choose(report.Passport, session.Person, now)
		require.NoError(t, err)
		for i, stop := range stopped {
			id := string(rune('a' + i))
			s, err = s.Add(doc(id, session.Front), session.Person, now)
			require.NoError(t, err)
			s, err = s.Saw(id, &report.Glance{Text: true, Checks: []report.Check{blurred()}}, set, now)
			require.NoError(t, err)
			require.Equal(t, stop, s.LookAt(id).Stopped, "%s, picture %d", gate, i)
			require.Equal(t, []report.Quad{corner}, s.LookAt(id).Faults[0].Regions)
			_, err = s.Submit("x", nil, session.Person, now)
			require.ErrorIs(t, err, session.ErrIncomplete)
			kept, err := s.Keep(id, now)
			if stop {
				require.ErrorIs(t, err, session.ErrNotFound)
				continue
			}
			require.NoError(t, err)
			_, err = kept.Submit("x", nil, session.Person, now)
			require.NoError(t, err)
		}
	}
}

// eye sees what it is told, or takes until nobody waits any more.
type eye struct {
	glance *report.Glance
	err    error
}

func (e eye) Glance(context.Context, string, []byte, time.Time) (*report.Glance, error) {
	return e.glance, e.err
}

func TestLook(t *testing.T) {
	for _, c := range []struct {
		name string
		eye  session.Eye
		poor bool
	}{
		{"no eye", nil, false},
		{"good", eye{glance: &report.Glance{Text: true}}, false},
		{"poor", eye{glance: &report.Glance{}}, true},
		{"too slow", eye{err: context.DeadlineExceeded}, false},
		{"broken", eye{err: errors.New("no picture")}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, ctx := setupEye(t, c.eye), t.Context()
			id, _ := b.begin(t)
			_, err := b.SelectDocumentType(ctx, id, report.Passport)
			require.NoError(t, err)
			_, err = b.SelectCountry(ctx, id, "SWE")
			require.NoError(t, err)
			d, err := b.Upload(ctx, id, session.Front, bytes.NewReader(picture))
			require.NoError(t, err)
			st, err := b.Look(ctx, id, d.ID)
			require.NoError(t, err)
			require.Equal(t, "SWE", st.Country)
			require.Equal(t, c.poor, len(st.Missing) == 1)
			if c.poor {
				require.True(t, st.Looks[0].Stopped)
				_, err = b.KeepPicture(ctx, id, d.ID)
				require.ErrorIs(t, err, session.ErrNotFound)
			}
		})
	}
}
