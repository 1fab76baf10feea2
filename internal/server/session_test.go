package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/engine"
	"idproof/internal/policy"
	"idproof/internal/session"
	"idproof/report"
)

// with makes a call with more headers.
func (s *service) with(method, path, body string, header map[string]string, out any) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, strings.NewReader(body))
	require.NoError(s.t, err)
	req.Header.Set("Authorization", s.key)
	req.Header.Set("Content-Type", "application/json")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	return s.do(req, out)
}

// A test session ends as it asked to, by each outcome and each reason, without
// the engine having looked.
func TestForcedOutcomes(t *testing.T) {
	s := start(t)
	want := map[string]report.Status{
		"accepted": report.Accepted, "review": report.Review, "declined": report.Declined, "failed": report.Failed,
	}
	for _, r := range policy.Rules() {
		want[r.Code] = r.Result
		if r.Result == report.Accepted { // ignored by the standard policy
			want[r.Code] = report.Review
		}
	}
	require.Len(t, session.TestOutcomes(), len(want)+1, "and timeout")
	for outcome, status := range want {
		id, _ := s.create(map[string]any{"test_outcome": strings.ToLower(outcome)})
		s.analyse(id)
		r := s.finished(id)
		require.Equal(t, status, r.Status, outcome)
		require.Equal(t, "test", r.Decision.Policy)
		if strings.ToUpper(outcome) == outcome {
			require.Equal(t, outcome, r.Decision.Reasons[0].Code)
		}
		require.Empty(t, r.AnalysisSummary.Document.Checks.All(), "nothing was checked")
	}
	require.Zero(t, s.engine.calls)
}

// A session that is to time out does so by itself.
func TestForcedTimeout(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the housekeeping")
	}
	t.Parallel()
	s := start(t)
	hooks := newReceiver(t, nil)
	id, _ := s.create(map[string]any{"test_outcome": "timeout", "webhook": hooks.URL})
	require.Equal(t, report.Timeout, s.finished(id).Status)
	var body struct{ Result report.Result }
	require.NoError(t, json.Unmarshal(hooks.wait(t, 1)[0].Body, &body))
	require.Equal(t, report.Timeout, body.Result.Status)
}

// A liveness session asks for what the request says, and ends with a person
// looking as long as no engine judges liveness.
func TestLivenessSession(t *testing.T) {
	s := start(t)
	for _, prefix := range []string{"/v3/scanning/liveness", "/v3/eid/scanningsessions/liveness"} {
		var out struct {
			ID          string
			RedirectURL string `json:"redirect_url"`
			Errors      []report.Error
		}
		res := s.call("POST", prefix, `{"cancel_url":"https://a.example/c","options":"frontandback","action":"Random","available_actions":["FollowText"],"relay_state":"l"}`, &out)
		require.Less(t, res.StatusCode, 300)
		require.NotEmpty(t, out.RedirectURL)
		require.NotNil(t, out.Errors)
		var r report.Result
		s.call("GET", "/v3/scanning/"+out.ID, nil, &r)
		require.Equal(t, []string{"document", "liveness"}, r.AnalysisTypes)
		require.Equal(t, 201, s.upload("/v3/scanning/"+out.ID+"/documents?documentType=liveness_frame&reference=1", picture, nil).StatusCode)
		s.analyse(out.ID)
		got := s.finished(out.ID)
		require.Equal(t, report.Review, got.Status)
		require.Equal(t, "LIVENESS_NOT_PERFORMED", got.Decision.Reasons[0].Code)
		require.Len(t, got.Images, 2)
		require.Len(t, got.AnalysisSummary.Document.Pages, 1, "the frame is no document")
	}
	var out struct{ ID string }
	s.call("POST", "/v3/scanning/liveness", `{"options":"NoDocument"}`, &out)
	var r report.Result
	s.call("GET", "/v3/scanning/"+out.ID, nil, &r)
	require.Equal(t, []string{"liveness"}, r.AnalysisTypes)
	res := s.call("POST", "/v3/scanning/liveness", `{"options":1,"action":"x","available_actions":"y","target":"z"}`, nil)
	require.Equal(t, 400, res.StatusCode)
	require.Equal(t, 4, strings.Count(string(res.Body), `"code"`), "everything at once: %s", res.Body)
}

