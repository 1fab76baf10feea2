package forgery

import (
	"math"
	"math/cmplx"
)

// fft transforms in place; the length is a power of two.
func fft(a []complex128) {
	n := len(a)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			a[i], a[j] = a[j], a[i]
		}
	}
	for size := 2; size <= n; size <<= 1 {
		half := size / 2
		step := cmplx.Exp(complex(0, -2*math.Pi/float64(size)))
		w := make([]complex128, half)
		w[0] = 1
		for k := 1; k < half; k++ {
			w[k] = w[k-1] * step
		}
		for s := 0; s < n; s += size {
			lo, hi := a[s:s+half:s+half], a[s+half:s+size:s+size]
			for k, x := range lo {
				t := w[k] * hi[k]
				lo[k], hi[k] = x+t, x-t
			}
		}
	}
}

// power is the power spectrum of two real squares of side n at once: their sum as
// one complex signal would mix them, so it is unmixed by symmetry.
func power(p, q []float64, n int) (sp, sq []float64) {
	a := make([]complex128, n*n)
	for i := range a {
		a[i] = complex(p[i], q[i])
	}
	for y := range n {
		fft(a[y*n : (y+1)*n])
	}
	col := make([]complex128, n)
	for x := range n {
		for y := range n {
			col[y] = a[y*n+x]
		}
		fft(col)
		for y := range n {
			a[y*n+x] = col[y]
		}
	}
	sp, sq = make([]float64, n*n), make([]float64, n*n)
	for y := range n {
		for x := range n {
			f, g := a[y*n+x], cmplx.Conj(a[(n-y)%n*n+(n-x)%n])
			u, v := (f+g)/2, (f-g)/2
			sp[y*n+x] = real(u)*real(u) + imag(u)*imag(u)
			sq[y*n+x] = real(v)*real(v) + imag(v)*imag(v)
		}
	}
	return sp, sq
}
