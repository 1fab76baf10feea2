package demo

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"idproof/report"
)

// suspicious is an API with one session whose picture was forged.
func suspicious(t *testing.T) http.Handler {
	t.Helper()
	r := report.New()
	r.ID, r.Status = id, report.Review
	r.Images = []report.Image{{Type: "document_front", ID: "front"}, {Type: report.EvidenceImage, ID: "heat"}}
	r.AnalysisSummary.Document = report.NewDocumentSummary()
	r.AnalysisSummary.Document.Pages = []report.Page{{Image: "front", Width: 800, Height: 600}}
	r.AnalysisSummary.Forgery = &report.ForgerySummary{
		Score: "Warning", RiskScore: 61, Indicators: []report.Indicator{
			{ID: "copy_move", Title: "<i>", Type: "RISK", Score: 61, Image: "heat", Regions: []report.Quad{{{10, 20}, {30, 20}, {30, 40}, {10, 40}}}},
			{ID: "from_tomorrow", Title: "<b>unknown</b>", Type: "INFO", Page: 7, Regions: []report.Quad{{}}},
		},
		NotPerformed: []report.Skipped{{ID: "halftone", Reason: "too small"}},
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != key:
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/v3/scanning/"+id:
			_, _ = w.Write(data)
		case r.URL.Path == "/v3/scanning/"+id+"/images/heat":
			w.Header().Set("Content-Type", "image/png")
			_, _ = io.WriteString(w, "PNG")
		case r.URL.Path == "/v3/scanning/"+id+"/images/page":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<script>")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	h, err := New(Options{BaseURL: "http://localhost:8080", API: server.URL, Key: key, Client: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestResultShowsSuspicion(t *testing.T) {
	h := suspicious(t)
	r := httptest.NewRequest(http.MethodGet, "/demo/result?id="+id, nil)
	r.Header.Set("Accept-Language", "de")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	for _, want := range []string{
		"Risk 61 of 100", "Ein kopiertes Stück", "&lt;b&gt;unknown", `viewBox="0 0 800 600"`, `points="10,20 30,20 30,40 10,40"`,
		"/demo/picture?id=" + id + "&amp;image=front", "/demo/picture?id=" + id + "&amp;image=heat", "too small", `lang="de"`,
	} {
		if !strings.Contains(strings.ReplaceAll(w.Body.String(), "image=front&amp;id="+id, ""), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, never := range []string{"<b>unknown", "style=", "0,0 0,0"} {
		if strings.Contains(w.Body.String(), never) {
			t.Errorf("the page has %q", never)
		}
	}
}

func TestPicture(t *testing.T) {
	h := suspicious(t)
	for name, c := range map[string]struct {
		image string
		want  int
	}{
		"evidence":    {"heat", http.StatusOK},
		"no picture":  {"page", http.StatusNotFound},
		"unknown":     {"other", http.StatusNotFound},
		"outside":     {"../../x", http.StatusNotFound},
		"the session": {"", http.StatusNotFound},
	} {
		w := get(h, "/demo/picture?"+url.Values{"id": {id}, "image": {c.image}}.Encode())
		if w.Code != c.want || (c.want == http.StatusOK) != (w.Body.String() == "PNG") {
			t.Errorf("%s: %d %q", name, w.Code, w.Body)
		}
	}
}

func TestStartWithForgery(t *testing.T) {
	for form, want := range map[string]int{"": 1, "1": 2} {
		a, h := open(t)
		post(h, "/demo/start", url.Values{"forgery": {form}})
		if types, _ := a.created["analysis_types"].([]any); len(types) != want {
			t.Errorf("%q: %v", form, a.created["analysis_types"])
		}
	}
}
