package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"idproof/internal/liveness"
	"idproof/internal/session"
	"idproof/report"
)

// ChallengeResponse is a challenge of active liveness.
type ChallengeResponse struct {
	liveness.Asked

	Errors []report.Error `json:"errors"`
}

// FramesRequest is a part of a recording.
type FramesRequest struct {
	Token  string         `json:"token" doc:"Of the challenge"`
	Part   int            `json:"part" doc:"Number of the part, from 0"`
	Frames []FrameRequest `json:"frames"`
}

// FrameRequest is one picture of a recording.
type FrameRequest struct {
	AtMS float64 `json:"at_ms" doc:"Milliseconds since the recording began"`
	JPEG []byte  `json:"jpeg"`
}

// RecordingRequest ends a recording.
type RecordingRequest struct {
	Token  string         `json:"token" doc:"Of the challenge"`
	Parts  int            `json:"parts" minimum:"1" doc:"How many were sent"`
	Camera *report.Camera `json:"camera,omitempty" doc:"What was noticed of the camera; it warns and decides nothing"`
}

// PartResponse is the answer to a part of a recording.
type PartResponse struct {
	Part   int            `json:"part"`
	Errors []report.Error `json:"errors"`
}

// livenessRoutes are the operations by which an app of the merchant does what
// the hosted page for active liveness does.
func (a *API) livenessRoutes(h huma.API, op func(id, method, path, summary string) huma.Operation) {
	challenge := op("create-challenge", http.MethodPost, "/{id}/challenge", "Ask what the person is to do before the camera")
	challenge.Description = "For sessions with active liveness. The challenge is signed, lasts 90 seconds and is used once; asking for another ends it."
	challenge.Responses = answers[ChallengeResponse](h, "201", "The challenge")
	a.add(h, secret, challenge, a.challenge)

	part := op("add-frames", http.MethodPost, "/{id}/challenge/frames", "Send a part of the recording")
	part.Description = "About a second of JPEG frames as they are taken, in parts counted from 0. The same part again changes nothing."
	part.RequestBody = &huma.RequestBody{Required: true, Content: jsonOf[FramesRequest](h)}
	part.Responses = answers[PartResponse](h, "200", "It is kept")
	a.add(h, secret, part, a.frames)

	end := op("finish-recording", http.MethodPost, "/{id}/challenge/recording", "End the recording")
	end.Description = "Makes one document of the parts, which the next analysis judges."
	end.RequestBody = &huma.RequestBody{Required: true, Content: jsonOf[RecordingRequest](h)}
	end.Responses = answers[report.Result](h, "200", "The session")
	a.add(h, secret, end, a.finishRecording)
}

func (a *API) challenge(w http.ResponseWriter, r *http.Request) error {
	s, err := a.session(r)
	if err != nil {
		return err
	}
	asked, err := a.Liveness.Issue(r.Context(), s.ID, session.Client)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusCreated, ChallengeResponse{*asked, none})
	return nil
}

func (a *API) frames(w http.ResponseWriter, r *http.Request) error {
	s, err := a.session(r)
	if err != nil {
		return err
	}
	var part FramesRequest
	err = json.NewDecoder(http.MaxBytesReader(w, r.Body, liveness.MaxBody*3/2)).Decode(&part) // base64
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return session.ErrTooLarge
	}
	if err != nil {
		return session.ErrInvalid.Say("The body must be a JSON object with token, part and frames.")
	}
	frames := make([]liveness.Frame, len(part.Frames))
	for i, f := range part.Frames {
		if !(f.AtMS >= 0 && f.AtMS <= float64(liveness.Life.Milliseconds())) {
			return session.ErrInvalid.Say("The time of a frame is outside the challenge.")
		}
		frames[i] = liveness.Frame{At: time.Duration(f.AtMS * float64(time.Millisecond)), JPEG: f.JPEG}
	}
	if err := a.Liveness.Add(r.Context(), s.ID, part.Token, part.Part, frames); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, PartResponse{part.Part, none})
	return nil
}

func (a *API) finishRecording(w http.ResponseWriter, r *http.Request) error {
	s, err := a.session(r)
	if err != nil {
		return err
	}
	body, err := readJSON(w, r)
	if err != nil {
		return err
	}
	var end RecordingRequest
	if err := json.Unmarshal(body, &end); err != nil {
		return session.ErrInvalid.Say("The body must be a JSON object with token and parts.")
	}
	if err := a.Liveness.Finish(r.Context(), s.ID, end.Token, end.Parts, end.Camera, session.Client); err != nil {
		return err
	}
	v, err := a.Sessions.Outcome(r.Context(), s.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, v)
	return nil
}