// Pages of a list come one after another, without gaps or repetitions, and only
// what fits.
func TestListSessions(t *testing.T) {
	s := start(t)
	before := time.Now().UTC().Truncate(time.Second)
	type page struct {
		Sessions []struct {
			ID, Status string
			RelayState string `json:"relay_state"`
			Test       bool
		}
		Next string
	}
	ids := map[string]bool{}
	for i := range 7 {
		body := map[string]any{}
		if i%2 == 0 {
			body["relay_state"] = "customer 7"
		}
		id, _ := s.create(body)
		ids[id] = true
	}
	var all page
	s.call("GET", "/v3/scanning?limit=100", nil, &all)
	require.Empty(t, all.Next)
	extra := len(all.Sessions) - len(ids) // the development merchant's own
	require.Contains(t, []int{0, 1}, extra)
	var got []string
	for next, n := "", 0; n == 0 || next != ""; n++ {
		var p page
		s.call("GET", "/v3/scanning?limit=3&cursor="+next, nil, &p)
		require.LessOrEqual(t, len(p.Sessions), 3)
		for _, one := range p.Sessions {
			got = append(got, one.ID)
		}
		next = p.Next
	}
	for i, one := range all.Sessions {
		require.Equal(t, one.ID, got[i])
		require.True(t, one.Test)
	}
	require.Len(t, got, len(all.Sessions))

	var p page
	s.call("GET", "/v3/scanning?relay_state=customer%207", nil, &p)
	require.Len(t, p.Sessions, 4)
	require.Equal(t, "customer 7", p.Sessions[0].RelayState)
	s.call("POST", "/v3/scanning/"+p.Sessions[0].ID+"/cancel", nil, nil)
	var cancelled page
	s.call("GET", "/v3/scanning?status=cancelled,Timeout", nil, &cancelled)
	require.Len(t, cancelled.Sessions, 1)
	var none page
	s.call("GET", "/v3/scanning?created_to="+before.Format(time.RFC3339), nil, &none)
	require.Empty(t, none.Sessions)
	var since page
	s.call("GET", "/v3/scanning?limit=100&created_from="+before.Format(time.RFC3339), nil, &since)
	require.Len(t, since.Sessions, len(all.Sessions))
}

// What has not changed is not sent again.
func TestETags(t *testing.T) {
	s := start(t)
	id, _ := s.create(`{}`)
	for _, path := range []string{"", "/analysisStatus", "/analyses", "/webhooks"} {
		first := s.call("GET", "/v3/scanning/"+id+path, nil, nil)
		tag := first.Header.Get("ETag")
		require.NotEmpty(t, tag, path)
		again := s.with("GET", "/v3/scanning/"+id+path, "", map[string]string{"If-None-Match": `"x", W/` + tag}, nil)
		require.Equal(t, 304, again.StatusCode, path)
		require.Empty(t, again.Body)
	}
	tag := s.call("GET", "/v3/scanning/"+id, nil, nil).Header.Get("ETag")
	s.upload("/v3/scanning/"+id+"/documents", picture, nil)
	require.Equal(t, 200, s.with("GET", "/v3/scanning/"+id, "", map[string]string{"If-None-Match": tag}, nil).StatusCode)
}

