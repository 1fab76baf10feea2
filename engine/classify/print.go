package classify

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"idproof/catalogue/lexicon"
	"idproof/engine/locate"
	"idproof/engine/textread"
	"idproof/mrz"
	"idproof/report"
)

// printed is what the print of all pages shows.
type printed struct {
	pages    []page
	letters  int
	labelled int             // letters of labels
	fields   map[string]bool // labels of holders' documents
	numbered map[string]bool // numbers of EU licence fields that begin lines
	dates    int
	numbers  int      // words that may be numbers of documents
	zone     []string // lines of a machine-readable zone
}

// page is one page with what its lines say.
type page struct {
	textread.Page
	lines  []line
	fields map[string]bool
}

type line struct {
	textread.Line
	labels  []lexicon.LabelHit
	titles  []lexicon.TitleHit
	states  []lexicon.StateHit
	letters int
	covered []bool  // by rune: part of a label, title or state
	tall    float64 // height over the usual height of the page's lines
	high    float64 // 0 at the top of the text to 1 at its bottom
	left    float64 // 0 at the left of the text to 1 at its right
	origin  bool    // says where the holder was born
}

var (
	datePattern   = regexp.MustCompile(`\b\d{1,2}[./ -]{1,2}\d{1,2}[./ -]{1,2}(19|20)?\d\d\b|\b(19|20)\d\d[./ -]\d\d[./ -]\d\d\b|\d{1,2} ?[\p{L}/.]{3,9} ?((19|20)\d\d|\d\d)\b|\b[0-3]\d[01]\d(19|20)\d\d\b`)
	numberPattern = regexp.MustCompile(`\b[A-Z0-9]*\d[A-Z0-9]*\d[A-Z0-9]*\d[A-Z0-9]*\d[A-Z0-9]*\b`)
	fieldPattern  = regexp.MustCompile(`^\W{0,2}(4 ?[aAbBcCdD6]|[1-9]|1[0-2])\s?[.,:)]`)
	zipPattern    = regexp.MustCompile(`\b([A-Z]{2})[ ,.]{0,2}\d{5}(-\d{4})?\b`)
)

// holderFields are labels that stand beside what is said of a person.
var holderFields = []string{
	"Surname", "Given_Names", "Full_Name", "Date_of_Birth", "Place_of_Birth", "Date_and_Place_of_Birth",
	"Sex", "Nationality", "Personal_Number", "Document_Number", "Date_of_Issue", "Date_of_Expiry", "Height",
	"Eye_Colour", "Categories", "Authority", "Issuing_Country", "Resident_Since", "Address", "Fathers_Name",
	"Mothers_Name", "Blood_Group", "Marital_Status", "Place_of_Issue", "Entries", "Duration_of_Stay",
}

// print reads the pages and votes by them.
func (c *Classifier) print(v *votes, e Evidence) *printed {
	p := &printed{fields: map[string]bool{}, numbered: map[string]bool{}}
	for _, t := range e.Texts {
		p.pages = append(p.pages, c.page(p, t))
	}
	c.titles(v, p)
	c.states(v, p)
	c.languages(v, p)
	c.licence(v, p)
	c.numbers(v, p)
	c.payment(v, p)
	for _, field := range []string{"Entries", "Duration_of_Stay"} {
		if p.fields[field] {
			v.forType(1, report.Visa, "", "label of visas, %s", field)
		}
	}
	return p
}

