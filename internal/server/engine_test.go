package server_test

import (
	"bytes"
	"encoding/json"
	"image/jpeg"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"idproof/engine"
	"idproof/engine/model"
	"idproof/report"
	"idproof/specimen"
)

// What the API says of a picture is what the engine says of it, which is what
// the command line prints; only the session's own words differ.
func TestResultEqualsEngine(t *testing.T) {
	if _, err := model.Dir(); err != nil {
		t.Skip("needs the models: ", err)
	}
	e, err := engine.Open(engine.Config{})
	if err != nil {
		t.Skip("needs the models: ", err)
	}
	defer e.Close()
	s := start(t)
	s.engine.read = e.Analyze

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
