package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"idproof/catalogue"
	"idproof/catalogue/number"
	"idproof/mrz"
	"idproof/report"
)

// catalogueCmd prints what documents are known.
type catalogueCmd struct {
	Issuer   string `placeholder:"CODE" help:"Only this issuer, such as DEU."`
	JSON     bool   `name:"json" xor:"form" help:"Print all that is known of each document as JSON."`
	Markdown bool   `xor:"form" help:"Print the coverage page of the documentation."`
	Results  string `xor:"form" type:"existingfile" placeholder:"FILE" help:"From the JSON of an eval run, print what was tested of which document: the catalogue's tested.json."`
}

// Run is called by kong.
func (c *catalogueCmd) Run(std streams) error {
	known, err := catalogue.Load()
	if err != nil {
		return err
	}
	if c.Results != "" {
		return tested(std.out, known, c.Results)
	}
	entries := known.Entries()
	if c.Issuer != "" {
		entries = slices.DeleteFunc(entries, func(e *catalogue.Entry) bool { return e.Issuer != c.Issuer })
		if len(entries) == 0 {
			return fmt.Errorf("the catalogue has no issuer %s", c.Issuer)
		}
	}
	switch {
	case c.JSON:
		err = writeJSON(std.out, entries)
	case c.Markdown:
		err = writeCoverage(std.out, entries, number.Load())
	default:
		for _, e := range entries {
			if _, err = fmt.Fprintf(std.out, "%-46s %-9s %-6s %s\n", e.ID(), years(e), zone(e), proof(e.Tested)); err != nil {
				break
			}
		}
	}
	return errors.Join(err, known.Validate())
}