func (c *Classifier) page(p *printed, t textread.Page) page {
	out := page{Page: t, fields: map[string]bool{}}
	var heights []float64
	top, bottom, left, right := 1e9, 0.0, 1e9, 0.0
	for _, l := range t.Lines {
		heights = append(heights, l.Box.Y1-l.Box.Y0)
		top, bottom = min(top, l.Box.Y0), max(bottom, l.Box.Y1)
		left, right = min(left, l.Box.X0), max(right, l.Box.X1)
	}
	slices.Sort(heights)
	for _, l := range t.Lines {
		if strings.Count(l.Text, "<") > 2 {
			p.zone = append(p.zone, l.Text)
			continue
		}
		words := c.words.Words(l.Text)
		n := line{
			Line: l, labels: words.Labels, titles: words.Titles, states: words.States,
			high: (l.Box.Y0 - top) / max(1, bottom-top), left: (l.Box.X0 - left) / max(1, right-left),
			tall: (l.Box.Y1 - l.Box.Y0) / max(1, heights[len(heights)/2]),
		}
		n.count()
		p.letters += n.letters
		for _, h := range n.labels {
			if slices.Contains(holderFields, h.Field) {
				p.fields[h.Field], out.fields[h.Field] = true, true
				p.labelled += h.End - h.Start
			}
		}
		if m := fieldPattern.FindStringSubmatch(l.Text); m != nil {
			number := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(m[1], "6", "b"), " ", ""))
			if m[1] == "6" {
				number = "6"
			}
			p.numbered[number] = true
		}
		p.dates += len(datePattern.FindAllString(l.Text, -1))
		p.numbers += len(numberPattern.FindAllString(l.Text, -1))
		out.lines = append(out.lines, n)
	}
	c.broken(&out)
	out.owners()
	return out
}

// broken finds titles and names of states that are broken over two lines ("PRAWO"
// above "JAZDY"), or stand apart on one. They are given to the first line. Sheets
// full of text have their titles whole.
func (c *Classifier) broken(p *page) {
	const card = 80
	if len(p.lines) > card {
		return
	}
	short := func(l *line) bool { return l.letters >= 3 && l.letters <= 24 && len(l.labels) == 0 }
	for i := range p.lines {
		a := &p.lines[i]
		if !short(a) {
			continue
		}
		for j := range p.lines {
			b := &p.lines[j]
			if i == j || !short(b) || !follows(a.Box, b.Box) {
				continue
			}
			words := c.words.Words(a.Text + " " + b.Text)
			split := len([]rune(a.Text))
			for _, h := range words.Titles {
				if h.Start < split && h.End > split+1 && h.Score > 0.85 {
					h.End = min(h.End, split)
					a.titles = append(a.titles, h)
					a.count()
				}
			}
			for _, h := range words.States {
				if h.Start < split && h.End > split+1 && h.Score > 0.85 {
					h.End = min(h.End, split)
					a.states = append(a.states, h)
					a.count()
				}
			}
		}
	}
}

// follows tells whether b goes on where a ends: to its right on the same height, or
// below it, in letters of about the same size.
func follows(a, b textread.Box) bool {
	ha, hb := a.Y1-a.Y0, b.Y1-b.Y0
	if ha <= 0 || hb <= 0 || max(ha, hb) > 1.5*min(ha, hb) {
		return false
	}
	over := min(a.Y1, b.Y1) - max(a.Y0, b.Y0)
	if over > 0.5*min(ha, hb) {
		return b.X0 > a.X0 && b.X0-a.X1 < 12*ha
	}
	across := min(a.X1, b.X1) - max(a.X0, b.X0)
	return b.Y0 > a.Y0 && b.Y0-a.Y1 < 1.2*ha && across > 0.4*min(a.X1-a.X0, b.X1-b.X0)
}

// owners finds the lines that are values of a label which tells where the holder
// comes from: it stands before them, or above.
func (p *page) owners() {
	for i := range p.lines {
		l := &p.lines[i]
		if len(l.states) == 0 {
			continue
		}
		for _, h := range l.labels {
			if h.End <= l.states[0].Start && h.Field == "Place_of_Birth" {
				l.origin = true
			}
		}
		high := l.Box.Y1 - l.Box.Y0
		nearest := 2.5 * high
		for j := range p.lines {
			o := &p.lines[j]
			gap := l.Box.Y0 - o.Box.Y1
			across := min(o.Box.X1, l.Box.X1) - max(o.Box.X0, l.Box.X0)
			if i == j || len(o.labels) == 0 || gap < -0.5*high || gap >= nearest || across <= 0 {
				continue
			}
			nearest = gap
			l.origin = slices.ContainsFunc(o.labels, func(h lexicon.LabelHit) bool { return h.Field == "Place_of_Birth" })
		}
	}
}

