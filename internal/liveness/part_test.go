package liveness_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/internal/liveness"
	"idproof/internal/session"
)

// form writes fields and files, in pairs of name and content; a name with a
// slash is that of a field and its file.
func form(t testing.TB, pairs ...string) *multipart.Reader {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(pairs); i += 2 {
		field, file, isFile := strings.Cut(pairs[i], "/")
		create := func() (io.Writer, error) { return w.CreateFormField(field) }
		if isFile {
			create = func() (io.Writer, error) { return w.CreateFormFile(field, file) }
		}
		part, err := create()
		require.NoError(t, err)
		_, err = io.WriteString(part, pairs[i+1])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return multipart.NewReader(&body, w.Boundary())
}

func TestReadPart(t *testing.T) {
	p, err := liveness.ReadPart(form(t, "token", "t", "part", "3", "frame/0.jpg", "a", "other", "is left alone", "frame/150.5.jpg", "b"))
	require.NoError(t, err)
	require.Equal(t, liveness.Part{Token: "t", N: 3, Frames: []liveness.Frame{{JPEG: []byte("a")}, {At: 150500 * time.Microsecond, JPEG: []byte("b")}}}, p)
	p, err = liveness.ReadPart(form(t, "token", "t"))
	require.NoError(t, err)
	require.Equal(t, -1, p.N, "no number is not the first")

	for name, tt := range map[string]struct {
		form *multipart.Reader
		want error
	}{
		"no number":    {form(t, "part", "x"), session.ErrInvalid},
		"no time":      {form(t, "frame/x.jpg", "a"), session.ErrInvalid},
		"no real time": {form(t, "frame/NaN.jpg", "a"), session.ErrInvalid},
		"negative":     {form(t, "frame/-1.jpg", "a"), session.ErrInvalid},
		"too late":     {form(t, "frame/1e9.jpg", "a"), session.ErrInvalid},
		"long token":   {form(t, "token", strings.Repeat("x", 5000)), session.ErrTooLarge},
		"large frame":  {form(t, "frame/1.jpg", strings.Repeat("x", liveness.MaxFrame+1)), session.ErrTooLarge},
		"many frames":  {form(t, strings.Split(strings.Repeat("frame/1.jpg,x,", liveness.MaxInPart)+"frame/1.jpg,x", ",")...), session.ErrInvalid},
		"broken off":   {multipart.NewReader(strings.NewReader("--b\r\nContent-Disposition: form-data; name=frame; filename=1.jpg\r\n\r\nx"), "b"), session.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := liveness.ReadPart(tt.form)
			require.ErrorIs(t, err, tt.want)
		})
	}
}

func FuzzReadPart(f *testing.F) {
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"frame\"; filename=\"1.5.jpg\"\r\n\r\nx\r\n--b--\r\n"))
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"part\"\r\n\r\n1\r\n--b--\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := liveness.ReadPart(multipart.NewReader(bytes.NewReader(data), "b"))
		if err != nil {
			if _, ok := errors.AsType[*session.Error](err); !ok {
				t.Errorf("%v is nothing that a client can mend", err)
			}
			return
		}
		for _, frame := range p.Frames {
			if frame.At < 0 || frame.At > liveness.Life || len(frame.JPEG) > liveness.MaxFrame || math.IsNaN(frame.At.Seconds()) {
				t.Errorf("%v, %d bytes", frame.At, len(frame.JPEG))
			}
		}
	})
}
