package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

func built(t *testing.T) *Assets {
	t.Helper()
	a, err := load(fstest.MapFS{
		"dist/manifest.json": {Data: []byte(`{"src/a.ts":{"file":"a-1.js","css":["a-2.css"]}}`)},
		"dist/a-1.js":        {Data: []byte("let a;")},
		"dist/a-2.css":       {Data: []byte("a{}")},
		"dist/icon.svg":      {Data: []byte("<svg/>")},
		"dist/sdk/a.js":      {Data: []byte("let s;")},
		"dist/.gitkeep":      {},
	}, "dist")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestEntry(t *testing.T) {
	styles, script := built(t).Entry("src/a.ts")
	if script != "/assets/a-1.js" || len(styles) != 1 || styles[0] != "/assets/a-2.css" {
		t.Errorf("got %q, %q", styles, script)
	}
}

func TestNotBuilt(t *testing.T) {
	a, err := load(fstest.MapFS{"dist/.gitkeep": {}}, "dist")
	if err != nil {
		t.Fatal(err)
	}
	if styles, script := a.Entry("src/a.ts"); styles != nil || script != "" {
		t.Errorf("got %q, %q", styles, script)
	}
}

// Only what is made for other sites can be loaded by them.
func TestServeToOtherSites(t *testing.T) {
	a := built(t)
	for path, want := range map[string]string{"sdk/a.js": "cross-origin", "a-1.js": "same-origin"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		open := w.Header().Get("Access-Control-Allow-Origin") == "*"
		if got := w.Header().Get("Cross-Origin-Resource-Policy"); w.Code != http.StatusOK || got != want || open != (want == "cross-origin") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}

func TestServe(t *testing.T) {
	a := built(t)
	for _, c := range []struct {
		path, accept string
		status       int
		encoding     string
		mediaType    string
		cache        string
	}{
		{"a-1.js", "", http.StatusOK, "", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"a-1.js", "br, gzip", http.StatusOK, "gzip", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"a-1.js", "gzip; q=0", http.StatusOK, "", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"icon.svg", "gzip", http.StatusOK, "gzip", "image/svg+xml", "public, max-age=3600"},
		{"manifest.json", "", http.StatusNotFound, "", "text/plain; charset=utf-8", ""},
		{".gitkeep", "", http.StatusNotFound, "", "text/plain; charset=utf-8", ""},
		{"", "", http.StatusNotFound, "", "text/plain; charset=utf-8", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = c.path
		r.Header.Set("Accept-Encoding", c.accept)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		head := w.Header()
		if w.Code != c.status || head.Get("Content-Encoding") != c.encoding || head.Get("Content-Type") != c.mediaType || head.Get("Cache-Control") != c.cache {
			t.Errorf("%s (%s): %d %v", c.path, c.accept, w.Code, head)
		}
		if c.encoding == "gzip" {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if data, err := io.ReadAll(z); err != nil || len(data) == 0 {
				t.Errorf("%s: %q %v", c.path, data, err)
			}
		}
	}
}
