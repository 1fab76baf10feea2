package server_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/engine"
	"idproof/engine/fingerprint"
	"idproof/engine/raster"
	"idproof/report"
)

// suspicious is an analysis with one indicator that shows its evidence.
func suspicious(evidence []byte) func(context.Context, []engine.Input, engine.Options) (*report.Result, error) {
	return func(_ context.Context, _ []engine.Input, o engine.Options) (*report.Result, error) {
		r := goodReport()
		r.AnalysisTypes = append([]string{"document"}, o.Types...)
		r.AnalysisSummary.Forgery = &report.ForgerySummary{
			State: "Finished", Score: "HighRisk", RiskScore: 91,
			Indicators: []report.Indicator{{
				ID: "copy_move", Title: "A copied piece", Description: "The same piece occurs twice.", Type: "RISK", Category: "modifications",
				Score: 91, Confidence: 98, Metadata: map[string]any{}, Picture: evidence, Regions: []report.Quad{{{0, 0}, {4, 0}, {4, 4}, {0, 4}}},
			}},
			NotPerformed: []report.Skipped{{ID: "thumbnail_mismatch", Reason: "the file holds none"}},
		}
		return r, nil
	}
}

// The pictures of evidence are the session's own: found by the indicators, seen
// by the merchant alone, not by the person, not in webhooks, and gone with the rest.
func TestEvidencePictures(t *testing.T) {
	s := start(t)
	evidence := append(bytes.Clone(picture), "heat map"...)
	s.engine.read = suspicious(evidence)
	hooks := newReceiver(t, nil)
	id, link := s.create(map[string]any{"analysis_types": []string{"document", "forgery"}, "webhook": hooks.URL})
	s.analyse(id)
	r := s.finished(id)
	require.Equal(t, report.Review, r.Status)
	f := r.AnalysisSummary.Forgery
	require.NotNil(t, f)
	shown := f.Indicators[0]
	require.Empty(t, shown.Picture, "a picture is fetched, not part of the answer")
	require.NotEmpty(t, shown.Image)
	require.Equal(t, s.base+"/v3/scanning/"+id+"/images/"+shown.Image, shown.ImageURL)
	require.Len(t, r.Images, 2)
	require.Equal(t, report.Image{Type: report.EvidenceImage, ID: shown.Image, URL: shown.ImageURL, SHA256: r.Images[1].SHA256}, r.Images[1])

	path := "/v3/scanning/" + id + "/images/" + shown.Image
	res := s.call("GET", path, nil, nil)
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, evidence, res.Body)
	require.Equal(t, "image/png", res.Header.Get("Content-Type"))
	var v4 struct{ Indicators []report.Indicator }
	s.call("GET", "/v4/scanning/forgery/"+id, nil, &v4)
	require.Equal(t, shown.ImageURL, v4.Indicators[0].ImageURL)
	require.Equal(t, "A copied piece", v4.Indicators[0].Title)
	s.call("GET", "/v4/scanning/forgery/"+id+"?locale=de-AT", nil, &v4)
	require.Equal(t, "Ein kopiertes Stück", v4.Indicators[0].Title)
	var translated report.Result
	s.call("GET", "/v3/scanning/"+id+"?locale=SE", nil, &translated)
	require.Equal(t, "En kopierad bit", translated.AnalysisSummary.Forgery.Indicators[0].Title)
	other, _ := s.create(map[string]any{})
	require.Equal(t, 404, s.call("GET", "/v3/scanning/"+other+"/images/"+shown.Image, nil, nil).StatusCode, "of another session")
	for name, content := range snapshot(t, s.dir) {
		require.False(t, bytes.Contains(content, []byte("heat map")), "%s holds the picture in plain", name)
	}

	// The person has a way to the uploads, and none to the evidence.
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar}
	defer browser.CloseIdleConnections()
	open := func(path string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+path, nil)
		require.NoError(t, err)
		res, err := browser.Do(req)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(body)
	}
	status, page := open(link[len(s.base):])
	require.Equal(t, 200, status)
	status, _ = open("/verify/" + id + "/picture/" + r.Images[0].ID)
	require.Equal(t, 200, status, "what they uploaded")
	status, _ = open("/verify/" + id + "/picture/" + shown.Image)
	require.Equal(t, 404, status, "what was made of it")
	_, result := open("/verify/" + id + "/result")
	_, events := open("/verify/" + id + "/events")
	for _, said := range []string{page, result, events} {
		require.NotEmpty(t, said)
		for _, never := range []string{"copy_move", "copied", "occurs twice", "FORGERY", "orger", "HighRisk", "riskScore", shown.Image} {
			require.NotContains(t, said, never)
		}
	}
	for _, hook := range hooks.wait(t, 1) {
		require.Contains(t, string(hook.Body), "copy_move")
		require.NotContains(t, string(hook.Body), shown.Image)
		require.NotContains(t, string(hook.Body), `"type":"evidence"`)
	}

	require.Len(t, snapshot(t, s.dir+"/blobs"), 2)
	require.Equal(t, 200, s.call("DELETE", "/v3/scanning/"+id, nil, nil).StatusCode)
	require.Equal(t, 404, s.call("GET", path, nil, nil).StatusCode)
	require.Empty(t, snapshot(t, s.dir+"/blobs"))
}