// count counts the letters of a line and marks those that are known words.
func (l *line) count() {
	runes := []rune(l.Text)
	l.covered, l.letters = make([]bool, len(runes)), 0
	cover := func(start, end int) {
		for i := start; i < end && i < len(runes); i++ {
			l.covered[i] = true
		}
	}
	for _, h := range l.labels {
		cover(h.Start, h.End)
	}
	for _, h := range l.titles {
		cover(h.Start, h.End)
	}
	for _, h := range l.states {
		cover(h.Start, h.End)
	}
	for _, r := range runes {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			l.letters++
		}
	}
}

// plain is below 1 where a line says much besides the words at an offset: sentences
// name documents and states too. What stands between strokes is taken by itself.
func (l *line) plain(at int) float64 {
	runes := []rune(l.Text)
	bound := func(r rune) bool { return strings.ContainsRune("/|•·", r) }
	start, end := min(at, len(runes)), min(at, len(runes))
	for start > 0 && !bound(runes[start-1]) {
		start--
	}
	for end < len(runes) && !bound(runes[end]) {
		end++
	}
	known, besides := 0, 0
	for i := start; i < end; i++ {
		switch {
		case !unicode.IsLetter(runes[i]) && !unicode.IsDigit(runes[i]):
		case l.covered[i]:
			known++
		default:
			besides++
		}
	}
	switch {
	case besides <= known/2:
		return 1
	case besides <= 12:
		return 0.75
	case besides <= 25:
		return 0.4
	}
	return 0.15
}

// holder tells whether there is anything of a person on the document.
func (p *printed) holder() bool {
	return len(p.fields) >= 2 || p.dates > 0 || p.numbers > 0 || len(p.numbered) >= 3
}

// titleVote is one title that was found.
type titleVote struct {
	lexicon.TitleHit
	weight float64
	text   string
}

// titles votes by printed titles. Of several that name one type the best counts
// whole, the others less: passports repeat theirs in three languages, and the
// ground of an EU licence in two dozen.
func (c *Classifier) titles(v *votes, p *printed) {
	byType := map[string][]titleVote{}
	for _, pg := range p.pages {
		for _, l := range pg.lines {
			for _, h := range l.titles {
				w := 2.2 * h.Score * h.Score * l.plain(h.Start)
				switch {
				case h.Letters <= 4:
					w *= 0.6
				case h.Letters >= 10:
					w *= 1.1
				}
				if l.tall >= 1.3 {
					w *= 1.2
				}
				if h.InLabel {
					w *= 0.55
				}
				text := string([]rune(l.Text)[h.Start:h.End])
				byType[h.Type] = append(byType[h.Type], titleVote{h, w, text})
			}
		}
	}
	for _, typ := range []string{report.Passport, report.IdentityCard, report.DrivingLicense, report.ResidencePermit, report.Visa, report.Other} {
		hits := byType[typ]
		slices.SortStableFunc(hits, func(a, b titleVote) int { return cmp.Compare(b.weight, a.weight) })
		share := 1.0
		for _, h := range hits {
			v.forType(h.weight*share, typ, h.Subtype, "printed title %q (%s)", h.text, strings.Join(h.Languages, ", "))
			if h.Issuer != "" && typ != report.Other {
				v.forIssuer(1.5*h.weight/2.2, h.Issuer, "printed title %q of %s", h.text, h.Issuer)
			}
			share *= 0.45
		}
	}
}

