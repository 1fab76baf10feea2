package quality

import (
	"slices"

	"idproof/report"
)

// The sides of a document, as classify names them.
const (
	front   = "front"
	back    = "back"
	booklet = "booklet"
)

// Page is what one page showed.
type Page struct {
	Checks []report.Check // of [Measure]
	Asked  string         // document_front or document_back; empty when nobody said which side it is
	Sides  []string       // of the documents on it: front, back, booklet; empty where not known
}

// Conclude puts the pages of one document together: of each check the worst, with
// its page. Kind is the type of the document, empty when there is none. What was
// measured on no page is not performed.
func Conclude(pages []Page, kind string) []report.Check {
	var none []report.Check
	for _, name := range measured {
		none = append(none, skipped(name, "no picture could be measured"))
	}
	all := [][]report.Check{none}
	for i, p := range pages {
		var list []report.Check
		for _, c := range p.Checks {
			list = append(list, p.known(c, kind, i))
		}
		all = append(all, list)
	}
	return append(worst(measured, all), wrongSide(pages, kind))
}

// known is the check of page i in the light of what the document is.
func (p Page) known(c report.Check, kind string, i int) report.Check {
	switch {
	case c.Name == BlackAndWhite && (kind == "" || kind == report.Other):
		return skipped(c.Name, "the document may be meant to be black and white")
	case c.Name == BlackAndWhite && slices.Contains(p.Sides, back) && !p.shows(front):
		return skipped(c.Name, "backs may be meant to be black and white")
	case c.Name == SeveralDocuments && c.Result == report.Warning && len(p.Sides) == 2 && p.Sides[0] != p.Sides[1] && !slices.Contains(p.Sides, booklet):
		c.Result, c.Reason = report.Passed, "" // two sides of one card, as far as can be told
	}
	if c.Evidence != nil {
		c.Evidence["page"] = i
	}
	return c
}

// shows tells whether a side is on the page.
func (p Page) shows(side string) bool {
	return slices.Contains(p.Sides, side) || side == front && slices.Contains(p.Sides, booklet)
}

// wrongSide judges whether the pictures show the sides that they were given as. Two
// pictures in the wrong order show all that is wanted.
func wrongSide(pages []Page, kind string) report.Check {
	if kind == report.Passport || kind == report.Visa {
		return skipped(WrongSide, "the document has one side")
	}
	c := skipped(WrongSide, "it is not known which sides the pictures show, or should show")
	for i, p := range pages {
		want, other := front, back
		switch p.Asked {
		case "document_front":
		case "document_back":
			want, other = back, front
		default:
			continue
		}
		var found report.Check
		elsewhere := func(side string) bool {
			for k, q := range pages {
				if k != i && q.shows(side) {
					return true
				}
			}
			return false
		}
		switch {
		case p.shows(want):
			found = report.Check{Name: WrongSide, Result: report.Passed}
		case !p.shows(other):
			continue
		case elsewhere(want):
			found = report.Check{Name: WrongSide, Result: report.Warning, Reason: "the sides were given in the wrong order"}
		case want == front || elsewhere(other):
			found = report.Check{Name: WrongSide, Result: report.FailedCheck, Reason: "the picture shows the other side of the document"}
		default:
			found = report.Check{Name: WrongSide, Result: report.Warning, Reason: "the picture seems to show the other side of the document"}
		}
		if c.Result == report.NotPerformed || graver(found, c) {
			found.Evidence = map[string]any{"page": i, "expected": want}
			c = found
		}
	}
	return c
}
