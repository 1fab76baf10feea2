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
// much better they read that way than the other, from 0 (no telling) to 1. It
// reads no more lines once they agree.
func (r *Reader) Upright(ctx context.Context, im *raster.Gray, lines []ocr.Line) (angle, margin float64, err error) {
	const most, atOnce, surely = 6, 2, 0.25
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
	tried = tried[:min(most, len(tried))]
	var sum float64
	read := 0
	for ; read < len(tried); read += atOnce {
		some := tried[read:min(read+atOnce, len(tried))]
		votes, err := r.votes(ctx, im, some)
		if err != nil {
			return 0, 0, fmt.Errorf("textread: %w", err)
		}
		for _, v := range votes {
			sum += v
		}
		if len(some) == atOnce && (slices.Min(votes) > surely || slices.Max(votes) < -surely) {
			read += len(some)
			break
		}
	}
	margin = sum / float64(min(read, len(tried)))
	if margin < 0 {
		return tilt + math.Pi, -margin, nil
	}
	return tilt, margin, nil
}

// votes are how much better each line reads as it stands than turned around.
func (r *Reader) votes(ctx context.Context, im *raster.Gray, lines []ocr.Line) ([]float64, error) {
	votes := make([]float64, len(lines))
	g, ctx := errgroup.WithContext(ctx)
	for i, l := range lines {
		g.Go(func() error {
			there, err := look(ctx, r.letters, im, l, l)
			if err != nil {
				return err
			}
			back, err := look(ctx, r.letters, im, l.Flip(), l.Flip())
			votes[i] = there.Confidence - back.Confidence
			return err
		})
	}
	return votes, g.Wait()
}
