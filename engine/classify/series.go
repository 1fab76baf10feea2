package classify

import (
	"slices"

	"idproof/catalogue"
	"idproof/mrz"
)

// series is the one of the catalogue that the document is of, as far as its zone
// tells: entries whose zone has another format or code fall out, and those whose
// numbers are formed otherwise or which were not issued in any year that the date of
// expiry allows. "" when more than one is left.
func (c *Classifier) series(out Class, z *mrz.Document) string {
	if out.Issuer == "" {
		return ""
	}
	entries := c.entries.Find(catalogue.Query{Issuer: out.Issuer, Type: out.Type, Subtype: out.Subtype, Region: out.Region})
	entries = slices.DeleteFunc(entries, func(e *catalogue.Entry) bool { return z != nil && !allows(e, z) })
	if len(entries) != 1 {
		return ""
	}
	return entries[0].Series
}

// allows tells whether a document of an entry may bear a zone.
func allows(e *catalogue.Entry, z *mrz.Document) bool {
	if e.MRZ == nil || e.MRZ.Format != z.Format.String() || len(e.MRZ.Codes) > 0 && !slices.Contains(e.MRZ.Codes, z.Code) {
		return false
	}
	if fits, known := e.NumberFits(z.Number); known && !fits {
		return false
	}
	years := e.Years(-1)
	if z.ExpiryDate.Year == 0 || len(years) == 0 {
		return true
	}
	return slices.ContainsFunc(years, func(n int) bool {
		// What runs out on the last day of a year may be issued on the first of one,
		// and a year of birth leaves the age open by one.
		issued := z.ExpiryDate.Year - n
		if issued+1 < e.Since || e.Until != 0 && issued > e.Until {
			return false
		}
		age := issued - z.BirthDate.Year
		return z.BirthDate.Year == 0 || slices.Contains(e.Years(age), n) || age > 0 && slices.Contains(e.Years(age-1), n)
	})
}
