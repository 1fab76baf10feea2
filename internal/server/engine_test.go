package server_test

import (
	"bytes"
	"encoding/json"
	"image/jpeg"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"idproof/engine"
	"idproof/engine/model"
	"idproof/internal/hostile"
	"idproof/report"
	"idproof/specimen"
)

// What the API says of a picture is what the engine says of it, which is what
// the command line prints; only the session's own words differ.
func TestResultEqualsEngine(t *testing.T) {
	s, e := startReal(t)

	var picture bytes.Buffer
	document := specimen.Random(rand.New(rand.NewPCG(1, 2)), specimen.Passport)
	require.NoError(t, jpeg.Encode(&picture, document.Draw().Front.Image, &jpeg.Options{Quality: 90}))
	want, err := e.Analyze(t.Context(), []engine.Input{{Type: "document_front", Data: picture.Bytes()}}, engine.Options{Now: time.Now()})
	require.NoError(t, err)
	require.NotNil(t, want.Document)

	id, _ := s.create(`{}`)
	require.Equal(t, 201, s.upload("/v3/scanning/"+id+"/documents", picture.Bytes(), nil).StatusCode)
	require.Equal(t, 201, s.call("POST", "/v3/scanning/"+id+"/analyses", nil, nil).StatusCode)
	got := s.finished(id)
	require.Empty(t, cmp.Diff(asSent(t, want), got,
		cmpopts.IgnoreFields(report.Result{}, "ID", "RelayState", "Status", "TotalResult", "CreatedAt", "FinishedAt", "Decision", "Images"),
		cmpopts.IgnoreFields(report.DocumentSummary{}, "Status"), cmpopts.IgnoreFields(report.Page{}, "Image"),
		cmpopts.IgnoreFields(report.Step{}, "Seconds"),
	))
	require.Equal(t, got.Images[0].ID, got.AnalysisSummary.Document.Pages[0].Image)
	require.NotNil(t, got.Decision)
}

// asSent is a result after its way through JSON.
func asSent(t *testing.T, r *report.Result) *report.Result {
	t.Helper()
	data, err := json.Marshal(r)
	require.NoError(t, err)
	out := new(report.Result)
	require.NoError(t, json.Unmarshal(data, out))
	return out
}

// startReal starts a server with the real engine.
func startReal(t *testing.T) (*service, *engine.Engine) {
	t.Helper()
	if _, err := model.Dir(); err != nil {
		t.Skip("needs the models: ", err)
	}
	e, err := engine.Open(engine.Config{})
	if err != nil {
		t.Skip("needs the models: ", err)
	}
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	s := start(t, "--rate-limit", "100000", "--session-limit", "100000") // a slow machine asks often
	s.engine.read = e.Analyze
	return s, e
}

// Files made to hurt, sent all at the same time, each get a clear error, in the
// answer to the upload or in the result; memory stays bounded, and the service
// goes on answering.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute of processor time")
	}
	s, _ := startReal(t)
	wanted := []string{
		"text.jpg", "page.png", "60000x60000.png", "truncated.jpg", "truncated.png", "65500x65500.jpg", "hugestrip.tif",
		"bignumbers.heic", "streambomb.pdf", "endless.pdf", "brokenxref.pdf", "5000pages.pdf",
	}
	sessions := map[string]string{} // by name
	readable := map[string]bool{}
	for _, f := range hostile.Files() {
		if !slices.Contains(wanted, f.Name) {
			continue
		}
		id, _ := s.create(`{}`)
		var out struct{ Errors []report.Error }
		res := s.upload("/v3/scanning/"+id+"/documents", f.Build(), &out)
		switch res.StatusCode {
		case http.StatusCreated:
			require.Equal(t, 201, s.call("POST", "/v3/scanning/"+id+"/analyses", nil, nil).StatusCode)
			sessions[f.Name], readable[f.Name] = id, f.Reads
		default:
			require.Equal(t, 415, res.StatusCode, f.Name)
			require.Equal(t, "UNSUPPORTED_MEDIA", out.Errors[0].Code)
			require.False(t, f.Reads)
		}
	}
	require.Len(t, sessions, len(wanted)-2, "texts are refused at once, the others looked at")
	for name, id := range sessions {
		var r report.Result
		require.Eventually(t, func() bool {
			r = report.Result{}
			s.call("GET", "/v3/scanning/"+id, nil, &r)
			return r.FinishedAt != nil
		}, 2*time.Minute, 100*time.Millisecond, name)
		require.Equal(t, report.Declined, r.Status, name)
		if !readable[name] { // a readable one may still run out of time on a busy machine
			require.NotEmpty(t, r.Errors, name)
		}
		t.Logf("%-18s %v %v", name, r.Errors, r.Decision.Reasons[0].Code)
	}
	require.Equal(t, 200, s.call("GET", "/healthz", nil, nil).StatusCode)
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	peak := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, peak)
	kb, err := strconv.Atoi(string(peak[1]))
	require.NoError(t, err)
	t.Logf("peak memory %d MB", kb>>10)
	require.Less(t, kb, 2<<20)
}

// One file in, one answer out: the forgery detection by itself.
func TestForgeryOfOneFile(t *testing.T) {
	s, _ := startReal(t)
	var picture bytes.Buffer
	document := specimen.Random(rand.New(rand.NewPCG(1, 2)), specimen.Passport)
	require.NoError(t, jpeg.Encode(&picture, document.Draw().Front.Image, &jpeg.Options{Quality: 90}))
	type answer struct {
		ID, State, Score, RelayState string
		RiskScore                    int
		Indicators                   []report.Indicator
		NotPerformed                 []report.Skipped
		Errors                       []report.Error
	}
	for _, at := range []string{"/v4/scanning/forgery", "/api/v4/scanning/forgery"} {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, err := w.CreateFormFile("document", "passport.jpg")
		require.NoError(t, err)
		_, err = part.Write(picture.Bytes())
		require.NoError(t, err)
		require.NoError(t, w.WriteField("relayState", "order-17")) // behind the file
		require.NoError(t, w.Close())
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+at, &body)
		require.NoError(t, err)
		req.Header.Set("Authorization", s.key)
		req.Header.Set("Content-Type", w.FormDataContentType())
		var got answer
		require.Equal(t, 200, s.do(req, &got).StatusCode)
		require.Contains(t, []string{"Finished", "Pending"}, got.State)
		require.Equal(t, "order-17", got.RelayState)
		s.finished(got.ID)
		require.Equal(t, 200, s.call("GET", at+"/"+got.ID, nil, &got).StatusCode)
		require.Equal(t, "Finished", got.State)
		require.NotEqual(t, "None", got.Score)
		require.NotEmpty(t, got.NotPerformed)
		require.Empty(t, got.Errors)
	}
	require.Equal(t, 415, s.upload("/v4/scanning/forgery", []byte("no picture"), nil).StatusCode)
	require.Equal(t, 404, s.call("GET", "/v4/scanning/forgery/"+strings.Repeat("0", 36), nil, nil).StatusCode)
}
