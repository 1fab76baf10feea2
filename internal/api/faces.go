package api

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"idproof/internal/gallery"
	"idproof/internal/session"
	"idproof/report"
)

// BlockedFace is an entry of the merchant's block list.
type BlockedFace struct {
	ID        string    `json:"id"`
	Note      string    `json:"note,omitempty" doc:"Your own"`
	CreatedAt time.Time `json:"created_at"`
}

// BlockedFacesResponse is the block list, oldest first.
type BlockedFacesResponse struct {
	Faces  []BlockedFace  `json:"faces"`
	Errors []report.Error `json:"errors"`
}

// BlockFaceRequest puts the face of a session's selfie on the block list.
type BlockFaceRequest struct {
	SessionID string `json:"session_id"`
	Note      string `json:"note,omitempty" doc:"Your own, at most 500 bytes; kept encrypted"`
}

// BlockedFaceResponse is the entry that was made.
type BlockedFaceResponse struct {
	BlockedFace

	Errors []report.Error `json:"errors"`
}

// mostBlocked is the longest block list.
const mostBlocked = 10_000

// faceRoutes are the operations on the block list of faces: test keys have one
// of their own.
func (a *API) faceRoutes(h huma.API, op func(id, method, path, summary string) huma.Operation) {
	read(a, h, secret, op("list-blocked-faces", "", "/blocked-faces", "List the faces on the block list"), a.blockedFaces)
	add := op("block-face", http.MethodPost, "/blocked-faces", "Put a face on the block list")
	add.Description = "The face of a session's selfie, as JSON, or of a picture, as multipart/form-data with the part document and note in the address."
	add.Parameters = append(add.Parameters, query("note", "With a picture: your own note, at most 500 bytes"))
	content := jsonOf[BlockFaceRequest](h)
	content["multipart/form-data"] = &huma.MediaType{Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"document"},
		Properties: map[string]*huma.Schema{"document": {Type: huma.TypeString, Format: "binary"}},
	}}
	add.RequestBody = &huma.RequestBody{Required: true, Content: content}
	add.Responses = answers[BlockedFaceResponse](h, "201", "The entry")
	a.add(h, secret, add, a.blockFace)
	end := op("unblock-face", http.MethodDelete, "/blocked-faces/{faceId}", "Take a face off the block list")
	end.Responses = answers[BlockedFacesResponse](h, "200", "The block list")
	a.add(h, secret, end, a.unblockFace)
}

// blockList is the caller's.
func blockList(r *http.Request) gallery.Set {
	c := caller(r.Context())
	return gallery.Set{MerchantID: c.ID, Test: c.key.Test, Kind: gallery.Blocked}
}

func blockedFace(f gallery.Face) BlockedFace {
	return BlockedFace{ID: f.ID, Note: f.Note, CreatedAt: f.CreatedAt}
}

func (a *API) blockedFaces(r *http.Request) (*BlockedFacesResponse, error) {
	all, err := a.Gallery.Store.Faces(r.Context(), blockList(r), "", 0, mostBlocked)
	if err != nil {
		return nil, err
	}
	out := &BlockedFacesResponse{Faces: []BlockedFace{}, Errors: none}
	for _, f := range all {
		out.Faces = append(out.Faces, blockedFace(f))
	}
	return out, nil
}

func (a *API) blockFace(w http.ResponseWriter, r *http.Request) error {
	var picture []byte
	var note string
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		note = r.URL.Query().Get("note")
		picture, err = a.sentPicture(w, r)
	} else {
		var in BlockFaceRequest
		if err := readInto(w, r, &in); err != nil {
			return err
		}
		note = in.Note
		picture, err = a.selfieOf(r, in.SessionID)
	}
	if err != nil {
		return err
	}
	if len(note) > 500 {
		return session.ErrInvalid.Say("note is longer than 500 bytes.")
	}
	set := blockList(r)
	numbers, err := a.Gallery.Store.FaceNumbers(r.Context(), set, "")
	if err != nil {
		return err
	}
	if len(numbers) >= mostBlocked {
		return session.ErrInvalid.Say("The block list is full.")
	}
	f, err := a.Gallery.Block(r.Context(), set.MerchantID, set.Test, picture, note, a.Sessions.Now())
	var without *gallery.NoFaceError
	if errors.As(err, &without) {
		return session.ErrInvalid.Say("The picture shows no face that can be compared: " + without.Reason + ".")
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, BlockedFaceResponse{blockedFace(f), none})
	return nil
}

// sentPicture is the picture of a multipart request.
func (a *API) sentPicture(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := a.limitUpload(w, r); err != nil {
		return nil, err
	}
	part, err := documentPart(r)
	if err != nil {
		return nil, err
	}
	return readPicture(part)
}

func readPicture(from io.Reader) ([]byte, error) {
	var b bytes.Buffer
	_, err := b.ReadFrom(from)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, session.ErrTooLarge
	case err != nil:
		return nil, session.ErrInvalid.Say("The picture cannot be read to its end.")
	case b.Len() == 0:
		return nil, session.ErrInvalid.Say("The picture is empty.")
	}
	return b.Bytes(), nil
}

// selfieOf is the picture of the person that the caller's session has.
func (a *API) selfieOf(r *http.Request, id string) ([]byte, error) {
	c := caller(r.Context())
	if len(id) != 36 {
		return nil, session.ErrNotFound
	}
	s, err := a.Sessions.For(r.Context(), c.ID, c.key.Test, strings.ToLower(id))
	if err != nil {
		return nil, err
	}
	d, ok := s.Person()
	if !ok {
		return nil, session.ErrIncomplete.Say("The session has no picture of the person.")
	}
	p, _, err := a.Sessions.Image(r.Context(), s, d.ID)
	if err != nil {
		return nil, err
	}
	data, err := readPicture(p)
	return data, errors.Join(err, p.Close())
}

func (a *API) unblockFace(w http.ResponseWriter, r *http.Request) error {
	err := a.Gallery.Store.ForgetFace(r.Context(), blockList(r), r.PathValue("faceId"))
	if errors.Is(err, gallery.ErrNotFound) {
		return session.ErrRoute.Say("The block list has no such face.")
	}
	if err != nil {
		return err
	}
	out, err := a.blockedFaces(r)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}