// A session keeps the settings that it began with; a later one has the new ones.
func TestSettingsRevisions(t *testing.T) {
	s := start(t)
	expired := func(context.Context, []engine.Input, engine.Options) (*report.Result, error) {
		r := goodReport()
		r.Document.DateOfExpiry = "2020-01-01"
		return r, nil
	}
	s.engine.read = expired
	old, _ := s.create(`{}`)
	var set struct {
		Revision int64
		Settings map[string]any
	}
	first := s.call("GET", "/v3/merchant/settings", nil, &set)
	require.EqualValues(t, 1, set.Revision)
	require.NotEmpty(t, first.Header.Get("ETag"))
	res := s.with("PATCH", "/v3/merchant/settings", `{"policy":{"preset":"lenient"},"minimum_age":18}`, map[string]string{"If-Match": `"1"`}, &set)
	require.Equal(t, 200, res.StatusCode)
	require.EqualValues(t, 2, set.Revision)
	require.Equal(t, `"2"`, res.Header.Get("ETag"))
	require.Equal(t, 412, s.with("PATCH", "/v3/merchant/settings", `{"attempts":5}`, map[string]string{"If-Match": `"1"`}, nil).StatusCode)
	require.Equal(t, 200, s.call("PATCH", "/v3/merchant/settings", `{"minimum_age":18}`, &set).StatusCode)
	require.EqualValues(t, 2, set.Revision, "nothing changed")

	s.analyse(old)
	require.Equal(t, report.Declined, s.finished(old).Status)
	later, _ := s.create(`{}`)
	s.analyse(later)
	r := s.finished(later)
	require.Equal(t, report.Review, r.Status)
	require.Equal(t, "lenient-4", r.Decision.Policy)

	var before struct{ Settings map[string]any }
	s.call("GET", "/v3/merchant/settings?revision=1", nil, &before)
	require.NotContains(t, before.Settings, "policy")
	var trail struct {
		Changes []struct {
			Who, Action, Subject string
			Detail               struct{ Settings []string }
		}
	}
	s.call("GET", "/v3/merchant/audit", nil, &trail)
	require.Equal(t, "settings_changed", trail.Changes[0].Action)
	require.Equal(t, "2", trail.Changes[0].Subject)
	require.True(t, strings.HasPrefix(trail.Changes[0].Who, "key:"))
	require.Equal(t, []string{"minimum_age", "policy"}, trail.Changes[0].Detail.Settings)
	require.Equal(t, "merchant_created", trail.Changes[len(trail.Changes)-1].Action)
}

// Keys are shown once, can be replaced with an overlap, and end.
func TestKeysByAPI(t *testing.T) {
	s := start(t)
	first := s.key
	var made struct{ ID, Key, Kind, Hint string }
	require.Equal(t, 201, s.call("POST", "/v3/merchant/keys", `{"label":"shop","test":true}`, &made).StatusCode)
	require.True(t, strings.HasPrefix(made.Key, "idp_test_"))
	require.True(t, strings.HasSuffix(made.Key, made.Hint))
	id, _ := s.create(`{}`)
	s.key = made.Key
	require.Equal(t, 200, s.call("GET", "/v3/scanning/"+id, nil, nil).StatusCode, "both are test keys of one merchant")
	var next struct{ ID, Key string }
	require.Equal(t, 201, s.call("POST", "/v3/merchant/keys/"+made.ID+"/rotate", `{"grace":"1h"}`, &next).StatusCode)
	require.Equal(t, 200, s.call("GET", "/v3/scanning/"+id, nil, nil).StatusCode, "the old one still works")
	s.key = next.Key
	require.Equal(t, 200, s.call("DELETE", "/v3/merchant/keys/"+made.ID, nil, nil).StatusCode)
	list := s.call("GET", "/v3/merchant/keys", nil, nil)
	require.NotContains(t, string(list.Body), next.Key)
	require.Contains(t, string(list.Body), `"label":"shop"`)
	s.key = made.Key
	require.Equal(t, 401, s.call("GET", "/v3/scanning/"+id, nil, nil).StatusCode, "it has ended")
	s.key = next.Key
	require.Equal(t, 201, s.call("POST", "/v3/merchant/keys/"+next.ID+"/rotate", nil, nil).StatusCode)
	require.Equal(t, 401, s.call("GET", "/v3/scanning/"+id, nil, nil).StatusCode, "no grace was asked for")
	s.key = first
	require.Equal(t, 200, s.call("GET", "/v3/scanning/"+id, nil, nil).StatusCode)
}
