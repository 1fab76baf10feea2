package classify

import (
	"strings"

	"idproof/aamva"
	"idproof/mrz"
	"idproof/report"
)

// zone votes by a machine-readable zone. Passports, visas and licences have codes
// of their own; cards have letters that each issuer chooses (ICAO 9303-5, 4.2.2.2:
// A, C or I, then anything but V), so that a printed title may outvote them.
func (c *Classifier) zone(v *votes, z *mrz.Document) {
	if z == nil || z.Format == mrz.Unknown {
		return
	}
	first, second := byte('<'), byte('<')
	if len(z.Code) > 0 {
		first = z.Code[0]
	}
	if len(z.Code) > 1 {
		second = z.Code[1]
	}
	typ, subtype, weight := report.IdentityCard, "", 10.0
	switch z.Format {
	case mrz.TD3:
		typ, subtype = report.Passport, passportKind(second, z.Nationality)
		if first == 'V' {
			typ, subtype = report.Visa, ""
		}
	case mrz.MRVA, mrz.MRVB:
		typ = report.Visa
	case mrz.DL1, mrz.CHDL:
		typ = report.DrivingLicense
	case mrz.FRID, mrz.SVKID:
	default:
		typ, subtype, weight = card(z.Issuer, first, second)
	}
	v.forType(weight, typ, subtype, "machine-readable zone %s with code %q", z.Format, z.Code)
	if z.Issuer == "" {
		return
	}
	weight = 10
	issuer, known := c.know.issuer(z.Issuer)
	if !known {
		weight = leastIssuer // a specimen's, or misread
	}
	v.forIssuer(weight, issuer, "issuer %s in the machine-readable zone", z.Issuer)
}

// start votes by the first characters of a zone that was found among the print but
// could not be read as one.
func (c *Classifier) start(v *votes, lines []string) {
	for _, l := range lines {
		l = strings.ToUpper(strings.ReplaceAll(l, " ", ""))
		if len(l) < 20 || strings.IndexByte("PVIAC", l[0]) < 0 {
			continue
		}
		issuer, known := c.know.issuer(strings.Trim(l[2:5], "<"))
		if !known {
			continue
		}
		typ, subtype, _ := card(issuer, l[0], l[1])
		v.forType(leastType, typ, subtype, "beginning of a machine-readable zone")
		v.forIssuer(1.5, issuer, "beginning of a machine-readable zone")
		return
	}
}

// passportKind reads the second letter of a passport's code. Only D means the same
// to all; the others of ICAO 9303-4, 4.2.2.3 are new, and many issuers had meanings
// of their own for them. Who has no nationality holds no national passport.
func passportKind(second byte, nationality string) string {
	switch {
	case second == 'D':
		return "diplomatic"
	case nationality == "XXA", nationality == "XXB", nationality == "XXC":
		return "travel_document" // stateless, refugees (ICAO 9303-3, section 5)
	}
	return ""
}

// card reads the code of a card's zone.
func card(issuer string, first, second byte) (typ, subtype string, weight float64) {
	switch {
	case first == 'P':
		return report.Passport, passportKind(second, ""), 6
	case first == 'V':
		return report.Visa, "", 8
	case first == 'D':
		return report.DrivingLicense, "", 8
	case first == 'A' && second == 'C':
		return report.IdentityCard, "crew", 6
	case first == 'I' && second == 'P':
		return report.Passport, "card", 6
	case issuer == "USA" && first == 'C':
		return report.ResidencePermit, "permanent", 8 // I-551
	case issuer == "USA" && (first == 'B' || first == 'A'):
		return report.ResidencePermit, "border_crossing", 4 // DSP-150 and its forerunners
	case issuer == "USA" && first == 'I' && second == 'A':
		return report.IdentityCard, "employment", 4 // I-766
	case second == 'R', first == 'R':
		return report.ResidencePermit, "", 6
	case issuer == "NLD" && first == 'I' && second == 'T':
		return report.ResidencePermit, "", 4
	case first == 'A', first == 'C' && issuer != "":
		return report.ResidencePermit, "", 2.5
	}
	return report.IdentityCard, "", 3
}

// barcode votes by the payload of a North American card.
func (c *Classifier) barcode(v *votes, b *aamva.Document) {
	if b == nil {
		return
	}
	switch {
	case b.Type == "ID":
		v.forType(8, report.IdentityCard, "", "AAMVA barcode of type %s", b.Type)
	case b.Permit == aamva.Yes:
		v.forType(8, report.DrivingLicense, "learner", "AAMVA barcode of a permit")
	default:
		v.forType(8, report.DrivingLicense, "", "AAMVA barcode of type %s", b.Type)
	}
	country := b.Issuer.Country
	if country == "" {
		country = b.Country
	}
	if _, known := mrz.StateName(country); known {
		v.forIssuer(9, country, "issuer of the AAMVA barcode")
	}
	if r := b.Issuer.Region(); r != "" {
		v.forRegion(9, r, "issuer number %s of the AAMVA barcode", b.Issuer.IIN)
	}
}
