package engine_test

import (
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"idproof/engine"
	"idproof/engine/face"
	"idproof/report"
	"idproof/specimen"
)

// Without a face nothing is compared, and nothing is said to match.
func TestSelfieWithoutAFace(t *testing.T) {
	_, sides := draw(t, 3, specimen.Wish{Kind: specimen.Passport})
	wall := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for i := range wall.Pix {
		wall.Pix[i] = 200
	}
	wall.Set(10, 10, color.Black)
	res, err := open(t).Analyze(t.Context(), []engine.Input{
		{Type: engine.Selfie, Data: encode(t, wall)},
		{Type: "document_front", Data: encode(t, sides.Front.Image)},
	}, engine.Options{Now: now, Types: []string{"document", "selfie", "liveness"}})
	if err != nil {
		t.Fatal(err)
	}
	s := res.AnalysisSummary
	if s.Selfie == nil || s.Selfie.FaceMatch.Result != report.NotPossible || s.Selfie.FaceMatch.Reason == "" || s.Selfie.Faces != 0 {
		t.Errorf("selfie %+v", s.Selfie)
	}
	if s.Liveness == nil || s.Liveness.Result != report.NotPossible || s.Liveness.Reason == "" {
		t.Errorf("liveness %+v", s.Liveness)
	}
	if s.Forgery != nil {
		t.Error("nobody asked for forgery detection")
	}
	for _, c := range append(s.Document.Checks.VisualAuthenticity, s.Document.Checks.CompromisedDocument...) {
		if c.Name != "portrait_integrity" && (c.Result != report.NotPerformed || c.Reason != report.NotAskedFor) { // faces were asked for
			t.Errorf("nobody asked for %+v", c)
		}
	}
	if res.Document == nil || len(s.Document.Pages) != 1 || s.Document.Pages[0].Input != 1 {
		t.Error("the selfie is no page of the document")
	}
}

// Who has the document has its portrait: shown in place of a face it proves nothing.
func TestDocumentInPlaceOfAFace(t *testing.T) {
	_, sides := draw(t, 3, specimen.Wish{Kind: specimen.Passport})
	again, _ := specimen.Photograph(sides.Front.Image, specimen.Camera{Width: 1600, Height: 1200, Rotation: 0.1, JPEGQuality: 85}, rand.New(rand.NewPCG(1, 2)))
	res, err := open(t).Analyze(t.Context(), []engine.Input{
		{Type: "document_front", Data: encode(t, sides.Front.Image)}, {Type: engine.Selfie, Data: encode(t, again)},
	}, engine.Options{Now: now, Types: []string{"document", "selfie"}})
	if err != nil {
		t.Fatal(err)
	}
	if m := res.AnalysisSummary.Selfie.FaceMatch; m.Result != report.NotPossible || m.Reason != face.ReasonSamePicture {
		t.Errorf("%+v", m)
	}
}

func TestUnreadableSelfieIsNamed(t *testing.T) {
	res, err := open(t).Analyze(t.Context(), []engine.Input{{Type: engine.Selfie, Data: []byte("no picture")}}, engine.Options{Now: now, Types: []string{"selfie"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Errors) != 1 || res.Errors[0].Document == nil || *res.Errors[0].Document != 0 || res.AnalysisSummary.Selfie.FaceMatch.Result != report.NotPossible {
		t.Errorf("%+v, %+v", res.Errors, res.AnalysisSummary.Selfie)
	}
}

func TestForgeryIsLookedForWhenAsked(t *testing.T) {
	_, sides := draw(t, 3, specimen.Wish{Kind: specimen.Passport})
	res, err := open(t).Analyze(t.Context(), inputs(encode(t, sides.Front.Image)), engine.Options{Now: now, Types: []string{"document", "forgery"}})
	if err != nil {
		t.Fatal(err)
	}
	f := res.AnalysisSummary.Forgery
	if f == nil || f.State != "Finished" || f.Score == "" || len(f.NotPerformed) == 0 {
		t.Fatalf("%+v", f)
	}
	for _, i := range f.Indicators {
		if i.ID == "" || i.Title == "" || i.Description == "" || i.Score < 0 || i.Score > 100 {
			t.Errorf("%+v", i)
		}
	}
	for name, want := range map[string]report.Outcome{
		"recaptured_from_screen": report.Passed, "digital_tampering": report.Passed, "template": report.NotPerformed, "repeated_image": report.NotPerformed,
	} {
		if c := res.AnalysisSummary.Document.Checks.Find(name); c == nil || c.Result != want {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if len(f.Performed) == 0 || len(res.AnalysisSummary.Document.Pages[0].Print) == 0 {
		t.Error("what was asked, and what the picture is known by, are missing")
	}
}

// Real faces: the same person matches, another does not.
func TestSelfieOnRealFaces(t *testing.T) {
	root := os.Getenv("IDPROOF_DATA")
	if root == "" {
		root = "../../shared/data"
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(root, "images/face", name))
		if err != nil {
			t.Skip("needs the development pictures:", err)
		}
		return data
	}
	portrait := read("deepface__img20.jpg")
	for _, tt := range []struct{ selfie, want string }{
		{"deepface__img21.jpg", report.Match}, {"deepface__img16.jpg", report.NoMatch},
	} {
		res, err := open(t).Analyze(t.Context(), []engine.Input{{Data: portrait}, {Type: engine.Selfie, Data: read(tt.selfie)}}, engine.Options{Now: now, Types: []string{"selfie"}})
		if err != nil {
			t.Fatal(err)
		}
		s := res.AnalysisSummary.Selfie
		if s.FaceMatch.Result != tt.want || len(s.Portraits) == 0 || s.Region == nil || len(s.FaceQuality) == 0 {
			t.Errorf("%s: %+v", tt.selfie, s)
		}
	}
}
