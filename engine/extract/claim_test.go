package extract

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"idproof/mrz"
)

func TestClaims(t *testing.T) {
	zone := &Zone{Document: mrz.ParseAs(mrz.TD3, []string{
		"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
	}, today)}
	for _, tt := range []struct {
		name  string
		lines []at
		want  map[string]string // what is asked of which line
	}{
		{"all is read", []at{{80, 100, 20, "Surname"}, {80, 130, 20, "ERIKSSON"}, {80, 160, 20, "ANNA MARIA"}, {80, 190, 20, "L898902C3"}, {80, 220, 20, "12 AUG 1974"}, {80, 250, 20, "15 APR 2012"}}, map[string]string{}},
		{
			"letters and digits misread",
			[]at{{80, 130, 20, "ERIKSSOM"}, {80, 160, 20, "ANNA MARIA"}, {80, 190, 20, "L898902C3"}, {80, 220, 20, "12 AUG 1914"}, {80, 250, 20, "15 APR 2012"}},
			map[string]string{"Surname": "ERIKSSOM", "Date_of_Birth": "12 AUG 1914"},
		},
		{"another name is no claim", []at{{80, 130, 20, "SVENSDOTTIR"}, {80, 160, 20, "ANNA MARIA"}}, map[string]string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := page(tt.lines...)
			got := map[string]string{}
			for _, c := range extractor(t).Open(Input{Now: today, Type: "passport", Issuer: "UTO", Zone: zone, Pages: []Page{p}}).Claims() {
				if got[c.Field] == "" {
					got[c.Field] = p.Lines[c.Line].Text
				}
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestDistanceWithin(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		distance   int
	}{
		{"12081974", "12081974", 0},
		{"NR12081974X", "12081974", 0},
		{"NR1208194X", "12081974", 1},
		{"", "ABC", 3},
		{"XYZ", "ABC", 3},
		{"ANNAMAR", "ANNAMARIA", 2},
	} {
		assert.Equal(t, tt.distance, distanceWithin(tt.text, tt.want), tt.text)
	}
}
