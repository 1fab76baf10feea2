package textread

import (
	"context"
	"fmt"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"

	"idproof/engine/ocr"
	"idproof/engine/raster"
)

// Upright returns the direction in which the text of a picture reads, in
// radians clockwise from the x axis, by reading some lines both ways; and how
// much better they read that way than the other, from 0 (no telling) to 1.
func (r *Reader) Upright(ctx context.Context, im *raster.Gray, lines []ocr.Line) (angle, margin float64, err error) {
	const enough = 6
	tilt := ocr.Tilt(lines)
	var tried []ocr.Line
	for _, l := range lines {
		if l.Length > 3*l.Height && math.Abs(math.Cos(l.Angle-tilt)) > 0.9 {
			if math.Cos(l.Angle-tilt) < 0 {
				l = l.Flip()
			}
			tried = append(tried, l)
		}
	}
	if len(tried) == 0 {
		return tilt, 0, nil
	}
	// Words of some eight letters are the most telling for their time.
	slices.SortStableFunc(tried, func(a, b ocr.Line) int {
		off := func(l ocr.Line) float64 { return math.Abs(math.Log(l.Length / l.Height / 7)) }
		if off(a) < off(b) {
			return -1
		}
		return 1
	})
	tried = tried[:min(enough, len(tried))]
	vote := make([]float64, len(tried))
	g, ctx := errgroup.WithContext(ctx)
	for i, l := range tried {
		g.Go(func() error {
			there, err := look(ctx, r.eyes[0], im, l, l)
			if err != nil {
				return err
			}
			back, err := look(ctx, r.eyes[0], im, l.Flip(), l.Flip())
			vote[i] = there.Confidence - back.Confidence
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return 0, 0, fmt.Errorf("textread: %w", err)
	}
	for _, v := range vote {
		margin += v / float64(len(vote))
	}
	if margin < 0 {
		return tilt + math.Pi, -margin, nil
	}
	return tilt, margin, nil
}
