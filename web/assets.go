package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// Assets serves the built scripts and styles out of memory, compressed once.
// It expects the path without the prefix under which the pages link to it.
type Assets struct {
	files   map[string]asset
	entries map[string]struct {
		File string   `json:"file"`
		CSS  []string `json:"css"`
	}
}

type asset struct {
	mediaType  string
	plain      []byte
	compressed []byte
}

// Load reads what was built into the binary.
func Load() (*Assets, error) { return load(dist, "dist") }

// load reads what Vite built. Without a manifest there is nothing to serve,
// which is right for a build without the web files.
func load(files fs.FS, folder string) (*Assets, error) {
	a := &Assets{files: map[string]asset{}}
	manifest, err := fs.ReadFile(files, path.Join(folder, "manifest.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if err := json.Unmarshal(manifest, &a.entries); err != nil {
		return nil, fmt.Errorf("web: manifest: %w", err)
	}
	err = fs.WalkDir(files, folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Base(name) == "manifest.json" || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		var z bytes.Buffer
		w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
		_, _ = w.Write(data) // into memory: cannot fail
		_ = w.Close()
		a.files[strings.TrimPrefix(name, folder+"/")] = asset{
			mediaType: mime.TypeByExtension(path.Ext(name)), plain: data, compressed: z.Bytes(),
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return a, nil
}

// Entry returns the addresses of the styles and the script of an entry such as
// "src/flow/main.ts"; empty when the web files were not built.
func (a *Assets) Entry(source string) (styles []string, script string) {
	e, ok := a.entries[source]
	if !ok {
		return nil, ""
	}
	for _, file := range e.CSS {
		styles = append(styles, "/assets/"+file)
	}
	return styles, "/assets/" + e.File
}

func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	head := w.Header()
	head.Set("Content-Type", file.mediaType)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	if strings.HasPrefix(r.URL.Path, "sdk/") { // for other sites' pages
		head.Set("Cross-Origin-Resource-Policy", "cross-origin")
		head.Set("Access-Control-Allow-Origin", "*")
	}
	head.Set("Vary", "Accept-Encoding")
	if strings.Contains(path.Base(r.URL.Path), "-") {
		// The name has a hash of the content in it.
		head.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		head.Set("Cache-Control", "public, max-age=3600")
	}
	body := file.plain
	if AcceptsGzip(r) {
		head.Set("Content-Encoding", "gzip")
		body = file.compressed
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// AcceptsGzip tells whether a browser takes compressed answers.
func AcceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" && strings.ReplaceAll(weight, " ", "") != "q=0" {
			return true
		}
	}
	return false
}
