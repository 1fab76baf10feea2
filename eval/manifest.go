package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ErrManifest reports a manifest that cannot be used; the text says why.
var ErrManifest = errors.New("eval: unusable manifest")

// Manifest lists pictures with what is known to be true of them.
type Manifest struct {
	Path     string // of the file
	Pictures []Picture
}

// Picture is one entry of a manifest. Members of the JSON object that are not
// named here are ignored.
type Picture struct {
	File         string   `json:"file"`  // relative to the manifest
	Class        string   `json:"class"` // such as mrz, or negative
	DocumentType string   `json:"document_type"`
	Country      string   `json:"country"` // the issuer's code comes first; the rest is a remark
	Tags         []string `json:"tags"`
	MRZ          *Truth   `json:"mrz"` // nil: nothing is known about a machine-readable zone
	// Print is what is printed: surname, given, dob and so on; dates by ISO 8601.
	Print map[string]string `json:"fields"`
	// Quad has the document's corners in pixels of the upright picture; nil: not known.
	Quad   *[4][2]float64 `json:"quad"`
	PDF417 *string        `json:"pdf417_text"` // what the symbol says; nil: not known
}

// Negative is the class of pictures that show no document, so that anything
// read from them is a false alarm.
const Negative = "negative"

// Truth is the machine-readable zone as it is printed.
type Truth struct {
	Type  string   `json:"type"` // as mrz.Format.String gives it
	Lines []string `json:"lines"`
	// Valid says that every check digit is printed right.
	Valid bool `json:"all_check_digits_valid"`
}

// Load reads a manifest: a JSON array of pictures.
func Load(path string) (*Manifest, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	m := &Manifest{Path: path}
	if err := json.Unmarshal(data, &m.Pictures); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrManifest, path, err)
	}
	for i, p := range m.Pictures {
		switch {
		case p.File == "":
			return nil, fmt.Errorf("%w: %s: picture %d has no file", ErrManifest, path, i)
		case p.MRZ != nil && (p.MRZ.Type == "" || len(p.MRZ.Lines) == 0):
			return nil, fmt.Errorf("%w: %s: the mrz of %s has no type or no lines", ErrManifest, path, p.File)
		}
	}
	return m, nil
}

// Select returns the pictures of the given classes in the manifest's order,
// all of them when no class is given.
func (m *Manifest) Select(classes ...string) ([]Picture, error) {
	if len(classes) == 0 {
		return m.Pictures, nil
	}
	known := map[string]bool{}
	var selected []Picture
	for _, p := range m.Pictures {
		known[p.Class] = true
		if slices.Contains(classes, p.Class) {
			selected = append(selected, p)
		}
	}
	for _, c := range classes {
		if !known[c] {
			var names []string
			for k := range known {
				names = append(names, k)
			}
			slices.Sort(names)
			return nil, fmt.Errorf("%w: %s has no class %q; it has %s", ErrManifest, m.Path, c, strings.Join(names, ", "))
		}
	}
	return selected, nil
}

// path is where a picture is.
func (m *Manifest) path(p Picture) string {
	return filepath.Join(filepath.Dir(m.Path), filepath.FromSlash(p.File))
}
