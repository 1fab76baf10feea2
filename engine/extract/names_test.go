package extract

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNames(t *testing.T) {
	p := page(at{80, 100, 20, "Surname"}, at{80, 130, 20, "NUNAREZ"}, at{80, 200, 20, "Date of birth"}, at{80, 230, 20, "01.02.1985"})
	var got []string
	for _, n := range extractor(t).Open(Input{Now: today, Type: "identity_card", Issuer: "ESP", Pages: []Page{p}}).Names() {
		got = append(got, p.Lines[n.Line].Text)
	}
	assert.Equal(t, []string{"NUNAREZ"}, got)
}