// states votes by names of states. Heads count more than values; a state that
// only an address or a birthplace names comes out behind.
func (c *Classifier) states(v *votes, p *printed) {
	type place struct {
		weight float64
		text   string
	}
	found := map[string][]place{}
	var order []string
	for _, pg := range p.pages {
		for _, l := range pg.lines {
			add := func(code string, w float64, text string) {
				if found[code] == nil {
					order = append(order, code)
				}
				found[code] = append(found[code], place{w, text})
			}
			for _, h := range l.states {
				w := h.Score * h.Score * l.plain(h.Start)
				if h.Letters >= 12 {
					w *= 1.6
				}
				if l.high < 0.3 {
					w *= 1.5
				}
				if l.tall >= 1.3 {
					w *= 1.2
				}
				if h.Code == "EUE" {
					w *= 0.1
				}
				if l.origin {
					w *= 0.2
				}
				add(h.Code, w, string([]rune(l.Text)[h.Start:h.End]))
			}
			if t := strings.Trim(l.Text, " .-/"); len(t) == 3 && t == strings.ToUpper(t) {
				if t == "DEU" {
					t = "D"
				}
				if s, ok := mrz.LookupState(t); ok && s.Issues {
					add(s.Code, 0.7, s.Code)
				}
			}
		}
	}
	for _, code := range order {
		places := found[code]
		slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(b.weight, a.weight) })
		share := 1.0
		for _, f := range places {
			v.forIssuer(f.weight*share, code, "state named %q", f.text)
			share *= 0.6
		}
	}
}

// languages votes by the languages of labels and titles for those who print in
// them. Words that languages share count for each in part; English and French
// stand on everybody's documents.
func (c *Classifier) languages(v *votes, p *printed) {
	sums := map[string]float64{}
	titles := map[string]bool{} // languages of licences' titles
	for _, pg := range p.pages {
		for _, l := range pg.lines {
			for _, h := range l.titles {
				if h.Type == report.DrivingLicense {
					for _, lang := range h.Languages {
						titles[lang] = true
					}
				}
			}
		}
	}
	for _, pg := range p.pages {
		for _, l := range pg.lines {
			for _, h := range l.labels {
				n := h.End - h.Start
				if n < 4 || h.Score < 0.8 {
					continue
				}
				for _, lang := range h.Languages {
					sums[lang] += h.Score * min(1, float64(n)/9) * l.plain(h.Start) / float64(len(h.Languages))
				}
			}
			for _, h := range l.titles {
				// The ground of EU licences has the title in all languages.
				if h.Letters < 5 || h.InLabel || h.Type == report.DrivingLicense && len(titles) > 4 && l.tall < 1.3 {
					continue
				}
				for _, lang := range h.Languages {
					sums[lang] += 1.5 * h.Score * l.plain(h.Start) / float64(len(h.Languages))
				}
			}
		}
	}
	// Where a state is named its name says more.
	_, named := v.best(v.issuers)
	for _, lang := range sortedKeys(sums) {
		weight := min(2, 0.5*sums[lang])
		if named >= 1.2 {
			weight *= 0.4
		}
		switch lang {
		case "en":
			continue
		case "fr":
			weight *= 0.3
		}
		for i, issuer := range c.words.Issuers(lang) {
			v.forIssuer(weight/(1+0.35*float64(i)), issuer, "printed in the language %q", lang)
		}
	}
}

// licence votes by the numbered fields of driving licences (2006/126/EC annex I,
// ISO/IEC 18013-1): 1 to 12 at the beginning of lines, 4a to 4d between them.
func (c *Classifier) licence(v *votes, p *printed) {
	four, plain := 0, 0
	for n := range p.numbered {
		if strings.HasPrefix(n, "4") && len(n) == 2 {
			four++
		} else {
			plain++
		}
	}
	switch {
	case four >= 2 && plain >= 1, four >= 1 && plain >= 3:
		v.forType(2+0.4*float64(four+plain), report.DrivingLicense, "", "fields numbered as on driving licences")
	case four == 1 && plain >= 2:
		v.forType(1.2, report.DrivingLicense, "", "fields numbered as on driving licences")
	}
}

