package textread

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"idproof/engine/raster"
)

// drawn are letters without their own base that recognisers of few letters take for others.
var drawn = strings.NewReplacer("Þ", "P", "Ð", "D", "Đ", "D", "ẞ", "B", "SS", "B", "Ø", "O", "Ł", "L", "Ħ", "H", "Æ", "AE", "Œ", "OE", "Ə", "E")

// shape is what a text looks like without marks, case, spaces and punctuation.
func shape(text string) string {
	return drawn.Replace(strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToUpper(c)
		}
		return -1
	}, norm.NFD.String(strings.ToUpper(text))))
}

// Detectors cut off what stands above capitals: the strips are so much higher
// than the line, and a part of that lies above.
var taller, above = []float64{0.3, 0.45}, 0.2

// Spell looks at a line for the marks on its letters: what the recogniser that
// knows them all reads is taken where it has the same letters but for their
// marks. The line is returned as it was otherwise.
func (r *Reader) Spell(ctx context.Context, picture *raster.Gray, v View, line Line) (Line, error) {
	if line.Script != Latin {
		return line, nil
	}
	for _, more := range taller {
		l := line.Box.line()
		l.Center.Y -= above * more * l.Height
		l.Height *= 1 + more
		again, err := look(ctx, r.letters, picture, l, l.Through(v.ToPicture))
		if err != nil {
			return line, err
		}
		if again.Confidence >= doubt && shape(again.Text) == shape(line.Text) {
			again.Box = line.Box
			return again, nil
		}
	}
	return line, nil
}
