package checks

import (
	"math"
	"slices"

	"idproof/catalogue"
	"idproof/mrz"
	"idproof/report"
)

// unlimited is the year that documents give which never run out.
const unlimited = 9999

// validity compares the time from issue to expiry with the periods for which the
// issuer gives such documents out to somebody of that age. Shorter ones are
// ordinary: lost documents are replaced for what is left of their time. Longer ones
// are a warning, for rules change and exceptions are many; but no state gives out
// passports for a year more than its law says.
func (d Data) validity(s *report.DocumentSummary) report.Check {
	const name = "validity_length"
	born, from, to := date(s, "Date_of_Birth"), date(s, "Date_of_Issue"), date(s, "Date_of_Expiry")
	switch {
	case !from.Complete() || !to.Complete():
		return skipped(name, "the document does not give both complete dates")
	case to.Year == unlimited:
		return skipped(name, "the document does not run out")
	case !day(from).Before(day(to)):
		return skipped(name, "the dates are not in order")
	}
	years := d.years(from, born)
	if len(years) == 0 {
		return skipped(name, "it is not known for how long this issuer gives out such documents")
	}
	length := day(to).Sub(day(from)).Hours() / 24
	over := int(length - day(from).AddDate(slices.Max(years), 0, 0).Sub(day(from)).Hours()/24)
	c := report.Check{Name: name, Result: report.Passed, Evidence: map[string]any{
		"years": math.Round(length/36.525) / 10, "known_years": years,
	}}
	const (
		month = 31 // some count from the day of the application, or to the end of a month
		year  = 366
	)
	// Many run to a birthday, or to the last day of a year.
	rounded := to.Month == 12 && to.Day == 31 || born.Month == to.Month && abs(born.Day-to.Day) <= 1
	switch {
	case over <= month || over <= year && rounded:
	case over > year && d.Type == report.Passport && sure(field(s, "Date_of_Issue")) && sure(field(s, "Date_of_Expiry")):
		c.Result, c.Reason = report.FailedCheck, "the document is valid for longer than its issuer gives out such documents"
	default:
		c.Result, c.Reason = report.Warning, "the document seems to be valid for longer than its issuer gives out such documents"
	}
	return c
}

func abs(v int) int { return max(v, -v) }

// years are the known periods of validity, in whole years, for a document of the
// day; none when some series that it may be of has no known period.
func (d Data) years(from, born mrz.Date) []int {
	if d.Known == nil || d.Issuer == "" || d.Type == "" {
		return nil
	}
	age := -1
	if born.Complete() {
		age = from.Year - born.Year
		if from.Month < born.Month || from.Month == born.Month && from.Day < born.Day {
			age--
		}
	}
	var out []int
	for _, e := range d.Known.Find(catalogue.Query{Issuer: d.Issuer, Region: d.Region, Type: d.Type, Subtype: d.Subtype, Year: from.Year}) {
		known := e.Years(age)
		if len(known) == 0 {
			return nil
		}
		out = append(out, known...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
