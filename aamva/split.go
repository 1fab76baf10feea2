package aamva

import (
	"sort"
	"strings"
)

// part is a line of the payload and its place.
type part struct {
	text string
	at   int
}

// split cuts everything behind the directory into elements. Control characters
// are separators, whichever they are: no value may hold one. Where that leaves
// elements together, another character separates them, or nothing.
func (p *parser) split(pos int) []part {
	body := p.text[pos:]
	parts := cut(body, pos, func(c byte) bool { return c < ' ' && c != '\t' })
	if !crowded(parts) {
		return parts
	}
	if sep := commonSeparator(body); sep != 0 {
		p.doc.warn(CodeSeparators, "")
		return cut(body, pos, func(c byte) bool { return c < ' ' || c == sep })
	}
	p.doc.warn(CodeUnparted, "")
	if len(body) > maxUnparted {
		return parts
	}
	var out []part
	for _, t := range parts {
		out = append(out, p.segment(t)...)
	}
	return out
}

func cut(body string, pos int, sep func(byte) bool) []part {
	var parts []part
	from := 0
	for i := 0; i <= len(body); i++ {
		if i == len(body) || sep(body[i]) {
			if i > from {
				parts = append(parts, part{body[from:i], pos + from})
			}
			from = i + 1
		}
	}
	return parts
}

// crowded reports whether elements run together: some part is longer than any
// element and holds the codes of many.
func crowded(parts []part) bool {
	for _, t := range parts {
		if len(t.text) < 100 || zone(t.text) {
			continue
		}
		seen := map[string]bool{}
		for i := 0; i+3 <= len(t.text); i++ {
			if known(t.text[i:]) {
				seen[t.text[i:i+3]] = true
			}
		}
		if len(seen) >= 6 {
			return true
		}
	}
	return false
}

// commonSeparator returns the character that stands before most elements, 0 if
// none does before more than six.
func commonSeparator(body string) byte {
	var count [256]int
	for i := 1; i+3 <= len(body); i++ {
		if c := body[i-1]; !alnum(rune(c)) && c > ' ' && known(body[i:]) {
			count[c]++
		}
	}
	best := 0
	for c := range count {
		if count[c] > count[best] {
			best = c
		}
	}
	if count[best] < 6 {
		return 0
	}
	return byte(best)
}

// maxUnparted is how long a text without separators may be to be told apart: more
// than a symbol can hold, and little enough to take no time.
const maxUnparted = 4096

// beam is how many readings of run-together elements are kept in mind.
const beam = 48

// reading is one way to tell run-together elements apart, as a chain from its
// last element back.
type reading struct {
	before *reading
	at     int // of the element's code
	skip   int // length of what precedes the value: code, or a subfile's name
	used   [2]uint64
	score  float64
}

