package flow

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"idproof/internal/session"
	"idproof/locales"
)

// live is the session's state as the page's script hears it.
type live struct {
	Page     string  `json:"page"`
	Revision string  `json:"revision"`
	Progress float64 `json:"progress"`
	Label    string  `json:"label"`
	Begun    bool    `json:"begun"` // a document was chosen, here or on another device
}

func liveOf(v *visit, st *session.State) live {
	return live{
		Page: v.at(current(st)), Revision: strconv.FormatInt(st.Version, 10),
		Progress: progress(st), Label: doing(v, st), Begun: st.DocumentType != "",
	}
}

// progress is the finished part of the analysis, 0 to 1.
func progress(st *session.State) float64 {
	p := st.Progress
	if p == nil || p.Total <= 0 {
		return 0
	}
	return min(1, max(0, float64(p.Done)/float64(p.Total)))
}

// stages says what the engine does next to a person, by the step of its
// pipeline that ended last.
var stages = map[string]string{
	"":       "check.stage.queued",
	"decode": "check.stage.look",
	"text":   "check.stage.read",
}

func stage(l *locales.Locale, st *session.State) string {
	step := ""
	if st.Progress != nil {
		step = st.Progress.Step
	}
	if key, ok := stages[step]; ok {
		return l.Text(key)
	}
	return l.Text("check.stage.compare")
}

func (h *handler) showCheck(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pageCheck) {
		return
	}
	out := h.newView(v, pageCheck, v.text("check.title"))
	out.Art = art(v.state.DocumentType, pageFront)
	out.Percent = int(100 * progress(&v.state))
	out.Label = stage(v.locale, &v.state)
	out.OnPhone = v.phone
	h.render(w, r, http.StatusOK, "check", out, v.state.FrameOrigins)
}

// state answers once what events would say.
func (h *handler) state(w http.ResponseWriter, _ *http.Request, v *visit) {
	writeJSON(w, http.StatusOK, liveOf(v, &v.state))
}

const (
	// heartbeat keeps proxies from closing a silent stream and lets the
	// page's script notice a dead one (it waits 15 s).
	heartbeat = 10 * time.Second
	// streamLife ends a stream; the browser opens the next one by itself.
	streamLife = 5 * time.Minute
)

// events streams the session's state until it ends or the browser goes.
func (h *handler) events(w http.ResponseWriter, r *http.Request, v *visit) {
	control := http.NewResponseController(w)
	changes, err := h.sessions.Subscribe(r.Context(), v.id)
	if err != nil {
		h.broken(w, r, err)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no")
	write := func(format string, args ...any) bool {
		// A server without deadlines per write answers ErrNotSupported: fine.
		_ = control.SetWriteDeadline(time.Now().Add(2 * heartbeat))
		if _, err := fmt.Fprintf(w, format, args...); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	if !write("retry: 2000\n\n") {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	end := time.NewTimer(streamLife)
	defer end.Stop()
	for {
		select {
		case st, open := <-changes:
			if !open {
				return
			}
			data, err := json.Marshal(liveOf(v, &st))
			if err != nil || !write("event: state\ndata: %s\n\n", data) {
				return
			}
		case <-beat.C:
			if !write("event: alive\ndata:\n\n") {
				return
			}
		case <-end.C:
			return
		case <-r.Context().Done():
			return
		}
	}
}
