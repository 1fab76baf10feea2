package textread

import "testing"

func TestOneScript(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"Latin stays", "MÜLLER 12", "MÜLLER 12"},
		{"Cyrillic stays", "ИВАНОВ ПЁТР", "ИВАНОВ ПЁТР"},
		{"Greek stays", "ΠΑΠΑΔΟΠΟΥΛΟΣ", "ΠΑΠΑΔΟΠΟΥΛΟΣ"},
		{"one Latin letter decides", "ТКАСНЕNKO", "TKACHENKO"},
		{"one Cyrillic letter decides", "BAHOBЛ", "ВАНОВЛ"},
		{"a word of its own follows the line", "БОРИС ABBA", "БОРИС АВВА"},
		{"no evidence: as it was read", "САВА", "САВА"},
		{"no evidence but the majority", "САBА", "САВА"},
		{"letters that no script has together stay", "ЖOΔ", "ЖOΔ"},
		{"each word by itself", "ИВАНОВ/IVАNOVLD", "ИВАНОВ/IVANOVLD"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := oneScript(tt.text); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
