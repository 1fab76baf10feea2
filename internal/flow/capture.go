package flow

import (
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"slices"
)

// capture is how a picture came to be, as the page's script measured it (see
// web/src/capture). It says something about cameras and light, nothing about
// the person, and decides nothing.
type capture struct {
	By      string  `json:"by"`       // auto, manual: live camera; app: the phone's camera app; file
	Hint    string  `json:"hint"`     // what the person was last told; "good" when nothing was wrong
	Frames  float64 `json:"frames"`   // looked at before the picture was taken
	FrameMS float64 `json:"frame_ms"` // mean time of a look
	Width   float64 `json:"width"`
	Height  float64 `json:"height"`

	Support     float64 `json:"support"`
	Coverage    float64 `json:"coverage"`
	Perspective float64 `json:"perspective"`
	Turn        float64 `json:"turn"`
	Brightness  float64 `json:"brightness"`
	Glare       float64 `json:"glare"`
	Blur        float64 `json:"blur"`
	Motion      float64 `json:"motion"`
	Size        float64 `json:"size"`
	Shadow      float64 `json:"shadow"`
}

var (
	captureWays  = []string{"auto", "manual", "app", "file"}
	captureHints = []string{
		"", "good", "search", "dark", "edge", "near", "far", "tilt", "glare", "still", "blur",
		"bright", "face", "face_near", "face_far", "centre", "shadow",
	}
)

// parseCapture reads the measures; what a script of ours would not send is no capture.
func parseCapture(r io.Reader) (capture, bool) {
	var c capture
	if json.NewDecoder(io.LimitReader(r, 4<<10)).Decode(&c) != nil {
		return c, false
	}
	numbers := []float64{
		c.Frames, c.FrameMS, c.Width, c.Height, c.Support, c.Coverage, c.Perspective, c.Turn,
		c.Brightness, c.Glare, c.Blur, c.Motion, c.Size, c.Shadow,
	}
	odd := func(n float64) bool { return n < 0 || n > 1e6 || math.IsNaN(n) }
	return c, slices.Contains(captureWays, c.By) && slices.Contains(captureHints, c.Hint) && !slices.ContainsFunc(numbers, odd)
}

// noteCapture writes the measures of a picture to the log: the operator sees
// which cameras and which light make people fail, without seeing people.
func (h *handler) noteCapture(r *http.Request, side string, body io.Reader) {
	c, ok := parseCapture(body)
	if !ok {
		return
	}
	h.log.LogAttrs(r.Context(), slog.LevelInfo, "picture taken",
		slog.String("side", side), slog.String("by", c.By), slog.String("hint", c.Hint),
		slog.Float64("width", c.Width), slog.Float64("height", c.Height),
		slog.Float64("frames", c.Frames), slog.Float64("frame_ms", c.FrameMS),
		slog.Float64("coverage", c.Coverage), slog.Float64("perspective", c.Perspective), slog.Float64("turn", c.Turn),
		slog.Float64("brightness", c.Brightness), slog.Float64("glare", c.Glare), slog.Float64("blur", c.Blur), slog.Float64("motion", c.Motion),
	)
}
