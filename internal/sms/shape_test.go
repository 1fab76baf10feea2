package sms

import (
	"strings"
	"testing"
)

// Whatever template is taken makes a body that is not much longer than itself
// and the message.
func FuzzShape(f *testing.F) {
	for _, body := range []string{
		`{"to":{{json .To}},"text":{{json .Text}}}`, "To={{query .To}}&From={{.From}}&Body={{.Text | query}}",
		"{{.Text|json|json|json}}", "{{range 9}}x{{end}}", `{{printf "%9d" 1}}`, `{{define "a"}}{{end}}`, "{{/* x */}}", "{{", "{{.To.Text}}", "{{- .To -}}",
	} {
		f.Add(body)
	}
	m := message{To: "+46701740605", Text: strings.Repeat("\"\\%ö", 40), From: "Shop"}
	f.Fuzz(func(t *testing.T, body string) {
		tmpl, err := shape(body)
		if err != nil {
			return
		}
		var out strings.Builder
		if err := tmpl.Execute(&out, m); err != nil {
			t.Fatal(err)
		}
		if most := len(body) + (1+strings.Count(body, "{{"))*6*len(m.Text); out.Len() > most {
			t.Fatalf("%d bytes of %d", out.Len(), most)
		}
	})
}
