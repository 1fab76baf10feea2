package catalogue_test

import (
	"slices"
	"strings"
	"testing"

	"idproof/catalogue"
	"idproof/catalogue/number"
)

func load(t *testing.T) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestData(t *testing.T) {
	t.Parallel()
	if err := load(t).Validate(); err != nil {
		t.Error(err)
	}
}

// What the package promises to cover is there.
func TestCoverage(t *testing.T) {
	t.Parallel()
	c := load(t)
	const europe = "AUT BEL BGR HRV CYP CZE DNK EST FIN FRA DEU GRC HUN IRL ITA LVA LTU LUX MLT NLD POL PRT ROU SVK SVN ESP SWE ISL LIE NOR CHE"
	for _, issuer := range strings.Fields(europe) {
		for _, kind := range []string{"passport", "identity_card", "driving_license", "residence_permit"} {
			if issuer == "IRL" && kind == "identity_card" {
				continue // the state gives out none; the passport card takes its place
			}
			found := false
			for _, e := range c.Entries() {
				if e.Issuer == issuer && e.Type == kind {
					found = true
					if len(e.Titles) == 0 || len(e.Languages) == 0 || len(e.Scripts) == 0 {
						t.Errorf("%s has no titles, languages or scripts", e.ID())
					}
				}
			}
			if !found {
				t.Errorf("%s has no %s", issuer, kind)
			}
		}
	}
	regions := map[string]int{}
	for _, e := range c.Entries() {
		if e.Type == "driving_license" && e.Region != "" {
			regions[e.Region[:2]]++
		}
	}
	if regions["US"] < 56 || regions["CA"] != 13 {
		t.Errorf("licences of %v regions of states", regions)
	}
	if len(c.Find(catalogue.Query{Issuer: "D", Type: "identity_card"})) < 3 {
		t.Error("a zone's D is not Germany")
	}
}

// The forms of document numbers that two packages hold do not contradict.
func TestNumbersAgree(t *testing.T) {
	t.Parallel()
	table := number.Load()
	for _, c := range []struct{ issuer, kind, value string }{
		{"DEU", "identity_card", "L01X00T47"},
		{"DEU", "passport", "C01X00T47"},
		{"POL", "identity_card", "ABA 300000"},
		{"FRA", "identity_card", "880692310285"},
		{"FRA", "identity_card", "X4RTBPFW4"},
		{"ITA", "identity_card", "CA00000AA"},
		{"ITA", "identity_card", "AA 0000000"},
		{"ESP", "identity_card", "BAA000589"},
		{"PRT", "identity_card", "00000000 0 ZZ4"},
		{"GRC", "identity_card", "ΑΖ 123456"},
		{"GBR", "driving_license", "MORGA657054SM9IJ"},
		{"USA", "passport", "340020013"},
	} {
		fits := slices.ContainsFunc(load(t).Find(catalogue.Query{Issuer: c.issuer, Type: c.kind}), func(e *catalogue.Entry) bool {
			ok, known := e.NumberFits(c.value)
			return ok && known
		})
		if r := table.Check(c.issuer, number.Kind(c.kind), c.value); !fits || !r.Valid {
			t.Errorf("%s %s %s: fits %v, %+v", c.issuer, c.kind, c.value, fits, r)
		}
	}
}

func TestYears(t *testing.T) {
	t.Parallel()
	e := load(t).Find(catalogue.Query{Issuer: "DEU", Type: "identity_card", Series: "2021"})[0]
	for age, want := range map[int][]int{40: {10}, 24: {10}, 23: {6}, 0: {6}, -1: {10, 6}} {
		if got := e.Years(age); !slices.Equal(got, want) {
			t.Errorf("at %d: %v", age, got)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, q := range []struct {
		name string
		catalogue.Query
		want []string
	}{
		{"by year", catalogue.Query{Issuer: "FRA", Type: "identity_card", Year: 2010}, []string{"FRA/identity_card/1988"}},
		{"by region", catalogue.Query{Region: "US-CA", Type: "driving_license"}, []string{"USA/driving_license/US-CA"}},
		{"no card among passports", catalogue.Query{Issuer: "USA", Type: "passport"}, []string{"USA/passport"}},
		{"a subtype", catalogue.Query{Issuer: "GBR", Subtype: "learner"}, []string{"GBR/driving_license/learner"}},
		{"nobody", catalogue.Query{Issuer: "QQQ"}, nil},
	} {
		t.Run(q.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, e := range c.Find(q.Query) {
				got = append(got, e.ID())
			}
			if !slices.Equal(got, q.want) {
				t.Errorf("%v", got)
			}
		})
	}
}