// segment tells run-together elements apart by their codes: of all cuts at
// something that looks like a code it takes the one whose values fit best what
// each element may hold, and that has each element once.
func (p *parser) segment(t part) []part {
	s := t.text
	live := []*reading{{at: 0, skip: 0}}
	for i := 0; i+2 <= len(s); i++ {
		skip, index := p.candidate(s, i)
		if skip == 0 {
			continue
		}
		next := live[:len(live):len(live)]
		for _, r := range live {
			if i < r.at+r.skip {
				continue
			}
			q := &reading{before: r, at: i, skip: skip, used: r.used, score: r.score + p.fit(s[r.at:r.at+r.skip], s[r.at+r.skip:i])}
			if index >= 0 {
				if q.used[index/64]&(1<<(index%64)) != 0 {
					q.score -= 8
				}
				q.used[index/64] |= 1 << (index % 64)
			}
			next = append(next, q)
		}
		live = prune(next)
	}
	for _, r := range live {
		r.score += p.fit(s[r.at:r.at+r.skip], s[r.at+r.skip:])
	}
	sort.SliceStable(live, func(a, b int) bool { return live[a].score > live[b].score })
	var cuts []int
	for r := live[0]; r != nil; r = r.before {
		cuts = append(cuts, r.at)
	}
	var out []part
	end := len(s)
	for _, c := range cuts {
		if c < end {
			out = append(out, part{s[c:end], t.at + c})
			end = c
		}
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

func prune(r []*reading) []*reading {
	if len(r) <= beam {
		return r
	}
	sort.SliceStable(r, func(a, b int) bool { return r[a].score > r[b].score })
	return r[:beam]
}

// candidate reports whether an element or a subfile may begin at i: how long its
// code is, 0 if none does, and the element's index, -1 if it has none.
func (p *parser) candidate(s string, i int) (skip, index int) {
	if i+3 <= len(s) {
		if e := load().byCode[s[i:i+3]]; e != nil {
			return 3, e.index
		}
	}
	if typ := s[i : i+2]; mainType(typ) && i == 0 && known(s[2:]) {
		return 2, -1
	}
	if s[i] != 'Z' || !p.zoneType(s[i:i+2]) {
		return 0, -1
	}
	if rest := s[i+2:]; rest == "" || strings.HasPrefix(rest, s[i:i+2]) {
		return 2, -1
	}
	if zone(s[i:]) {
		return 3, -1
	}
	return 0, -1
}

// zoneType reports whether a jurisdiction's subfile of that name may be expected:
// the directory lists it, or it is named after the issuer.
func (p *parser) zoneType(typ string) bool {
	j, _ := LookupIIN(p.doc.Header.IIN)
	return p.find(typ) >= 0 || j.Code != "" && j.Code[0] == typ[1]
}

// fit says how well a value fits its element, less when the edition lacks the
// element or makes it optional, or when the value begins or ends like the rest of
// another one.
func (p *parser) fit(code, value string) float64 {
	score := fit(code, value)
	e := load().byCode[code]
	if e == nil {
		return score
	}
	if version := p.doc.edition(); version < e.From || version > e.To {
		score -= 1.5
	} else if !e.Mandatory(version, true) {
		score -= 0.4
	}
	v := strings.TrimSpace(value)
	if len(v) == 3 && known(v) || strings.HasPrefix(v, ",") || v != "" && strings.HasPrefix(value, "  ") {
		score -= 3
	}
	return score
}

func fit(code, value string) float64 {
	v := strings.TrimSpace(value)
	switch len(code) {
	case 0: // before the first element
		return -float64(len(v))
	case 2: // a subfile's name stands alone
		return 1 - float64(4*len(v))
	}
	e := load().byCode[code]
	if e == nil {
		return 1
	}
	digits := 0
	for i := range len(v) {
		if v[i] >= '0' && v[i] <= '9' {
			digits++
		}
	}
	empty := v == "" || placeholder(v)
	score := func(ok bool, good, bad float64) float64 {
		switch {
		case ok:
			return good
		case empty:
			return 0.5
		}
		return bad
	}
	if e.MaxLength > 0 && len(v) > e.MaxLength+2 {
		return -4
	}
	switch e.kind {
	case kindDate:
		if len(v) == 9 && digits == 8 {
			return 2
		}
		return score(len(v) == 8 && digits == 8, 4, -6)
	case kindSex:
		return score(len(v) == 1 && strings.Contains("129MFX0", v), 3, -6)
	case kindState:
		return score(len(v) == 2 && digits == 0, 2, -6)
	case kindCountry:
		return score(v == "USA" || v == "CAN" || v == "MEX", 3, -6)
	case kindTruncation:
		return score(v == "T" || v == "N" || v == "U", 2, -5)
	case kindFlag, kindRange, kindCompliance:
		return score(len(v) == 1, 1.5, -5)
	case kindHeight:
		return score(digits >= 2 && digits <= 3 && len(v) <= 8, 3, -4)
	case kindWeight:
		return score(digits >= 2 && digits <= 3 && len(v) <= 6, 2, -4)
	case kindEye, kindHair:
		return score(digits == 0 && len(v) <= 5, 2, -4)
	case kindPostal:
		return score(digits >= 3 && len(v) <= 11, 2, -4)
	case kindNumber:
		return score(digits > 0 && len(v) >= 4 && len(v) <= 25, 2, -3)
	case kindName:
		return score(digits == 0 && len(v) > 0, 1, -3)
	case kindClass:
		return score(len(v) >= 1 && len(v) <= 6, 1, -3)
	}
	return score(len(v) > 0, 0.8, 0)
}
