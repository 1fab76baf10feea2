package history_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/engine/authenticity"
	"idproof/engine/fingerprint"
	"idproof/engine/raster"
	"idproof/internal/history"
	"idproof/report"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// kept is a store in memory.
type kept struct{ all []history.Trace }

func (k *kept) KeepTraces(_ context.Context, sessionID, _ string, traces []history.Trace) error {
	for _, t := range traces {
		t.SessionID = sessionID
		k.all = append(k.all, t)
	}
	return nil
}

func (k *kept) Traces(_ context.Context, sessionID string, words []string, since time.Time, most int) (out []history.Trace, err error) {
	for _, t := range slices.Backward(k.all) {
		fits := slices.ContainsFunc(t.Words, func(w string) bool { return slices.Contains(words, w) })
		if fits && t.SessionID != sessionID && !t.At.Before(since) && len(out) < most {
			out = append(out, t)
		}
	}
	return out, nil
}

// picture is one that no other is like; seed 0 is a picture of one colour.
func picture(seed uint64) []byte {
	im := raster.New(64, 48)
	if seed > 0 {
		r := rand.New(rand.NewPCG(seed, 1))
		for i := range im.Pix {
			im.Pix[i] = uint8(128 + 60*math.Sin(float64(i)/float64(20+r.IntN(60)))*r.Float64())
		}
	}
	return fingerprint.Of(im).Bytes()
}

// person is a document with a certain zone.
type person struct{ number, surname, given, birth string }

var (
	anna  = person{"L898902C3", "ERIKSSON", "ANNA MARIA", "1974-08-12"}
	other = person{"L898902C3", "SPECIMEN", "JOHN", "1981-01-02"}
)

func result(p person, pictures ...uint64) *report.Result {
	r := report.New()
	r.AnalysisSummary.Document = report.NewDocumentSummary()
	for i, seed := range pictures {
		r.AnalysisSummary.Document.Pages = append(r.AnalysisSummary.Document.Pages, report.Page{Page: i, Print: picture(seed)})
	}
	r.AnalysisSummary.Forgery = &report.ForgerySummary{Score: "Normal", RiskScore: 11, Indicators: []report.Indicator{}}
	if p != (person{}) {
		r.Identity = &report.Identity{LastName: p.surname, FirstName: p.given, DateOfBirth: p.birth}
		r.Document = &report.Document{
			Type: "passport", IssuingCountry: "UTO", DocumentNumber: p.number, MRZ: &report.MRZ{Valid: true, Certainty: report.Printed},
		}
	}
	return r
}

func printed(r *report.Result) *report.Result {
	r.Document.MRZ = nil
	return r
}

