package server_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/report"
	"idproof/specimen"
)

// Everything that is kept of a person can be taken out, and then erased: from
// the pictures, the results, the webhooks and their log, lists and links.
func TestExportAndErase(t *testing.T) {
	s := start(t)
	hooks := newReceiver(t, nil)
	id, link := s.create(map[string]any{"relay_state": "customer-1", "webhook": hooks.URL, "metadata": map[string]any{"a": 1}, "expected": map[string]any{"last_name": "ERIKSSON"}})
	an := s.analyse(id)
	r := s.finished(id)
	hooks.wait(t, 1)

	res := s.call("GET", "/v3/scanning/"+id+"/export", nil, nil)
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "application/zip", res.Header.Get("Content-Type"))
	z, err := zip.NewReader(bytes.NewReader(res.Body), int64(len(res.Body)))
	require.NoError(t, err)
	files := map[string][]byte{}
	for _, f := range z.File {
		in, err := f.Open()
		require.NoError(t, err)
		files[f.Name], err = io.ReadAll(in)
		require.NoError(t, err)
	}
	require.Contains(t, string(files["result.json"]), "ERIKSSON")
	require.Contains(t, string(files["request.json"]), "customer-1")
	require.Contains(t, string(files["analyses/"+an+".json"]), "L898902C3")
	require.Contains(t, string(files["events.json"]), "personal_exported")
	require.Contains(t, string(files["webhooks.json"]), "session_finished")
	require.Equal(t, picture, files["pictures/document_front-"+r.Images[0].ID+".png"])
	require.Len(t, files, 6)

	var left report.Result
	require.Equal(t, 200, s.call("DELETE", "/v3/scanning/"+id, nil, &left).StatusCode)
	require.Equal(t, report.Accepted, left.Status)
	require.Empty(t, snapshot(t, s.dir+"/blobs"))
	for _, path := range []string{"", "/analysisStatus", "/analyses", "/analyses/" + an, "/webhooks", "/events", "/export"} {
		res := s.call("GET", "/v3/scanning/"+id+path, nil, nil)
		require.Equal(t, 200, res.StatusCode, path)
		for _, never := range []string{"ERIKSSON", "L898902C3", "customer-1", `"a":1`, r.Images[0].SHA256} {
			require.NotContains(t, string(res.Body), never, path)
		}
	}
	require.Equal(t, 404, s.call("GET", "/v3/scanning/"+id+"/images/"+r.Images[0].ID, nil, nil).StatusCode)
	require.Equal(t, 409, s.upload("/v3/scanning/"+id+"/documents", picture, nil).StatusCode)
	require.Equal(t, 409, s.call("POST", "/v3/scanning/"+id+"/analyses", nil, nil).StatusCode)
	require.Equal(t, 404, s.with("GET", link[len(s.base):], "", nil, nil).StatusCode)
	var list struct{ Sessions []json.RawMessage }
	s.call("GET", "/v3/scanning?relay_state=customer-1", nil, &list)
	require.Empty(t, list.Sessions)

	var trail struct {
		Events []struct{ Kind, Actor, Who string }
	}
	s.call("GET", "/v3/scanning/"+id+"/events", nil, &trail)
	var kinds []string
	for _, e := range trail.Events {
		kinds = append(kinds, e.Actor+" "+e.Kind)
		require.Equal(t, e.Actor == "client", strings.HasPrefix(e.Who, "key:"), e.Kind)
	}
	require.Equal(t, []string{
		"client session_created", "client document_added", "client analysis_requested", "system analysis_started", "system analysis_finished",
		"system session_finished", "client personal_exported", "client personal_erased", "client personal_exported",
	}, kinds)
	require.Equal(t, 200, s.call("DELETE", "/v3/scanning/"+id, nil, nil).StatusCode, "again is no error")
}

// Who is expected and who is on the document are not the same: a person looks.
// The right expectation is accepted, so it is the expectation that decides.
func TestWrongExpectedGoesToReview(t *testing.T) {
	s, _ := startReal(t)
	document := specimen.Random(rand.New(rand.NewPCG(1, 2)), specimen.Passport)
	var drawn bytes.Buffer
	require.NoError(t, jpeg.Encode(&drawn, document.Draw().Front.Image, &jpeg.Options{Quality: 92}))
	analyse := func(expected map[string]any) *report.Result {
		id, _ := s.create(map[string]any{"expected": expected})
		require.Equal(t, 201, s.upload("/v3/scanning/"+id+"/documents", drawn.Bytes(), nil).StatusCode)
		require.Equal(t, 201, s.call("POST", "/v3/scanning/"+id+"/analyses", nil, nil).StatusCode)
		return s.finished(id)
	}
	first := analyse(nil)
	require.NotNil(t, first.Identity)
	right := map[string]any{
		"last_name": first.Identity.LastName, "date_of_birth": first.Identity.DateOfBirth, "document_number": first.Document.DocumentNumber,
	}
	require.Equal(t, first.Status, analyse(right).Status)
	for field, wrong := range map[string]string{"last_name": "SOMEBODYELSE", "document_number": "X0000000"} {
		expected := map[string]any{}
		for k, v := range right {
			expected[k] = v
		}
		expected[field] = wrong
		r := analyse(expected)
		require.Equal(t, report.Review, r.Status, field)
		codes := map[string]bool{}
		for _, reason := range r.Decision.Reasons {
			codes[reason.Code] = true
		}
		require.True(t, codes["EXPECTED_DIFFERS"], field)
		c := r.AnalysisSummary.Document.Checks.Find("expected_" + field)
		require.NotNil(t, c, field)
		require.Equal(t, report.FailedCheck, c.Result, field)
	}
}
