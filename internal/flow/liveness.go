package flow

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"idproof/internal/liveness"
	"idproof/internal/session"
	"idproof/report"
)

// Liveness is what the pages need of active liveness; *liveness.Service is it.
type Liveness interface {
	// Issue gives the person a new challenge.
	Issue(ctx context.Context, sessionID string, by session.Actor) (*liveness.Asked, error)
	// Add takes the n-th part of the answer.
	Add(ctx context.Context, sessionID, token string, n int, frames []liveness.Frame) error
	// Finish makes one document of the parts.
	Finish(ctx context.Context, sessionID, token string, parts int, camera *report.Camera, by session.Actor) error
	// Decline lets the person go on without.
	Decline(ctx context.Context, sessionID string) error
}

// pageLiveness is where the person does what a challenge asks.
const pageLiveness page = "liveness"

// recording is the document that the page makes.
const recording = session.Recording

func (h *handler) livenessRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /verify/{id}/liveness", h.visit(h.showLiveness))
	mux.HandleFunc("POST /verify/{id}/liveness", h.visit(h.finishLiveness))
	mux.HandleFunc("POST /verify/{id}/liveness/challenge", h.visit(h.challenge))
	mux.HandleFunc("POST /verify/{id}/liveness/frames", h.visit(h.frames))
	mux.HandleFunc("POST /verify/{id}/liveness/without", h.visit(h.withoutLiveness))
}

// chosen tells whether there is a type of document, or need be none.
func chosen(st *session.State) bool { return st.DocumentType != "" || st.NoDocument }

// faceAlone tells whether the face is all that is wrong, so that a new recording mends it.
func faceAlone(st *session.State) bool {
	return st.Recording && len(st.Reasons) > 0 &&
		!slices.ContainsFunc(st.Reasons, func(r report.Reason) bool { return !strings.HasPrefix(r.Code, "LIVENESS_") })
}

func (h *handler) showLiveness(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pageLiveness) || h.notBegun(w, r, v) {
		return
	}
	st := &v.state
	heading := v.text("liveness.title")
	out := h.newView(v, pageLiveness, heading)
	out.Heading, out.Art = heading, art(st.DocumentType, pageLiveness)
	out.Change = len(st.DocumentTypes) > 1 && !st.NoDocument
	out.Other, out.Tips = v.offersPhone(), livenessTips
	if documentOf(recording, st) != nil && !r.URL.Query().Has("again") && !asksAgain(st) {
		out.Stored = true
		next, submit := after(st)
		out.Next, out.NextSubmits = v.at(next), submit
	}
	out.Texts = map[string]string{}
	for _, key := range livenessTexts {
		out.Texts[key] = v.text(key)
	}
	h.render(w, r, http.StatusOK, "liveness", out, st.FrameOrigins)
}

// livenessTips are what makes a recording good.
var livenessTips = []string{"upload.tip_face_light", "upload.tip_face_bare", "upload.tip_face_alone"}

// livenessTexts are the words that the page's script needs.
var livenessTexts = []string{
	"liveness.start", "liveness.ready", "liveness.straight", "liveness.back", "liveness.done", "liveness.step",
	"liveness.action.TurnLeft", "liveness.action.TurnRight", "liveness.action.LookUp",
	"liveness.action.MoveTowardsCamera", "liveness.action.MoveAwayFromCamera",
	"capture.dark", "capture.bright", "capture.face", "capture.face_near", "capture.face_far", "capture.centre", "capture.shadow",
	"liveness.broken", "liveness.network",
	"liveness.cause.insecure", "liveness.cause.frame", "liveness.cause.denied", "liveness.cause.none", "liveness.cause.busy", "liveness.cause.unsupported", "liveness.cause.failed",
}

// challenge gives the page's script something to ask for.
func (h *handler) challenge(w http.ResponseWriter, r *http.Request, v *visit) {
	asked, err := h.liveness.Issue(r.Context(), v.id, session.Person)
	if err != nil {
		h.livenessRefused(w, r, v, err)
		return
	}
	writeJSON(w, http.StatusOK, asked)
}

// frames takes a part of the recording.
func (h *handler) frames(w http.ResponseWriter, r *http.Request, v *visit) {
	r.Body = http.MaxBytesReader(w, r.Body, liveness.MaxBody)
	form, err := r.MultipartReader()
	if err != nil {
		h.livenessRefused(w, r, v, session.ErrInvalid)
		return
	}
	part, err := liveness.ReadPart(form)
	if err == nil {
		err = h.liveness.Add(r.Context(), v.id, part.Token, part.N, part.Frames)
	}
	if err != nil {
		h.livenessRefused(w, r, v, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]int{"part": part.N})
}

// finishLiveness ends the recording, and starts the analysis when it was all
// that was missing.
func (h *handler) finishLiveness(w http.ResponseWriter, r *http.Request, v *visit) {
	var end struct {
		Token  string         `json:"token"`
		Parts  int            `json:"parts"`
		Camera *report.Camera `json:"camera"`
	}
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if err := json.NewDecoder(r.Body).Decode(&end); err != nil {
		h.livenessRefused(w, r, v, session.ErrInvalid)
		return
	}
	if err := h.liveness.Finish(r.Context(), v.id, end.Token, end.Parts, end.Camera, session.Person); err != nil {
		h.livenessRefused(w, r, v, err)
		return
	}
	st, err := h.sessions.State(r.Context(), v.id)
	if err == nil {
		err = h.goOn(w, r, v, st)
	}
	if err != nil {
		h.livenessRefused(w, r, v, err)
	}
}

// withoutLiveness lets a person go on who has no camera, or cannot move as asked.
func (h *handler) withoutLiveness(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pageLiveness) {
		return
	}
	if err := h.liveness.Decline(r.Context(), v.id); err != nil {
		h.livenessRefused(w, r, v, err)
		return
	}
	st, err := h.sessions.State(r.Context(), v.id)
	if err != nil {
		h.livenessRefused(w, r, v, err)
		return
	}
	v.state = st
	h.goTo(w, r, v, current(&st))
}

// livenessRefused tells the page's script why something could not be done. It
// knows two answers: begin again, or, for what is past mending there, the page
// of the session.
func (h *handler) livenessRefused(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	if challenge, ok := errors.AsType[*session.Error](err); ok {
		switch challenge.Code {
		case session.ErrChallenge.Code, session.ErrChallengeOver.Code, session.ErrChallengeUsed.Code, session.ErrInvalid.Code:
			h.log.InfoContext(r.Context(), "recording refused", "session", v.id, "code", challenge.Code)
			writeError(w, challenge.HTTPStatus(), "liveness", v.text("liveness.broken"))
			return
		}
	}
	h.refused(w, r, v, pageLiveness, err)
}
