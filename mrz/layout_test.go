package mrz_test

import (
	"strings"
	"testing"

	"idproof/mrz"
)

func TestLayoutsCoverEveryPositionOnce(t *testing.T) {
	for _, f := range mrz.Formats() {
		for i, l := range f.Layouts() {
			name := f.String()
			if i > 0 {
				name += " " + l.Starts[0]
			}
			t.Run(name, func(t *testing.T) {
				if l.Lines != len(l.Widths) || l.Format != f {
					t.Fatalf("layout %v with %d lines, %d widths", l.Format, l.Lines, len(l.Widths))
				}
				taken := make([][]int, l.Lines)
				for line, w := range l.Widths {
					taken[line] = make([]int, w)
				}
				for _, s := range l.Fields {
					for p := s.Start; p < s.Start+s.Len; p++ {
						taken[s.Line][p]++
					}
				}
				for _, c := range l.Checks {
					taken[c.Line][c.Pos]++
					for _, s := range c.Spans {
						if s.Start+s.Len > l.Widths[s.Line] {
							t.Errorf("%s: span %v leaves the line", c.Field, s)
						}
					}
				}
				for line := range taken {
					for p, n := range taken[line] {
						if n != 1 {
							t.Errorf("line %d position %d belongs to %d fields", line, p, n)
						}
					}
				}
			})
		}
	}
}

func TestAlphabet(t *testing.T) {
	const (
		digits  = "0123456789"
		letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	)
	tests := []struct {
		name      string
		format    mrz.Format
		line, pos int
		want      string
	}{
		{"passport code", mrz.TD3, 0, 0, "P"},
		{"passport type", mrz.TD3, 0, 1, digits + letters + "<"},
		{"visa code", mrz.MRVA, 0, 0, "V"},
		{"card code", mrz.TD1, 0, 0, "ACIP"},
		{"issuer", mrz.TD3, 0, 2, letters + "<"},
		{"name", mrz.TD3, 0, 43, letters + "<"},
		{"number", mrz.TD3, 1, 0, digits + letters + "<"},
		{"number's digit", mrz.TD3, 1, 9, digits},
		{"long number's digit", mrz.TD1, 0, 14, digits + "<"},
		{"birth", mrz.TD3, 1, 13, digits + "<"},
		{"birth's digit", mrz.TD3, 1, 19, digits},
		{"sex", mrz.TD3, 1, 20, "FMX<"},
		{"personal number's digit", mrz.TD3, 1, 42, digits + "<"},
		{"composite", mrz.TD3, 1, 43, digits},
		{"French issuer", mrz.FRID, 0, 3, "R"},
		{"licence code", mrz.DL1, 0, 0, "D"},
		{"Swiss code", mrz.CHDL, 1, 0, "F"},
		{"Swiss filler", mrz.CHDL, 0, 8, "<"},
		{"beyond the line", mrz.TD1, 0, 30, ""},
		{"beyond the zone", mrz.TD1, 3, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.format.Layout().Alphabet(tt.line, tt.pos); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	for k := mrz.KindAlnum; k <= mrz.KindLetters; k++ {
		if k.Alphabet() == "" {
			t.Errorf("kind %d has no alphabet", k)
		}
	}
}

func TestAt(t *testing.T) {
	l := mrz.TD3.Layout()
	if f, k, ok := l.At(1, 9); f != mrz.FieldNumber || k != mrz.KindCheck || !ok {
		t.Errorf("check digit of the number: %v %v %v", f, k, ok)
	}
	if _, _, ok := l.At(0, 44); ok {
		t.Error("a position outside the line is there")
	}
	if _, ok := l.Spec("nothing"); ok {
		t.Error("an unknown field is there")
	}
}

func TestFormatNames(t *testing.T) {
	var names []string
	for _, f := range mrz.Formats() {
		names = append(names, f.String())
	}
	if got, want := strings.Join(names, " "), "TD1 TD2 TD3 MRVA MRVB FRAID SVKID DL1 CHDL"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if mrz.Unknown.String() != "UNKNOWN" || mrz.Format(200).String() != "UNKNOWN" {
		t.Error("unknown formats are not called so")
	}
	if mrz.Unknown.Layout() != nil || mrz.Format(200).Layout() != nil {
		t.Error("an unknown format has a layout")
	}
}
