package extract

import (
	"regexp"
	"strings"

	"idproof/report"
)

// cardLabels are the short labels of North American cards (AAMVA card design
// standard, table of data elements), with their numbers where these are printed.
// What is read between label and value may be missing.
var cardLabels = []struct {
	re    *regexp.Regexp
	field string
}{
	{cardLabel(`(?:4\s?d|4)?\.?\s?(?:DLN|D\.?L\.?\s?(?:NO|NUMBER|#)|LIC(?:ENSE)?\s?(?:NO|NUMBER|#)|ID\s?(?:NO|NUMBER|#)|NUMBER|CUSTOMER\s?(?:NO|ID))`, "DL|ID|LIC"), docNumber},
	{cardLabel(`3?\.?\s?(?:D[O0][B8]|DATE\sOF\sBIRTH|BIRTH\s?DATE)`, ""), birthDate},
	{cardLabel(`(?:4\s?b)?\.?\s?(?:EXP(?:IRES|IRATION)?(?:\sDATE)?)`, ""), expiryDate},
	{cardLabel(`(?:4\s?a)?\.?\s?(?:ISSUE\s?DATE|ISSUED?|ISS)`, ""), issueDate},
	{cardLabel(`(?:15)?\.?\s?(?:SEX|GENDER)`, ""), sex},
	{cardLabel(`(?:16)?\.?\s?(?:HEIGHT|HGT|HT)`, ""), height},
	{cardLabel(`(?:18)?\.?\s?(?:EYE\sCOLOR|EYES|EYE)`, ""), eyes},
	{cardLabel(`(?:17)?\.?\s?(?:WEIGHT|WGT|WT)`, ""), ""},
	{cardLabel(`(?:19)?\.?\s?(?:HAIR\sCOLOR|HAIR|HAI)`, ""), ""},
	{cardLabel(`(?:9\s?a)?\.?\s?(?:ENDORSEMENTS|ENDORSE|END)`, ""), ""},
	{cardLabel(`(?:12)?\.?\s?(?:RESTRICTIONS|RESTR|REST)`, ""), ""},
	{cardLabel(`9?\.?\s?CLASS`, ""), categories},
	{cardLabel(`5?\.?\s?DD`, ""), ""},
	{cardLabel(`1?\.?\s?(?:LN|LAST\sNAME|FAMILY\sNAME)`, ""), surname},
	{cardLabel(`2?\.?\s?(?:FN|FIRST\sNAME|GIVEN\sNAMES?)`, ""), givenNames},
	{cardLabel(`8?\.?\s?(?:ADDRESS|ADDR)`, ""), address},
}

// cardLabel matches a label at the start of a word. What is short enough to
// begin a word counts only before a digit, a colon or a space.
func cardLabel(long, short string) *regexp.Regexp {
	re := `(?i)(?:^|[^A-Za-z])(` + long
	if short != "" {
		re += `|(?:4\s?d|4)?\.?\s?(?:` + short + `)[ :#.]`
	}
	return regexp.MustCompile(re + `)`)
}

// american tells whether the document is a card of a state or province of North America.
func american(in Input) bool {
	if strings.HasPrefix(in.Region, "US-") || strings.HasPrefix(in.Region, "CA-") {
		return true
	}
	return (in.Issuer == "USA" || in.Issuer == "CAN") && in.Type == report.DrivingLicense
}

// withCardLabels finds card labels before those of the lexicon.
func withCardLabels(labels finder) finder {
	return func(line string) []label {
		var out []label
		if ascii(line) {
			for _, c := range cardLabels {
				for _, g := range c.re.FindAllStringSubmatchIndex(line, -1) {
					l := label{c.field, g[2], g[3]}
					// A longer word that only begins like a label is none.
					if l.to < len(line) && lower(line[l.to]) && !glues(c.field, line[l.to:]) || overlaps(out, l) {
						continue
					}
					out = append(out, l)
				}
			}
		}
		for _, l := range labels(line) {
			if !overlaps(out, l) {
				out = append(out, l)
			}
		}
		return out
	}
}

