package forgery

import (
	"math"
	"math/cmplx"
)

// fourier transforms signals of one length, a power of two.
type fourier struct {
	n     int
	roots []complex128
}

func newFourier(n int) *fourier {
	f := &fourier{n: n, roots: make([]complex128, n/2)}
	for k := range f.roots {
		f.roots[k] = cmplx.Exp(complex(0, -2*math.Pi*float64(k)/float64(n)))
	}
	return f
}

// transform works in place (Cooley and Tukey 1965).
func (f *fourier) transform(a []complex128) {
	n := f.n
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
		half, step := size/2, n/size
		for s := 0; s < n; s += size {
			lo, hi := a[s:s+half:s+half], a[s+half:s+size:s+size]
			for k, x := range lo {
				t := f.roots[k*step] * hi[k]
				lo[k], hi[k] = x+t, x-t
			}
		}
	}
}

// power is the power spectrum of two real squares of side n at once: their sum as
// one complex signal would mix them, so it is unmixed by symmetry.
func (f *fourier) power(p, q []float64) (sp, sq []float64) {
	n := f.n
	a := make([]complex128, n*n)
	for i := range a {
		a[i] = complex(p[i], q[i])
	}
	for y := range n {
		f.transform(a[y*n : (y+1)*n])
	}
	// Four columns at a time, as they lie side by side.
	const side = 4
	col := make([]complex128, side*n)
	for x := 0; x < n; x += side {
		for y := range n {
			for k := range side {
				col[k*n+y] = a[y*n+x+k]
			}
		}
		for k := range side {
			f.transform(col[k*n : (k+1)*n])
		}
		for y := range n {
			for k := range side {
				a[y*n+x+k] = col[k*n+y]
			}
		}
	}
	sp, sq = make([]float64, n*n), make([]float64, n*n)
	for y := range n {
		for x := range n {
			z, g := a[y*n+x], cmplx.Conj(a[(n-y)%n*n+(n-x)%n])
			u, v := (z+g)/2, (z-g)/2
			sp[y*n+x] = real(u)*real(u) + imag(u)*imag(u)
			sq[y*n+x] = real(v)*real(v) + imag(v)*imag(v)
		}
	}
	return sp, sq
}