func writeJSON(w io.Writer, entries []*catalogue.Entry) error {
	type row struct {
		ID     string `json:"id"`
		Issuer string `json:"issuer"`
		*catalogue.Entry
		Tested *catalogue.Tested `json:"tested"`
	}
	rows := make([]row, 0, len(entries))
	for _, e := range entries {
		rows = append(rows, row{e.ID(), e.Issuer, e, e.Tested})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(rows)
}

// coverage is the page's text before the tables.
const coverage = `# Coverage

The documents that idproof knows by name, and what was tested of each on real pictures. This page is made from the catalogue: ` + "`idproof catalogue --markdown > docs/coverage.md`" + `.

A document that is not listed is read all the same: its machine-readable zone by ICAO Doc 9303, its barcode by AAMVA, its print by the labels of 40 languages. Being listed adds that its titles, its number and its validity can be checked.

- **Number**: the form of the document number is known. **Digit**: it has check digits, which are verified.
- **Tested** counts real pictures of the document (specimens for the most part) in the last recorded evaluation, and on how many type and issuer were right, the zone was read exactly, and printed values were right. Pictures do not tell the series, so that all series of a document share the count. Most say *none*: they are known from laws, standards and publications only.
`

// writeCoverage writes docs/coverage.md.
func writeCoverage(w io.Writer, entries []*catalogue.Entry, numbers *number.Table) error {
	var b strings.Builder
	b.WriteString(coverage)
	kinds, proven := map[string]bool{}, map[string]bool{}
	for _, e := range entries {
		kinds[e.Kind()] = true
		if e.Tested != nil {
			proven[e.Kind()] = true
		}
	}
	fmt.Fprintf(&b, "\n%d documents in %d series; %d tested on real pictures.\n", len(kinds), len(entries), len(proven))
	last := "-"
	for _, e := range entries {
		if e.Issuer != last {
			last = e.Issuer
			fmt.Fprintf(&b, "\n## %s\n\n| Document | Series | Issued | Size | Zone | Barcode | Number | Tested |\n|---|---|---|---|---|---|---|---|\n", heading(e.Issuer))
		}
		var codes []string
		for _, c := range e.Barcodes {
			codes = append(codes, strings.TrimSpace(c.Symbology+" "+c.Standard))
		}
		name := title(e)
		if e.Region != "" {
			name += ", " + e.Region
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", name, e.Series, years(e), e.Size, zone(e), strings.Join(codes, ", "), form(e, numbers), proof(e.Tested))
	}
	b.WriteString("\n## Numbers\n\nPersonal, tax, social security and document numbers whose form and check digits are verified. *Says*: what the number tells of its holder, which is compared with the print.\n\n| Issuer | Number | Kind | Check digit | Says | Source |\n|---|---|---|---|---|---|\n")
	all := numbers.All()
	slices.SortStableFunc(all, func(a, b *number.Format) int { return cmp.Compare(a.Issuer, b.Issuer) })
	for _, f := range all {
		check := "none"
		if f.HasCheck {
			check = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", f.Issuer, f.Name, strings.ReplaceAll(string(f.Kind), "_", " "), check, f.Says, f.Source)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func heading(issuer string) string {
	if issuer == "" {
		return "Any issuer"
	}
	s, _ := mrz.LookupState(issuer)
	return s.Name + " (" + issuer + ")"
}

// title is the name of the document in its own words, with its type.
func title(e *catalogue.Entry) string {
	name := strings.ReplaceAll(e.Type, "_", " ")
	if e.Subtype != "" {
		name += ", " + strings.ReplaceAll(e.Subtype, "_", " ")
	}
	for _, lang := range e.Languages {
		if t := e.Titles[lang]; len(t) > 0 && lang != "en" {
			return name + ": " + t[0]
		}
	}
	return name
}

func years(e *catalogue.Entry) string {
	if e.Since == 0 && e.Until == 0 {
		return ""
	}
	year := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	return year(e.Since) + "–" + year(e.Until)
}

func zone(e *catalogue.Entry) string {
	if e.MRZ == nil {
		return ""
	}
	return e.MRZ.Format
}

// form says what is known of the document number.
func form(e *catalogue.Entry, numbers *number.Table) string {
	for _, f := range numbers.Formats(cmp.Or(e.Region, e.Issuer), number.Kind(e.Type)) {
		if f.HasCheck && e.Number != "" {
			return "digit"
		}
	}
	if e.Number != "" {
		return "form"
	}
	return ""
}

func proof(t *catalogue.Tested) string {
	if t == nil {
		return "none"
	}
	s := fmt.Sprintf("%d: class %d", t.Pictures, t.Class)
	if t.Zone > 0 {
		s += fmt.Sprintf(", zone %d", t.Zone)
	}
	if t.Values > 0 {
		s += fmt.Sprintf(", values %d/%d", t.Right, t.Values)
	}
	return s
}

// tested reads the JSON of an eval run and says which documents of the catalogue
// were tested. Pictures that only look like a document, which are drawn by
// programs or are of no state, do not count.
func tested(w io.Writer, known *catalogue.Catalogue, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	type field struct {
		Exact bool `json:"exact"`
	}
	var run struct {
		Rows []struct {
			Class   string  `json:"class"`
			Kind    string  `json:"document_type"`
			Country string  `json:"country"`
			Exact   bool    `json:"exact"`
			Type    *bool   `json:"type_right"`
			Issuer  *bool   `json:"issuer_right"`
			Printed []field `json:"printed"`
			Beside  []field `json:"beside_zone"`
			MRZ     struct {
				Lines []string `json:"lines"`
			} `json:"mrz"`
		} `json:"rows"`
	}
	if err := json.Unmarshal(data, &run); err != nil {
		return fmt.Errorf("%s is not the JSON of an eval run: %w", path, err)
	}
	kinds := map[string]bool{}
	for _, e := range known.Entries() {
		kinds[e.Kind()] = true
	}
	out := map[string]*catalogue.Tested{}
	for _, r := range run.Rows {
		kind := truth(r.Country, r.Kind)
		if permit(r.MRZ.Lines) || !kinds[kind] || !slices.Contains([]string{"mrz", "id", "dl"}, r.Class) {
			continue
		}
		t := out[kind]
		if t == nil {
			t = &catalogue.Tested{}
			out[kind] = t
		}
		t.Pictures++
		if r.Type != nil && *r.Type && (r.Issuer == nil || *r.Issuer) {
			t.Class++
		}
		if r.Exact {
			t.Zone++
		}
		for _, f := range slices.Concat(r.Printed, r.Beside) {
			t.Values++
			if f.Exact {
				t.Right++
			}
		}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "\t")
	return enc.Encode(out)
}

// permit reports whether a zone is a residence permit's, which manifests call a
// card like any other.
func permit(zone []string) bool {
	return len(zone) == 3 && slices.Contains([]string{"IR", "IT", "AR"}, zone[0][:min(2, len(zone[0]))])
}

// truth is the [catalogue.Entry.Kind] of a picture whose manifest says country,
// such as "USA-FL" or "CHE (canton)", and type, such as "identity card
// front"; empty where it does not say which document it is.
func truth(country, kind string) string {
	issuer, region, _ := strings.Cut(country, "-")
	if len(issuer) < 3 || strings.Contains(country, "mock") || strings.HasPrefix(country, "UTO") {
		return ""
	}
	issuer = issuer[:3]
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(s string) bool { return strings.Contains(strings.ToLower(kind), s) })
	}
	var name string
	switch {
	case has("generator", "synthetic", "fantasy", "demo", "template", "crossing", "residence/other", "social security"):
		return ""
	case has("passport card"):
		return issuer + "/" + report.Passport + "/card"
	case has("provisional"):
		return issuer + "/" + report.DrivingLicense + "/learner"
	case has("passport"):
		name = report.Passport
	case has("visa"):
		name = report.Visa
	case has("driv"):
		name = report.DrivingLicense
		if region != "" {
			name += "/" + map[string]string{"USA": "US", "CAN": "CA"}[issuer] + "-" + region
		}
	case has("identity", "citizen card", "td2"):
		name = report.IdentityCard
	default:
		return ""
	}
	return issuer + "/" + name
}