// A detection that takes long is answered with where to ask for its result.
func TestForgeryThatTakesLong(t *testing.T) {
	s := start(t)
	release := make(chan struct{})
	s.engine.read = func(ctx context.Context, in []engine.Input, o engine.Options) (*report.Result, error) {
		select {
		case <-release:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return suspicious(picture)(ctx, in, o)
	}
	var got struct{ ID, State, Score string }
	res := s.upload("/v4/scanning/forgery", picture, &got)
	require.Equal(t, 202, res.StatusCode)
	require.Equal(t, "Pending", got.State)
	require.Equal(t, "None", got.Score)
	require.Equal(t, "/v4/scanning/forgery/"+got.ID, res.Header.Get("Location"))
	require.NotEmpty(t, res.Header.Get("Retry-After"))
	close(release)
	s.finished(got.ID)
	require.Equal(t, 200, s.call("GET", res.Header.Get("Location"), nil, &got).StatusCode)
	require.Equal(t, "Finished", got.State)
	begun := time.Now()
	require.Equal(t, 200, s.upload("/v4/scanning/forgery", picture, &got).StatusCode)
	require.Equal(t, "HighRisk", got.Score)
	require.Less(t, time.Since(begun), 5*time.Second)
}

// What earlier sessions of the merchant saw counts: never further than to a person,
// not where the merchant does not want it, and not when it was erased.
func TestHistory(t *testing.T) {
	s := start(t)
	number, birth := "L898902C3", "1974-08-12"
	s.engine.read = func(_ context.Context, _ []engine.Input, _ engine.Options) (*report.Result, error) {
		r := goodReport()
		r.Document.DocumentNumber, r.Identity.DateOfBirth = number, birth
		im := raster.New(64, 64)
		for i := range im.Pix {
			im.Pix[i] = uint8(i * i >> 7)
		}
		r.AnalysisSummary.Document.Pages[0].Print = fingerprint.Of(im).Bytes()
		r.AnalysisSummary.Forgery = &report.ForgerySummary{State: "Finished", Score: "Normal", RiskScore: 11, Indicators: []report.Indicator{}, Performed: []string{"copy_move"}}
		return r, nil
	}
	look := func() (*report.Result, map[string]string) {
		t.Helper()
		id, _ := s.create(map[string]any{"analysis_types": []string{"document", "forgery"}})
		s.analyse(id)
		r := s.finished(id)
		found := map[string]string{}
		for _, i := range r.AnalysisSummary.Forgery.Indicators {
			found[i.ID] = i.Type
		}
		return r, found
	}
	set := func(settings string) {
		t.Helper()
		require.Equal(t, 200, s.call("PATCH", "/v3/merchant/settings", settings, nil).StatusCode)
	}
	check := func(r *report.Result, name string) report.Outcome {
		return r.AnalysisSummary.Document.Checks.Find(name).Result
	}

	first, found := look()
	require.Empty(t, found)
	require.Equal(t, report.Accepted, first.Status)
	require.Equal(t, report.Passed, check(first, "repeated_image"))
	require.Equal(t, report.NotPerformed, check(first, "duplicate_portrait"))
	again, found := look()
	require.Equal(t, map[string]string{"repeated_image": "INFO"}, found)
	require.Equal(t, report.Accepted, again.Status, "a person who begins again")

	birth = "1990-01-01"
	set(`{"policy":{"reasons":{"FORGERY_SUSPECTED":"decline"},"checks":{"compromised_document":{"warning":"review"}}}}`)
	fraud, found := look()
	require.Equal(t, map[string]string{"repeated_image": "RISK", "repeated_number": "RISK"}, found)
	require.Equal(t, report.Review, fraud.Status, "no policy declines for it")
	require.Equal(t, "Warning", fraud.AnalysisSummary.Forgery.Score)
	require.Equal(t, 11, *fraud.AnalysisSummary.Forgery.PictureRiskScore)
	require.NotEqual(t, report.Passed, check(fraud, "repeated_document"))
	for _, i := range fraud.AnalysisSummary.Forgery.Indicators {
		require.Equal(t, "history", i.Category)
	}

	set(`{"forgery":{"history":"off"}}`)
	off, found := look()
	require.Empty(t, found)
	require.Equal(t, report.Accepted, off.Status)
	require.Equal(t, report.NotPerformed, check(off, "repeated_image"))

	set(`{"forgery":{"warning":10,"high_risk":11}}`)
	number = "X0000001"
	strict, _ := look()
	require.Equal(t, "HighRisk", strict.AnalysisSummary.Forgery.Score, "by the merchant's thresholds")
	for _, wrong := range []string{`{"forgery":{"warning":90}}`, `{"forgery":{"high_risk":101}}`, `{"forgery":{"history":"maybe"}}`, `{"forgery":{"warning":-1}}`} {
		require.Equal(t, 400, s.call("PATCH", "/v3/merchant/settings", wrong, nil).StatusCode, wrong)
	}

	// Erased sessions are not remembered.
	set(`{"forgery":null}`)
	for _, r := range []*report.Result{first, again, fraud, off, strict} {
		require.Equal(t, 200, s.call("DELETE", "/v3/scanning/"+r.ID, nil, nil).StatusCode)
	}
	_, found = look()
	require.Empty(t, found)
	_, found = look()
	require.NotEmpty(t, found)
}

// The same face under another name, where the merchant has faces looked for.
func TestHistoryOfFaces(t *testing.T) {
	s := start(t)
	showFaces(s)
	faces := s.engine.read
	surname, birth := "ERIKSSON", "1974-08-12"
	s.engine.mu.Lock()
	s.engine.read = func(ctx context.Context, in []engine.Input, o engine.Options) (*report.Result, error) {
		r, err := faces(ctx, in, o)
		if err == nil {
			r.Identity.LastName, r.Identity.DateOfBirth = surname, birth
			r.Document.DocumentNumber = "N" + surname
			r.AnalysisSummary.Forgery = &report.ForgerySummary{State: "Finished", Score: "Normal", RiskScore: 11, Indicators: []report.Indicator{}}
		}
		return r, err
	}
	s.engine.mu.Unlock()
	require.Equal(t, 200, s.call("PATCH", "/v3/merchant/settings", `{"face_search":{"seen":true}}`, nil).StatusCode)
	outcome := func(r *report.Result) report.Outcome {
		return r.AnalysisSummary.Document.Checks.Find("duplicate_portrait").Result
	}
	first := s.visit(1)
	require.Equal(t, report.Passed, outcome(first))
	require.Equal(t, report.Passed, outcome(s.visit(1)), "the same person")
	surname, birth = "SMITH", "1990-01-01"
	require.Equal(t, report.Passed, outcome(s.visit(2)), "another face")
	fraud := s.visit(1)
	require.NotEqual(t, report.Passed, outcome(fraud))
	require.Equal(t, "repeated_portrait", fraud.AnalysisSummary.Forgery.Indicators[0].ID)
	require.Contains(t, fraud.AnalysisSummary.Forgery.Indicators[0].Metadata["session_ids"], first.ID)
	require.Equal(t, "Warning", fraud.AnalysisSummary.Forgery.Score)
	require.Equal(t, report.Review, fraud.Status)
}
