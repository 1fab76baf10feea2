package extract

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"

	"idproof/report"
)

// Field of the dates of one category: Category_B, "2013-01-19/2028-01-18".
const categoryOf = "Category_"

var categoryRow = regexp.MustCompile(`^[(]?(AM|A1|A2|A|B1|BE|B|C1E|C1|CE|C|D1E|D1|DE|D|F|G|H|K|L|M|T)(?:[^A-Za-z0-9]|$)`)

// table reads the back of a European licence: in each row a category (column
// 9), the dates from which (10) and until which (11) it is held. Rows without
// dates are categories that the holder lacks.
func (r *printer) table(page int) {
	if r.typ != report.DrivingLicense && r.typ != "" {
		return
	}
	type line struct {
		kind  string
		parts []*piece
		dates []written
	}
	var found []line
	for _, p := range r.pieces {
		g := categoryRow.FindStringSubmatch(strings.TrimSpace(p.string()))
		if p.page != page || !p.value() || p.used || g == nil {
			continue
		}
		l := line{kind: g[1]}
		for _, q := range r.pieces {
			if q.page != page || !q.value() || q.used || q.box.X0 < p.box.X0 || math.Abs(q.mid()-p.mid()) > 0.5*max(p.h(), q.h()) {
				continue
			}
			if d := r.months.dates(q.string(), r.issuer, false); len(d) > 0 {
				l.parts = append(l.parts, q)
			}
		}
		slices.SortFunc(l.parts, func(a, b *piece) int { return cmp.Compare(a.box.X0, b.box.X0) })
		for _, q := range l.parts {
			l.dates = append(l.dates, r.months.dates(q.string(), r.issuer, false)...)
		}
		if len(l.dates) > 0 {
			if !slices.Contains(l.parts, p) {
				l.parts = append([]*piece{p}, l.parts...)
			}
			found = append(found, l)
		}
	}
	if len(found) < 2 {
		return
	}
	var kinds []string
	var all []*piece
	for _, l := range found {
		if slices.Contains(kinds, l.kind) {
			continue
		}
		kinds = append(kinds, l.kind)
		all = append(all, l.parts...)
		text := l.dates[0].settle(past, r.issuer, r.now).iso()
		if len(l.dates) > 1 {
			text += "/" + l.dates[1].settle(ending, r.issuer, r.now).iso()
		}
		r.add(categoryOf+l.kind, text, text, byLabel, l.parts...)
	}
	list := strings.Join(kinds, " ")
	r.add(categories, list, list, byLabel, all...)
}
