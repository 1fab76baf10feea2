package server_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/engine"
	"idproof/engine/face"
	"idproof/report"
)

// showFaces makes the engine see a face in each selfie, told apart by its last byte.
func showFaces(s *service) {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	s.engine.read = func(ctx context.Context, in []engine.Input, o engine.Options) (*report.Result, error) {
		r := goodReport()
		for _, p := range in {
			if p.Type == engine.Selfie {
				t, model, _, err := s.engine.Face(ctx, p.Data)
				if err != nil {
					return nil, err
				}
				o.Face(t, model)
				r.AnalysisSummary.Selfie = &report.SelfieSummary{FaceMatch: report.FaceMatch{Result: report.Match}}
			}
		}
		return r, nil
	}
}

// visit makes a session that shows the face of that number, and its analysis.
func (s *service) visit(number byte) *report.Result {
	s.t.Helper()
	id, _ := s.create(`{"analysis_types":["document","selfie"]}`)
	require.Equal(s.t, 201, s.upload("/v3/scanning/"+id+"/documents", picture, nil).StatusCode)
	require.Equal(s.t, 201, s.upload("/v3/scanning/"+id+"/documents?documentType=selfie", append(bytes.Clone(picture), number), nil).StatusCode)
	require.Equal(s.t, 201, s.call("POST", "/v3/scanning/"+id+"/analyses", nil, nil).StatusCode)
	return s.finished(id)
}

func codes(r *report.Result) (all []string) {
	for _, x := range r.Decision.Reasons {
		all = append(all, x.Code)
	}
	return all
}

// A face that a merchant has seen before, or has blocked, leads to a person's
// look, when the merchant wants that, and its template goes with the person.
func TestFaceSearch(t *testing.T) {
	s := start(t)
	showFaces(s)
	r := s.visit(1)
	require.Equal(t, report.Accepted, r.Status)
	require.Nil(t, r.AnalysisSummary.FaceSearch, "off by default")

	require.Equal(t, 200, s.call("PATCH", "/v3/merchant/settings", `{"face_search":{"seen":true,"blocked":true}}`, nil).StatusCode)
	first := s.visit(1)
	require.Equal(t, report.Accepted, first.Status, "nothing was kept before")
	require.Equal(t, report.FaceNew, first.AnalysisSummary.FaceSearch.Result)
	second := s.visit(1)
	require.Equal(t, report.Review, second.Status)
	require.Equal(t, []string{"FACE_SEEN_BEFORE"}, codes(second))
	found := second.AnalysisSummary.FaceSearch.Searches[0]
	require.Equal(t, []report.FaceSeen{{SessionID: first.ID, Score: 100}}, found.Matches)
	require.Equal(t, 1, found.Faces)
	require.Equal(t, report.Accepted, s.visit(2).Status)

	// The block list: from a session, from a picture, and off again.
	var entry struct{ ID, Note string }
	res := s.call("POST", "/v3/merchant/blocked-faces", map[string]string{"session_id": first.ID, "note": "chargeback"}, &entry)
	require.Equal(t, 201, res.StatusCode, "%s", res.Body)
	res = s.upload("/v3/merchant/blocked-faces?note=picture", append(bytes.Clone(picture), 3), nil)
	require.Equal(t, 201, res.StatusCode, "%s", res.Body)
	var list struct {
		Faces []struct{ ID, Note string }
	}
	s.call("GET", "/v3/merchant/blocked-faces", nil, &list)
	require.Len(t, list.Faces, 2)
	require.Equal(t, entry, list.Faces[0])
	require.Equal(t, []string{"FACE_BLOCKED"}, codes(s.visit(3)))

	// Erasing the sessions forgets their faces; the block list stays.
	for _, id := range []string{first.ID, second.ID} {
		require.Equal(t, 200, s.call("DELETE", "/v3/scanning/"+id, nil, nil).StatusCode)
	}
	r = s.visit(1)
	require.Equal(t, []string{"FACE_BLOCKED"}, codes(r))
	require.Equal(t, entry.ID, r.AnalysisSummary.FaceSearch.Searches[1].Matches[0].EntryID)
	require.Equal(t, 200, s.call("DELETE", "/v3/merchant/blocked-faces/"+entry.ID, nil, nil).StatusCode)
	require.Equal(t, 404, s.call("DELETE", "/v3/merchant/blocked-faces/"+entry.ID, nil, nil).StatusCode)
	require.Equal(t, []string{"FACE_SEEN_BEFORE"}, codes(s.visit(1)), "by the session just now")

	// Nobody else's sessions, and nothing without a face.
	require.Equal(t, 404, s.call("POST", "/v3/merchant/blocked-faces", `{"session_id":"00000000-0000-4000-8000-000000000000"}`, nil).StatusCode)
	require.Equal(t, 404, s.call("POST", "/v3/merchant/blocked-faces", `{}`, nil).StatusCode)
	bare, _ := s.create(`{}`)
	require.Equal(t, 409, s.call("POST", "/v3/merchant/blocked-faces", map[string]string{"session_id": bare}, nil).StatusCode)
	var audit struct {
		Changes []struct{ Action, Subject string }
	}
	s.call("GET", "/v3/merchant/audit", nil, &audit)
	require.Equal(t, "face_unblocked", audit.Changes[0].Action)
	require.Equal(t, entry.ID, audit.Changes[0].Subject)
	require.Equal(t, 400, s.call("PATCH", "/v3/merchant/settings", `{"policy":{"reasons":{"FACE_BLOCKED":"decline"}}}`, nil).StatusCode)
}