// signs votes by the distinguishing sign on a licence, at its upper left.
func (c *Classifier) signs(v *votes, p *printed, typ string) {
	if typ != report.DrivingLicense {
		return
	}
	for _, pg := range p.pages {
		for _, l := range pg.lines {
			sign := strings.Trim(l.Text, " .-")
			issuer, ok := c.know.signs[sign]
			if !ok || l.left > 0.3 || l.high > 0.5 {
				continue
			}
			w := 2.0
			if len(sign) == 1 {
				w = 0.8 // categories are letters too
			}
			v.forIssuer(w, issuer, "distinguishing sign %q", sign)
		}
	}
}

// regions votes by names of states and provinces that are lines of their own, and
// by postal codes of the United States.
func (c *Classifier) regions(v *votes, p *printed, typ string) {
	if typ != report.DrivingLicense && typ != report.IdentityCard {
		return
	}
	for _, pg := range p.pages {
		for _, l := range pg.lines {
			if region, ok := c.region(l); ok && !l.origin && (typ == report.DrivingLicense || l.high < 0.3) {
				w := 1.5
				switch {
				case typ == report.IdentityCard:
					w = 1 // there is more than one Georgia
				case l.high < 0.4 || l.tall >= 1.3:
					w = 2.5
				}
				v.forRegion(w, region, "region %s named", region)
				v.forIssuer(w, c.know.country(region), "region %s named", region)
			}
			if m := zipPattern.FindStringSubmatch(l.Text); m != nil {
				if region, ok := c.know.postal[m[1]]; ok {
					v.forRegion(1, region, "postal code of %s", region)
					v.forIssuer(1.2, "USA", "postal code of the United States")
				}
			}
		}
	}
}

// region finds the name of a state or province that is a line of its own, one
// letter may be wrong.
func (c *Classifier) region(l line) (string, bool) {
	t := letters(l.Text)
	if len(t) < 4 {
		return "", false
	}
	if r, ok := c.know.regions[t]; ok {
		return r, true
	}
	for _, name := range sortedKeys(c.know.regions) {
		if len(name) >= 6 && len(name) == len(t) {
			wrong := 0
			for i := range len(name) {
				if name[i] != t[i] {
					wrong++
				}
			}
			if wrong == 1 {
				return c.know.regions[name], true
			}
		}
	}
	return "", false
}

// numbers votes by the forms of national numbers.
func (c *Classifier) numbers(v *votes, p *printed) {
	for _, n := range c.know.numbers {
		found := slices.ContainsFunc(p.pages, func(pg page) bool {
			return slices.ContainsFunc(pg.lines, func(l line) bool { return n.form.MatchString(l.Text) })
		})
		if found {
			v.forIssuer(n.weight, n.issuer, "a number in the form of %s", n.issuer)
			v.forType(min(1.3, n.weight*0.65), n.typ, "", "a number in the form of %s", n.issuer)
		}
	}
}

var (
	cardNumber = regexp.MustCompile(`(?:^|\D)([3-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{3,4})(?:\D|$)`)
	cardExpiry = regexp.MustCompile(`(?:^|\D)(0[1-9]|1[0-2])/(\d\d)(?:\D|$)`)
)

// payment votes for a payment card: a number with Luhn's check digit
// (ISO/IEC 7812-1) and a month of expiry.
func (c *Classifier) payment(v *votes, p *printed) {
	number, expiry := false, false
	for _, pg := range p.pages {
		for _, l := range pg.lines {
			if m := cardNumber.FindStringSubmatch(l.Text); m != nil && luhn(m[1]) {
				number = true
			}
			expiry = expiry || cardExpiry.MatchString(l.Text)
		}
	}
	if number {
		w := 1.5
		if expiry {
			w = 4
		}
		v.forType(w, report.Other, "payment_card", "a number as payment cards have")
	}
}