func TestLook(t *testing.T) {
	type visit struct {
		at      time.Duration
		address string
		alike   []string
		result  *report.Result
	}
	changed := func(change func(*person)) person {
		p := anna
		change(&p)
		return p
	}
	many := func(n int, each func(i int) visit) (all []visit) {
		for i := range n {
			all = append(all, each(i))
		}
		return all
	}
	tests := []struct {
		name   string
		visits []visit // the last one is judged; each in a session of its own
		want   map[string]string
		score  string
	}{
		{"nothing before", []visit{{result: result(anna, 1)}}, nil, "Normal"},
		{"another picture of the same document", []visit{{result: result(anna, 1)}, {result: result(anna, 2)}}, nil, "Normal"},
		{"the same picture again", []visit{{result: result(anna, 1)}, {result: result(anna, 1)}}, map[string]string{"repeated_image": "INFO"}, "Normal"},
		{"the same picture, nothing read", []visit{{result: result(anna, 1)}, {result: result(person{}, 1)}}, map[string]string{"repeated_image": "INFO"}, "Normal"},
		{
			"the same picture with another number",
			[]visit{{result: result(anna, 1)}, {result: result(changed(func(p *person) { p.number = "X1234567" }), 3, 1)}},
			map[string]string{"repeated_image": "RISK"},
			"Warning",
		},
		{
			"the same number with other data",
			[]visit{{result: result(anna, 1)}, {result: result(other, 2)}},
			map[string]string{"repeated_number": "RISK"},
			"Warning",
		},
		{"a name that the zone cuts off", []visit{
			{result: result(changed(func(p *person) { p.surname = "ERIKS" }))}, {result: result(changed(func(p *person) { p.given = "ANNAM" }))},
		}, nil, "Normal"},
		{"one misread letter", []visit{{result: result(anna)}, {result: result(changed(func(p *person) { p.surname = "ERIKSSOM" }))}}, nil, "Normal"},
		{"print alone, one field apart", []visit{
			{result: printed(result(anna))}, {result: printed(result(changed(func(p *person) { p.birth = "1974-08-13" })))},
		}, nil, "Normal"},
		{"print alone, two fields apart", []visit{
			{result: printed(result(anna))}, {result: printed(result(changed(func(p *person) { p.birth, p.surname = "1974-08-13", "SMITH" })))},
		}, map[string]string{"repeated_number": "RISK"}, "Warning"},
		{"pictures of one colour are not the same", []visit{{result: result(anna, 0)}, {result: result(other, 0)}}, map[string]string{"repeated_number": "RISK"}, "Warning"},
		{"nobody compared faces", []visit{{result: result(anna)}, {result: result(person{"Y7654321", "SPECIMEN", "JOHN", "1981-01-02"})}}, nil, "Normal"},
		{
			"the same face, another person",
			[]visit{{result: result(anna)}, {alike: []string{"s0"}, result: result(person{"Y7654321", "SPECIMEN", "JOHN", "1981-01-02"})}},
			map[string]string{"repeated_portrait": "RISK"},
			"Warning",
		},
		{
			"the same person with another document",
			[]visit{{result: result(anna)}, {alike: []string{"s0"}, result: result(changed(func(p *person) { p.number = "Y7654321" }))}},
			nil, "Normal",
		},
		{"five sessions in a day", many(5, func(i int) visit { return visit{at: time.Duration(i) * time.Hour, result: result(anna)} }), nil, "Normal"},
		{
			"six sessions in a day", many(6, func(i int) visit { return visit{at: time.Duration(i) * time.Hour, result: result(anna)} }),
			map[string]string{"velocity": "RISK"},
			"Normal",
		},
		{"six sessions in a week", many(6, func(i int) visit { return visit{at: time.Duration(i) * 28 * time.Hour, result: result(anna)} }), nil, "Normal"},
		{"twenty documents from one address", many(20, func(i int) visit {
			return visit{address: "192.0.2.1", result: result(changed(func(p *person) { p.number = "NUMBER" + string(rune('A'+i)) }))}
		}), nil, "Normal"},
		{"more of them", many(21, func(i int) visit {
			return visit{address: "192.0.2.1", result: result(changed(func(p *person) { p.number = "NUMBER" + string(rune('A'+i)) }))}
		}), map[string]string{"velocity": "RISK"}, "Normal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := &history.History{Store: &kept{}}
			var last *report.Result
			for i, v := range tt.visits {
				last = v.result
				id := "s" + string(rune('0'+i))
				require.NoError(t, h.Look(t.Context(), history.Visit{SessionID: id, AnalysisID: "a", Address: v.address, At: noon.Add(v.at), Alike: v.alike}, last))
			}
			f := last.AnalysisSummary.Forgery
			history.Settle(f, authenticity.Standard)
			found := map[string]string{}
			for _, i := range f.Indicators {
				require.Equal(t, history.Category, i.Category)
				require.NotEmpty(t, i.Title)
				require.NotEmpty(t, i.Description)
				require.Equal(t, i.Type == "RISK", i.Score > 0)
				if i.ID != history.Velocity {
					require.Equal(t, []string{"s0"}, i.Metadata["session_ids"])
				}
				found[i.ID] = i.Type
			}
			if tt.want == nil {
				tt.want = map[string]string{}
			}
			require.Equal(t, tt.want, found)
			require.Equal(t, tt.score, f.Score)
			require.Equal(t, tt.score == "Warning", f.PictureRiskScore != nil)
			seen := slices.Clone(f.Performed)
			for _, n := range f.NotPerformed {
				seen = append(seen, n.ID)
			}
			require.ElementsMatch(t, history.IDs, seen, "each is performed, or says why not")
		})
	}
}

// What other sessions know never leads beyond Warning, whatever the thresholds
// and the pictures.
func TestSettle(t *testing.T) {
	for risk := range 101 {
		for _, at := range []authenticity.Thresholds{authenticity.Standard, {Warning: 5, HighRisk: 20}, {Warning: 90, HighRisk: 99}} {
			h := &history.History{Store: &kept{}}
			require.NoError(t, h.Look(t.Context(), history.Visit{SessionID: "s0", At: noon}, result(anna, 1)))
			r := result(other, 1)
			f := r.AnalysisSummary.Forgery
			f.RiskScore = risk
			alone := at.Score(f)
			require.NoError(t, h.Look(t.Context(), history.Visit{SessionID: "s1", At: noon}, r))
			history.Settle(f, at)
			require.GreaterOrEqual(t, f.RiskScore, risk)
			if alone == "HighRisk" {
				require.Equal(t, "HighRisk", f.Score)
				require.Nil(t, f.PictureRiskScore)
				continue
			}
			require.NotEqual(t, "HighRisk", f.Score)
			require.Equal(t, f.Score != alone, f.PictureRiskScore != nil, "%d %s %s", risk, alone, f.Score)
		}
	}
}

// Nothing that is kept leaves, and no word tells more than its hash will be of.
func TestPrintIsNotPartOfTheReport(t *testing.T) {
	data, err := json.Marshal(result(anna, 1))
	require.NoError(t, err)
	require.NotContains(t, string(data), `"print"`)
	require.NotContains(t, string(data), `"Print"`)
}

func TestOff(t *testing.T) {
	f := &report.ForgerySummary{}
	history.Off(f)
	require.Len(t, f.NotPerformed, len(history.IDs))
	r := result(anna)
	r.AnalysisSummary.Forgery = f
	authenticity.Into(r, authenticity.Standard)
	require.Equal(t, report.NotAskedFor, r.AnalysisSummary.Document.Checks.Find("repeated_image").Reason)
}
