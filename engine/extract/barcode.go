package extract

import (
	"strconv"
	"strings"

	"idproof/aamva"
)

// BarcodeField is a field of the report as a barcode says it.
type BarcodeField struct {
	// Name is the report's: Surname, Date_of_Birth.
	Name string
	// Value is normalised as elsewhere in the report: dates as ISO 8601, sex as M,
	// F or X, height in centimetres. Original is as encoded, without padding.
	Value, Original string
}

// FromAAMVA returns what a North American licence's barcode says as fields of the
// report, those without a value left out, in the order of the report.
func FromAAMVA(d *aamva.Document) []BarcodeField {
	var f []BarcodeField
	add := func(name, value, original string) {
		if value != "" {
			f = append(f, BarcodeField{name, value, original})
		}
	}
	same := func(name, value string) { add(name, value, value) }
	date := func(name string, v aamva.Date) { add(name, v.String(), v.Raw) }
	coded := func(name, value, code string) {
		original, _ := d.Get(code)
		if original == "" {
			original = value
		}
		add(name, value, original)
	}

	same("Surname", d.Surname)
	same("Given_Names", d.AllGivenNames())
	same("Name_Suffix", d.Suffix)
	date("Date_of_Birth", d.BirthDate)
	same("Place_of_Birth", d.PlaceOfBirth)
	coded("Sex", d.Sex.String(), "DBC")
	same("Document_Number", d.Number)
	date("Date_of_Issue", d.IssueDate)
	date("Date_of_Expiry", d.ExpiryDate)
	coded("Issuing_Country", d.Country, "DCG")
	add("Issuing_Region", d.Issuer.Region(), d.Issuer.Code)
	add("Address", d.Address.String(), printedAddress(d))
	if d.Height.Value > 0 {
		add("Height", strconv.Itoa(d.Height.Value), d.Height.Raw)
	}
	if d.Weight.Value > 0 {
		add("Weight", strconv.Itoa(d.Weight.Value), d.Weight.Raw)
	}
	coded("Eye_Colour", d.EyeColour, "DAY")
	coded("Hair_Colour", d.HairColour, "DAZ")
	same("Categories", d.Class)
	same("Restrictions", d.Restrictions)
	same("Endorsements", d.Endorsements)
	same("Document_Discriminator", d.Discriminator)
	same("Inventory_Number", d.InventoryControl)
	return f
}

// printedAddress joins the parts of the address as they are encoded.
func printedAddress(d *aamva.Document) string {
	var parts []string
	for _, code := range []string{"DAG", "DAH", "DAI", "DAJ", "DAK"} {
		if v, _ := d.Get(code); v != "" {
			parts = append(parts, v)
		}
	}
	return strings.Join(parts, ", ")
}

// AAMVAElements returns all elements by their codes, for the report's
// Barcode.Fields: of an element that occurs again the first value that says
// something, without padding.
func AAMVAElements(d *aamva.Document) map[string]string {
	fields := map[string]string{}
	for _, s := range d.Subfiles {
		for _, e := range s.Elements {
			if fields[e.Code] == "" {
				fields[e.Code] = strings.TrimSpace(e.Value)
			}
		}
	}
	return fields
}