func luhn(s string) bool {
	sum, n := 0, 0
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] < '0' || s[i] > '9' {
			continue
		}
		d := int(s[i] - '0')
		if n%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
		n++
	}
	return n >= 15 && sum%10 == 0
}

// person votes for an identity card where labels of a person's data stand and
// nothing says what the document is called: its back, or an issuer whose language
// is not known. Letters and bills have some of the labels among much other text.
func (c *Classifier) person(v *votes, p *printed, e Evidence) {
	about := 0.0
	for field, weight := range personFields {
		if p.fields[field] {
			about += weight
		}
	}
	if e.Format == locate.ID1 || e.Aspect > 1.5 && e.Aspect < 1.68 {
		if v.types[report.IdentityCard] > 0 {
			v.forType(0.3, report.IdentityCard, "", "the size of a card")
		}
		about += 0.3
	}
	if _, lead := v.best(v.types); e.Zone != nil || e.Barcode != nil || lead >= leastType || about < 2.2 || p.labelled < p.letters/5 {
		return
	}
	typ := report.IdentityCard
	if e.Format == locate.ID3 || e.Format == locate.Unknown && e.Aspect > 1.35 && e.Aspect < 1.48 {
		typ = report.Passport
	}
	v.forType(leastType, typ, "", "labels of a person's data")
}

// personFields says how much a label tells of a document about a person.
var personFields = map[string]float64{
	"Surname": 1, "Given_Names": 1, "Full_Name": 0.7, "Date_of_Birth": 1, "Place_of_Birth": 1,
	"Date_and_Place_of_Birth": 1.5, "Sex": 0.8, "Nationality": 1, "Personal_Number": 0.8,
	"Height": 0.7, "Eye_Colour": 0.7, "Authority": 0.7, "Date_of_Expiry": 0.6, "Date_of_Issue": 0.4,
	"Document_Number": 0.3, "Address": 0.4, "Fathers_Name": 0.7, "Mothers_Name": 0.7, "Blood_Group": 0.6,
	"Marital_Status": 0.5, "Place_of_Issue": 0.4,
}

// muchText is more than is on any card or page of a passport, in letters.
const muchText = 1000

// dense takes votes from documents of identity where there is far more text than
// they hold: letters and forms ask for a passport's number too.
func (p *printed) dense(v *votes) {
	if p.letters <= muchText {
		return
	}
	for typ := range v.types {
		if typ != report.Other {
			v.types[typ] *= muchText / float64(p.letters)
		}
	}
}

// side tells which side a page is.
func (p *page) side(typ string, e Evidence) string {
	switch {
	case typ == report.Passport && e.Format == locate.Booklet:
		return "booklet"
	case typ == report.Passport || typ == report.Visa:
		return "front"
	}
	names := p.fields["Surname"] || p.fields["Given_Names"] || p.fields["Full_Name"]
	zone := slices.ContainsFunc(p.Lines, func(l textread.Line) bool { return strings.Count(l.Text, "<") > 2 })
	titled := slices.ContainsFunc(p.lines, func(l line) bool {
		return slices.ContainsFunc(l.titles, func(h lexicon.TitleHit) bool { return h.Type == typ && !h.InLabel && l.high < 0.35 })
	})
	switch {
	case names || titled && p.fields["Date_of_Birth"]:
		return "front"
	case zone && e.Zone != nil && e.Zone.Format == mrz.TD1:
		return "back"
	case titled || p.fields["Date_of_Birth"] && p.fields["Sex"]:
		return "front"
	case typ == report.DrivingLicense && len(p.lines) > 0 && e.Barcode != nil:
		return "back"
	}
	return ""
}

// letters are the small base letters of a text.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, norm.NFD.String(s))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
