package extract

import (
	"idproof/engine/textread"
)

// Sheet is the print of one document while it is read, looked at again and read
// once more. What is printed is arranged once, and again only when lines change;
// a line's labels are looked up once. It is not for concurrent use.
type Sheet struct {
	x      *Extractor
	in     Input
	labels map[string][]label
	read   *printer // nil: lines or zone have changed since
}

// Open begins the reading of a document.
func (x *Extractor) Open(in Input) *Sheet {
	return &Sheet{x: x, in: in, labels: map[string][]label{}}
}

// Zone is the machine-readable zone as it is read by now; see [Sheet.Repair].
func (s *Sheet) Zone() *Zone { return s.in.Zone }

// Put replaces the print of a page, of which lines were read again.
func (s *Sheet) Put(page int, text textread.Page) {
	s.in.Pages[page].Page = text
	s.read = nil
}

// print is what the fields of the print are, as far as they are read.
func (s *Sheet) print() *printer {
	if s.read == nil {
		s.read = s.x.printer(s.in, s.labels)
		s.read.read(s.in)
	}
	return s.read
}

// Read returns the readings of all sources; see [Merge].
func (s *Sheet) Read() []Reading {
	printed := s.print().got
	var all []Reading
	if s.in.Zone != nil {
		z := *s.in.Zone
		z.Document = z.centuries(printed)
		all = append(z.readings(), s.x.optional(&z)...)
	}
	all = append(all, s.in.Barcode...)
	return append(all, printed...)
}

// Repair completes the zone by the print: its name is put right, see
// [Zone.RepairName], its reading naming the repairs, and its dates get their
// centuries.
func (s *Sheet) Repair() {
	z := s.in.Zone
	if z == nil {
		return
	}
	printed := s.print().got
	out := *z
	if lines, repairs := z.RepairName(printed); lines != nil {
		out = z.with(lines, repairs, s.in.Now)
	}
	if out.Document = out.centuries(printed); out.Document != z.Document {
		s.in.Zone, s.read = &out, nil
	}
}