// No template and no note is anywhere in plain: not in the database, the log, a
// result, an export or a webhook.
func TestFacesDoNotLeak(t *testing.T) {
	s := start(t)
	showFaces(s)
	// A template whose numbers can be recognised, in each form that it is kept in.
	canary := make(face.Template, face.TemplateSize)
	for i := range canary {
		canary[i] = float32(math.Sin(float64(i+1))) / 16
	}
	read := s.engine.read
	s.engine.read = func(ctx context.Context, in []engine.Input, o engine.Options) (*report.Result, error) {
		show := o.Face
		o.Face = func(_ face.Template, model string) { show(canary, model) }
		return read(ctx, in, o)
	}
	require.Equal(t, 200, s.call("PATCH", "/v3/merchant/settings", `{"face_search":{"seen":true,"blocked":true}}`, nil).StatusCode)
	r := s.visit(1)
	again := s.visit(1)
	require.Equal(t, []string{"FACE_SEEN_BEFORE"}, codes(again))
	require.Equal(t, 201, s.call("POST", "/v3/merchant/blocked-faces", map[string]string{"session_id": r.ID, "note": "NOTE-CANARY"}, nil).StatusCode)
	export := s.call("GET", "/v3/scanning/"+again.ID+"/export", nil, nil)
	require.Equal(t, 200, export.StatusCode)
	result := s.call("GET", "/v3/scanning/"+again.ID, nil, nil)
	mid := snapshot(t, s.dir)
	s.stop()

	var floats, words []byte
	for _, v := range canary[:8] {
		floats = binary.LittleEndian.AppendUint32(floats, math.Float32bits(v))
		words = binary.LittleEndian.AppendUint16(words, uint16(int16(math.Round(float64(v)*math.MaxInt16))))
	}
	places := merge(mid, snapshot(t, s.dir), map[string][]byte{"log": []byte(s.logs.String()), "export": export.Body, "result": result.Body})
	for name, content := range places {
		for what, never := range map[string][]byte{"numbers": floats, "rounded numbers": words, "text of numbers": []byte("0.0525"), "the note": []byte("NOTE-CANARY")} {
			require.False(t, bytes.Contains(content, never), "%s holds %s of a template", name, what)
		}
	}
}
