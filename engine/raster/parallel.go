package raster

import (
	"runtime"
	"sync"
)

// parallelFrom is the number of pixels from which work is split: below it,
// starting goroutines costs more than it gains and steals from other requests.
const parallelFrom = 1 << 20

// rows calls f for consecutive bands of the rows 0 to h of a picture w pixels
// wide, at the same time when the picture is large, and returns when all are
// done.
func rows(h, w int, f func(y0, y1 int)) {
	n := min(runtime.GOMAXPROCS(0), 8, h)
	if n < 2 || h*w < parallelFrom {
		f(0, h)
		return
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(h*i/n, h*(i+1)/n) })
	}
	wg.Wait()
}
