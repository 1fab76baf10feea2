package server_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/engine"
	"idproof/report"
)

// Personal data is nowhere but in answers: not in the database and the files
// beside it, not in the pictures' folder, not in logs, metrics or temporary files.
func TestNoPersonalDataLeaks(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	s := start(t)
	hooks := newReceiver(t, nil)
	var progress []string
	s.engine.read = func(_ context.Context, in []engine.Input, o engine.Options) (*report.Result, error) {
		require.True(t, bytes.HasSuffix(in[0].Data, []byte("EXIF-OWNER-CANARY")), "the engine gets the picture as it was sent")
		o.Progress("mrz", 1, 2)
		progress = append(progress, "mrz")
		r := goodReport()
		r.Errors = append(r.Errors, report.Error{Code: "UNREADABLE", Description: "A page could not be read."})
		// What print, address and barcode say, as the engine reports it.
		d := r.AnalysisSummary.Document
		d.Pages[0].Text = append(d.Pages[0].Text, report.TextLine{Text: "PRINTED-CANARY-10", Script: "Latn"})
		d.FieldDetails = append(d.FieldDetails, report.Field{Name: "Address", Value: "STREET-CANARY-11", Original: "STREET-CANARY-11"})
		d.Fields["Address"] = "STREET-CANARY-11"
		b := report.Barcode{Symbology: "PDF417", Text: "BARCODE-CANARY-12", Data: []byte("BARCODE-CANARY-12"), Fields: map[string]string{"DAG": "STREET-CANARY-11"}}
		d.Barcodes, r.Document.Barcode = append(d.Barcodes, b), &b
		d.Checks.DataConsistency = append(d.Checks.DataConsistency, report.Check{
			Name: "consistency_surname", Result: report.FailedCheck, Evidence: map[string]any{"visual": "EVIDENCE-CANARY-13"},
		})
		d.Pages[0].Print = bytes.Repeat([]byte("PRINT-CANARY-19-"), 15)
		r.AnalysisSummary.Forgery = &report.ForgerySummary{State: "Finished", Score: "Warning", RiskScore: 60, Indicators: []report.Indicator{{
			ID: "copy_move", Type: "RISK", Metadata: map[string]any{}, Picture: append(bytes.Clone(picture), "HEATMAP-CANARY-18"...),
		}}}
		return r, nil
	}
	id, link := s.create(map[string]any{
		"relay_state": "CUSTOMER-CANARY-1", "webhook": hooks.URL + "/CUSTOMER-CANARY-2", "target": "https://a.example/CUSTOMER-CANARY-3",
		"metadata": map[string]any{"note": "CUSTOMER-CANARY-4"},
		"expected": map[string]any{"last_name": "EXPECTED-CANARY", "document_number": "N77777777"},
	})
	data := append(bytes.Clone(picture), "EXIF-OWNER-CANARY"...)
	require.Equal(t, 201, s.upload("/v3/scanning/"+id+"/documents?reference=CUSTOMER-CANARY-5", data, nil).StatusCode)
	portrait := append(bytes.Clone(picture), "PORTRAIT-CANARY-14"...)
	for _, kind := range []string{"selfie", "liveness_frame"} {
		require.Equal(t, 201, s.upload("/v3/scanning/"+id+"/documents?documentType="+kind, portrait, nil).StatusCode)
	}
	require.Equal(t, 201, s.call("POST", "/v3/scanning/"+id+"/analyses", nil, nil).StatusCode)
	r := s.finished(id)
	require.Equal(t, "STREET-CANARY-11", r.AnalysisSummary.Document.Fields["Address"])
	require.Equal(t, 200, s.call("GET", "/v3/scanning/"+id+"/export", nil, nil).StatusCode)
	require.Equal(t, "ERIKSSON", r.Identity.LastName)
	hooks.wait(t, 1)
	require.NotEmpty(t, progress)
	// What is erased leaves nothing behind either.
	erased, _ := s.create(map[string]any{"relay_state": "CUSTOMER-CANARY-15", "webhook": hooks.URL + "/CUSTOMER-CANARY-16", "ip": "203.0.113.77", "app_id": "canary.example.app"})
	s.upload("/v3/scanning/"+erased+"/documents", data, nil)
	require.Equal(t, 200, s.call("DELETE", "/v3/scanning/"+erased, nil, nil).StatusCode)
	s.call("GET", "/v3/scanning?relay_state=CUSTOMER-CANARY-17", nil, nil)
	// Requests that go wrong say nothing of what they held either.
	s.call("POST", "/v3/scanning", `{"relay_state":"CUSTOMER-CANARY-6","locale":"CUSTOMER-CANARY-7!","expected":{"date_of_birth":"CUSTOMER-CANARY-8"}}`, nil)
	s.call("GET", "/v3/scanning/CUSTOMER-CANARY-9", nil, nil)
	res, err := http.Get(s.base + "/flow/" + strings.Repeat("CANARY", 8))
	require.NoError(t, err)
	res.Body.Close()
	res, err = http.Get(s.base + "/metrics")
	require.NoError(t, err)
	metrics, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	res.Body.Close()
	require.Contains(t, string(metrics), "idproof_analyses_total")
	mid := snapshot(t, s.dir) // with the write-ahead log in use
	s.stop()

	never := []string{"ERIKSSON", "ANNA MARIA", "ANNA<MARIA", "L898902C3", "1974-08-12", "740812", "ZE184226B", "CANARY", "N77777777", "203.0.113.77", link[strings.LastIndex(link, "/")+1:]}
	for name, content := range merge(mid, snapshot(t, s.dir), snapshot(t, temp), map[string][]byte{"log": []byte(s.logs.String()), "metrics": metrics}) {
		for _, n := range never {
			require.False(t, bytes.Contains(content, []byte(n)), "%s holds %s", name, n)
			require.False(t, bytes.Contains(bytes.ToLower(content), []byte(strings.ToLower(n))), "%s holds %s", name, n)
		}
		if !strings.HasPrefix(name, "development.key") {
			require.False(t, bytes.Contains(content, []byte(s.key)), "%s holds the key", name)
		}
		require.False(t, bytes.Contains(content, picture[:40]), "%s holds the picture", name)
	}
	require.Empty(t, snapshot(t, temp), "temporary files")

	// And nobody but the owner can read any of it.
	require.NoError(t, filepath.Walk(s.dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && path != s.dir {
			require.Zero(t, info.Mode().Perm()&0o077, path)
		}
		return err
	}))
}

// snapshot reads every file under a folder.
func snapshot(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	require.NoError(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = data
		return err
	}))
	return files
}

func merge(all ...map[string][]byte) map[string][]byte {
	out := map[string][]byte{}
	for i, m := range all {
		for k, v := range m {
			if _, taken := out[k]; taken {
				k += strings.Repeat("'", i)
			}
			out[k] = v
		}
	}
	return out
}
