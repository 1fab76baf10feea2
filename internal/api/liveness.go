package api

import (
	"encoding/json"
	"net/http"

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
	text := &huma.Schema{Type: "string"}
	part.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: "object", Required: []string{"token", "part", "frame"},
		Properties: map[string]*huma.Schema{
			"token": text, "part": {Type: "integer", Description: "Number of the part, from 0"},
			"frame": {Type: "array", Items: &huma.Schema{Type: "string", Format: "binary"}, Description: "Its file name is its time since the recording began in milliseconds, such as 1250.jpg"},
		},
	}}}}
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
	r.Body = http.MaxBytesReader(w, r.Body, liveness.MaxBody)
	form, err := r.MultipartReader()
	if err != nil {
		return session.ErrUnsupported.Say("Send the frames as multipart/form-data.")
	}
	part, err := liveness.ReadPart(form)
	if err != nil {
		return err
	}
	if err := a.Liveness.Add(r.Context(), s.ID, part.Token, part.N, part.Frames); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, PartResponse{part.N, none})
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
