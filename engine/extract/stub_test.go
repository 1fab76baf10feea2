package extract

import (
	"regexp"
	"testing"
)

var stub = []struct{ re, field string }{
	{`sur ?name|apelli?dos?|primer ?apellido|familienname|last ?name|nachname|priezvisko|prezime|nume|primary identifier|efternamn|sukunimi`, surname},
	{`segundo ?apellido`, surname},
	{`given ?names?s?|forenames?|first ?names?|pr[ée]noms?|prenume|pronume|vornamen?|meno|ime|nombres?|nombre|secondary identifier|identifiant secondaire|etunimet`, givenNames},
	{`name|nom`, fullName},
	{`nationalit[éy]|nacionali?dad|citizenship|drzavljanstvo|statne ?obcianstvo|staatsangehorigkeit`, nationality},
	{`dat[ae] ?of ?birth|date de naissance|geburtsdatum|datum narodenia|datum rodenja|fecha ?de ?nacimiento|fechadenacento|date ofbirth|dete of birth|date of bih`, birthDate},
	{`place ?of ?birth|lieu de naissance|loc ?nastere|geburtsort|lugar de nacimiento`, birthPlace},
	{`sexe?o?|sex|pohlavie|spol|geschlecht`, sex},
	{`passport ?(card)? ?n(o|umber)\.?|document ?n(o|umber)\.?|cislo/no|id no|identity card number|idesp|numero de document|no\.? ?du ?passeport|passport ?number|nummer|passepor?t ?nr`, number},
	{`personal ?n(o|umber)\.?|rodne ?cislo|cnp|personal no|i\.?d\.? ?no`, personal},
	{`date ?of ?issue|issued on|date de delivrance|datum vydania|date of lssue`, issueDate},
	{`date ?of ?expiry|date ?of ?expiration|valid until|expires on|valido ?hasta|validez|date d'expiration|datum platnosti|vrijedi do|validity|valabilitate|gultig bis`, expiryDate},
	{`authority|autorit[ée]|vydal|issued by|behorde`, authority},
	{`address|adresse|domiciliu|domicilio`, address},
	{`signature|type|country code|code|firma|unterschrift|holder's signature|podpis drzitel'a`, ""},
}

func developmentExtractor(t *testing.T) *Extractor {
	t.Helper()
	x, err := New(func(line string) []Label {
		var out []Label
		low := fold(line)
		if len([]rune(low)) != len(low) {
			b := []byte(digitsSeen(low))
			low = string(b)
		}
		for _, s := range stub {
			re := regexp.MustCompile(`(?:^|[^a-z])(` + s.re + `)(?:[^a-z]|$)`)
			for _, g := range re.FindAllStringSubmatchIndex(low, -1) {
				l := Label{Field: s.field, From: g[2], To: g[3], Score: 1}
				if !overlaps(out, l) {
					out = append(out, l)
				}
			}
		}
		return out
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return x
}
