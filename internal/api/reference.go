package api

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed reference.html
var referenceHTML string

//go:embed reference.css
var referenceCSS string

// reference serves the description of the API as a page for people: one file
// without scripts that needs nothing from elsewhere.
func (a *API) reference(doc *huma.OpenAPI) http.HandlerFunc {
	page := sync.OnceValues(func() ([]byte, error) { return render(doc) })
	sum := sha256.Sum256([]byte(referenceCSS))
	csp := "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := page()
		if err != nil {
			writeProblem(w, explain(a.Log, r, err))
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", csp)
		_, _ = w.Write(body)
	}
}

// shown is what the page's template gets.
type shown struct {
	Title, Version, Description string
	CSS                         template.CSS
	Groups                      []group
	Schemas                     []schema
}

type group struct {
	Tag        string
	Operations []operation
}

type operation struct {
	ID, Method, Path, Summary, Description, Body, BodyType string
	Parameters                                             []*huma.Param
	Answers                                                []answer
}

type answer struct{ Status, Description, Type string }

type schema struct {
	Name, Description string
	Fields            []field
}

type field struct {
	Name, Type, Description, Choices, Example string
	Required                                  bool
}

func render(doc *huma.OpenAPI) ([]byte, error) {
	s := shown{Title: doc.Info.Title, Version: doc.Info.Version, Description: doc.Info.Description, CSS: template.CSS(referenceCSS)} //nolint:gosec // our own file
	groups := map[string][]operation{}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Post, item.Get, item.Patch, item.Delete} {
			if op == nil || strings.HasPrefix(op.OperationID, "eid-") {
				continue // the twins are described once
			}
			groups[op.Tags[0]] = append(groups[op.Tags[0]], describeOperation(op))
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(groups)) {
		s.Groups = append(s.Groups, group{tag, groups[tag]})
	}
	slices.Reverse(s.Groups) // scanning before merchant
	all := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s.Schemas = append(s.Schemas, describeSchema(name, all[name]))
	}
	var out bytes.Buffer
	t, err := template.New("reference").Parse(referenceHTML)
	if err == nil {
		err = t.Execute(&out, s)
	}
	if err != nil {
		return nil, fmt.Errorf("api: reference: %w", err)
	}
	return out.Bytes(), nil
}

func describeOperation(op *huma.Operation) operation {
	o := operation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description, Parameters: op.Parameters}
	if op.RequestBody != nil {
		for media, m := range op.RequestBody.Content {
			o.Body, o.BodyType = media, typeName(m.Schema)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		a := answer{Status: status, Description: op.Responses[status].Description}
		for _, m := range op.Responses[status].Content {
			a.Type = typeName(m.Schema)
		}
		o.Answers = append(o.Answers, a)
	}
	return o
}

func describeSchema(name string, s *huma.Schema) schema {
	out := schema{Name: name, Description: s.Description}
	for _, n := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[n]
		f := field{Name: n, Type: typeName(p), Description: p.Description, Required: slices.Contains(s.Required, n)}
		choices := p.Enum
		if p.Items != nil {
			choices = append(choices, p.Items.Enum...)
		}
		for i, c := range choices {
			if i > 0 {
				f.Choices += ", "
			}
			f.Choices += fmt.Sprint(c)
		}
		if len(p.Examples) > 0 {
			f.Example = fmt.Sprint(p.Examples[0])
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

// typeName is a schema in a word or two; the name of another schema where it is one.
func typeName(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case s.Type == "array":
		return "list of " + cmp.Or(typeName(s.Items), "anything")
	case s.Format != "":
		return s.Type + " (" + s.Format + ")"
	}
	return cmp.Or(s.Type, "anything")
}
