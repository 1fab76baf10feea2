package engine

import (
	"idproof/aamva"
	"idproof/engine/extract"
	"idproof/report"
)

// symbols are the barcodes of all pages.
type symbols struct {
	all     []report.Barcode
	licence *aamva.Document // the first that is a North American licence's; nil: none
	at      int             // its place in all
}

// standardAAMVA is the name of the North American licences' standard in reports.
const standardAAMVA = "AAMVA"

func readSymbols(pages []*page) symbols {
	var out symbols
	for _, p := range pages {
		for _, c := range p.codes {
			b := report.Barcode{
				Symbology: c.Symbology, Fields: map[string]string{}, Text: c.Text,
				Page: p.index, Region: new(p.quad(c.Quad)),
			}
			if c.Text == "" {
				b.Data = c.Data
			}
			if d, err := aamva.Parse(c.Data); err == nil {
				b.Standard, b.Fields = standardAAMVA, extract.AAMVAElements(d)
				if out.licence == nil {
					out.licence, out.at = d, len(out.all)
				}
			}
			out.all = append(out.all, b)
		}
	}
	return out
}

// best is the symbol that says most about the document; nil if there is none.
func (s symbols) best() *report.Barcode {
	if len(s.all) == 0 {
		return nil
	}
	return &s.all[s.at]
}

// readings are the fields of the licence's barcode.
func (s symbols) readings() []extract.Reading {
	if s.licence == nil {
		return nil
	}
	b := s.all[s.at]
	return extract.BarcodeReadings(extract.FromAAMVA(s.licence), b.Page, b.Region)
}