func lower(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// glues tells whether the rest, which begins with a letter, may be the value itself.
func glues(field, rest string) bool {
	switch field {
	case docNumber:
		return len(rest) <= 2 || numberOf(strings.Fields(rest)[0], 4) != ""
	case sex:
		return rest == "M" || rest == "F" || rest == "X"
	}
	return false
}

func overlaps(all []label, l label) bool {
	for _, o := range all {
		if l.from < o.to && o.from < l.to {
			return true
		}
	}
	return false
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

var (
	cardName = regexp.MustCompile(`^([12])\.?\s?([A-Za-z].*)$`)
	town     = regexp.MustCompile(`(?i)[A-Z0]{3,}[ ,.]*[A-Z]{2}[ ,.]*\d{5}(?:[-. ]?\d{4})?$|(?i)[A-Z]{3,}.*[A-Z]\d[A-Z]\s?\d[A-Z]\d$`)
	street   = regexp.MustCompile(`^8?\.?\s?\d+\s?[A-Za-z]`)
)

// card reads what stands without a label on North American cards: the names
// behind the numbers 1 and 2, and over the address, which ends with a postal code.
func (r *printer) card() {
	for _, p := range r.pieces {
		if !p.value() || p.used || !town.MatchString(p.string()) {
			continue
		}
		lines := []*piece{p}
		for range 2 {
			if q := r.lineAbove(lines[0]); q != nil && !named(q) && nameOf(strings.TrimPrefix(q.string(), "8")) == "" {
				lines = append([]*piece{q}, lines...)
				if street.MatchString(q.string()) {
					break
				}
				continue
			}
			break
		}
		if len(lines) < 2 {
			continue
		}
		first := lines[0]
		text := strings.TrimSpace(first.string())
		if g := regexp.MustCompile(`^8\.?\s?(\d+.*)$`).FindStringSubmatch(text); g != nil && r.marked() {
			text = g[1]
		}
		for _, l := range lines[1:] {
			text += " " + tidy(l.string())
		}
		r.add(address, tidy(text), tidy(text), byLabel, lines...)
		r.namesOver(first)
		return
	}
	for _, p := range r.pieces {
		if p.value() && !p.used && named(p) {
			r.nameBy(p)
		}
	}
}

// named tells whether a piece is a name behind its number.
func named(p *piece) bool {
	g := cardName.FindStringSubmatch(strings.TrimSpace(p.string()))
	return g != nil && nameOf(g[2]) != ""
}

// marked tells whether the card prints the numbers of its fields.
func (r *printer) marked() bool {
	n := 0
	for _, p := range r.pieces {
		if p.label != nil && p.text[0] >= '1' && p.text[0] <= '9' || p.value() && named(p) {
			n++
		}
	}
	return n >= 2
}

func (r *printer) nameBy(p *piece) {
	g := cardName.FindStringSubmatch(strings.TrimSpace(p.string()))
	field := surname
	if g[1] == "2" {
		field = givenNames
	}
	if r.lacks(field) {
		r.add(field, nameOf(g[2]), g[2], byLabel, p)
	}
}

// namesOver reads the names that stand right over the address: the surname
// first where they have two lines.
func (r *printer) namesOver(p *piece) {
	var lines []*piece
	for q := r.lineAbove(p); q != nil && len(lines) < 3; q = r.lineAbove(q) {
		if !named(q) && nameOf(q.string()) == "" {
			break
		}
		lines = append([]*piece{q}, lines...)
		if named(q) && q.string()[0] == '1' {
			break
		}
	}
	for i, q := range lines {
		switch {
		case named(q):
			r.nameBy(q)
		case i == 0:
			r.add(surname, nameOf(q.string()), q.string(), byPlace, q)
		case r.lacks(givenNames):
			r.add(givenNames, nameOf(q.string()), q.string(), byPlace, q)
		}
	}
}

// lineAbove is the value that stands right over a piece, in its column.
func (r *printer) lineAbove(p *piece) *piece {
	var best *piece
	for _, q := range r.pieces {
		h := min(p.h(), q.h())
		gap := p.box.Y0 - q.box.Y1
		if q.page == p.page && q != p && q.value() && !q.used && max(p.h(), q.h()) < 1.8*h && gap > -0.5*h && gap < 0.8*h &&
			q.mid() < p.mid()-0.5*h && q.box.X0-p.box.X0 < 1.5*h && p.box.X0-q.box.X0 < 1.5*h && (best == nil || q.mid() > best.mid()) {
			best = q
		}
	}
	return best
}
