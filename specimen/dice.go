package specimen

import (
	"math"
	"math/rand/v2"
)

// dice are the throws that the drawing code asks for.
type dice struct{ *rand.Rand }

func (d dice) between(a, b float64) float64 { return a + (b-a)*d.Float64() }

// scale throws between a and b so that every octave is equally likely.
func (d dice) scale(a, b float64) float64 { return a * math.Pow(b/a, d.Float64()) }

func (d dice) chance(p float64) bool { return d.Float64() < p }

// near throws around 0 with standard deviation sd, never beyond limit.
func (d dice) near(sd, limit float64) float64 {
	return min(max(d.NormFloat64()*sd, -limit), limit)
}

func (d dice) sign() float64 {
	if d.chance(0.5) {
		return -1
	}
	return 1
}

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }
