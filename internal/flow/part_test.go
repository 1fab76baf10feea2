package flow

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"idproof/report"
)

// joined sends the form that makes a picture of pieces.
func joined(b *browser, page, list string) *answer {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("capture", `{"by":"file"}`)
	_ = form.WriteField("parts", list)
	_ = form.Close()
	r := httptest.NewRequest(http.MethodPost, b.base()+page, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(r)
}

func TestPictureInPieces(t *testing.T) {
	b := entered(t)
	b.script()
	b.post(b.base()+"document", url.Values{"type": {report.Passport}})
	var names []string
	for piece := range slices.Chunk(jpeg, 200) {
		r := b.do(httptest.NewRequest(http.MethodPost, b.base()+"part", bytes.NewReader(piece)))
		var said struct{ Part string }
		if err := json.NewDecoder(r.Body).Decode(&said); err != nil || said.Part == "" {
			t.Fatalf("%s: %v", r.Status, err)
		}
		names = append(names, said.Part)
	}
	if r := joined(b, "front", "gone "+names[0]); r.StatusCode != http.StatusBadRequest || !strings.Contains(text(t, r), "interrupted") {
		t.Errorf("a piece that is gone: %s", r.Status)
	}
	if body := text(t, joined(b, "front", strings.Join(names, " "))); !strings.Contains(body, "check") {
		t.Errorf("leads to %s", body)
	}
	if got := b.fake.files["document_front-id"]; !bytes.Equal(got, jpeg) {
		t.Errorf("%d bytes arrived", len(got))
	}
}

func TestPiecesAreLimited(t *testing.T) {
	b := entered(t)
	b.script()
	if r := b.do(httptest.NewRequest(http.MethodPost, b.base()+"part", iotest.TimeoutReader(strings.NewReader("x")))); r.StatusCode != http.StatusBadRequest {
		t.Errorf("a connection that broke: %s", r.Status)
	}
	for range partsEach - 1 {
		b.do(httptest.NewRequest(http.MethodPost, b.base()+"part", strings.NewReader("x")))
	}
	if r := b.do(httptest.NewRequest(http.MethodPost, b.base()+"part", strings.NewReader("x"))); r.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one too many: %s", r.Status)
	}
}
