// Package fingerprint tells whether two files hold the same picture, also after
// it was scaled, compressed again or made a little brighter, as messengers and
// websites do. It does not tell whether two photographs show the same thing:
// those differ as any two pictures do.
//
// A fingerprint is made of the low frequencies of the picture's luma, each
// weighed by its frequency, so that fine detail (whose portrait, which print)
// counts as much as the layout that all documents of a kind share; after
// Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions",
// 2010. What becomes of a fingerprint, and how it is kept from telling anything,
// is the business of whoever keeps it.
package fingerprint

import (
	"errors"
	"math"
	"slices"
	"sync"

	"idproof/engine/raster"
)

const (
	side  = 64 // pixels of the reduced picture
	most  = 16 // frequencies in either direction
	count = 240
	// Bands is the number of pieces that a fingerprint has; see [Print.Bands].
	Bands   = 10
	bandLen = count / Bands
	// Same is the likeness from which on two pictures are the same. Of 105 pictures
	// of documents, scaled and compressed again, none fell under 0.997; changed in
	// name, number or portrait, under 0.995; further photographs of the same
	// document stayed under 0.95. Drawings of one template can pass with another
	// portrait in them. A picture that was cut by one per cent is another picture.
	Same = 0.99
)

// Print is the fingerprint of a picture: amplitudes by rising frequency, of unit
// length but for rounding.
type Print [count]int8

// ErrPrint says that bytes are no fingerprint.
var ErrPrint = errors.New("fingerprint: not a fingerprint")

// scale makes the amplitudes of a unit vector fill a byte; larger ones are cut.
const scale = 500

// frequencies are those that a print holds, the lowest first, without the mean.
var frequencies = sync.OnceValue(func() [][2]int {
	var all [][2]int
	for v := range most {
		for u := range most {
			if u+v > 0 {
				all = append(all, [2]int{u, v})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b [2]int) int { return a[0]*a[0] + a[1]*a[1] - b[0]*b[0] - b[1]*b[1] })
	return all[:count]
})

// cosines[u][x] of the cosine transform.
var cosines = sync.OnceValue(func() (c [most][side]float64) {
	for u := range c {
		for x := range c[u] {
			c[u][x] = math.Cos(math.Pi * float64(u) * (float64(x) + 0.5) / side)
		}
	}
	return c
})

// Of returns the fingerprint of an upright picture. A picture of one colour has
// the zero print, which is like no other.
func Of(im *raster.Image) Print {
	small := im.Resize(side, side).Gray()
	cos := cosines()
	var across [side][most]float64
	for y := range side {
		for u := range most {
			for x := range side {
				across[y][u] += cos[u][x] * float64(small.Pix[y*side+x])
			}
		}
	}
	var amplitude [count]float64
	length := 0.0
	for i, f := range frequencies() {
		sum := 0.0
		for y := range side {
			sum += cos[f[1]][y] * across[y][f[0]]
		}
		amplitude[i] = sum * math.Hypot(float64(f[0]), float64(f[1]))
		length += amplitude[i] * amplitude[i]
	}
	var p Print
	if length = math.Sqrt(length); length < 1 {
		return p
	}
	for i, a := range amplitude {
		p[i] = int8(math.Round(max(-127, min(127, scale*a/length))))
	}
	return p
}

// Zero tells whether the picture had nothing to tell it by.
func (p Print) Zero() bool { return p == Print{} }

// Bands are pieces of the fingerprint, as numbers, of which at least one is very
// probably the same for the same picture. By them prints are found among many;
// whether two are the same says [Print.Likeness].
func (p Print) Bands() (b [Bands]uint32) {
	for i, a := range p {
		if a >= 0 {
			b[i%Bands] |= 1 << (i / Bands)
		}
	}
	return b
}

// Likeness is the correlation of two fingerprints, -1 to 1.
func (p Print) Likeness(q Print) float64 {
	var dot, pp, qq float64
	for i := range p {
		a, b := float64(p[i]), float64(q[i])
		dot, pp, qq = dot+a*b, pp+a*a, qq+b*b
	}
	if pp == 0 || qq == 0 {
		return 0
	}
	return dot / math.Sqrt(pp*qq)
}

// Bytes is the fingerprint to be kept.
func (p Print) Bytes() []byte {
	out := make([]byte, count)
	for i, a := range p {
		out[i] = byte(a)
	}
	return out
}

// Parse reads what [Print.Bytes] wrote.
func Parse(b []byte) (p Print, err error) {
	if len(b) != count {
		return p, ErrPrint
	}
	for i, a := range b {
		p[i] = int8(a)
	}
	return p, nil
}
