package lexicon

import "testing"

func TestTry(t *testing.T) {
	x, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"Surname / Nom / Nachname", "Date of birth/Date de naissance", "Sumamel Nom", "Sex/ Sexe", "(3) Date of birth", "4a. 01.02.2013", "AdilGiven Name (s)", "NationalitélNationality", "SexM", "Nr. 123", "GOMES", "Passport No./Passeport No.", "PASSPORTNO."} {
		t.Log(s, x.Labels(s), x.Titles(s), x.States(s))
	}
}

func BenchmarkLabels(b *testing.B) {
	x, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		x.Labels("Date of birth/Date de naissance/Geburtsdatum")
	}
}
