package liveness

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"idproof/internal/session"
)

// Part is a part of a recording as it is sent.
type Part struct {
	Token  string
	N      int
	Frames []Frame
}

// MaxBody is the most bytes that a part takes as a form.
const MaxBody = MaxInPart*(MaxFrame+1<<10) + 16<<10

// ReadPart reads a form with the fields token and part, and one file named frame
// for each frame, whose file name is its time in milliseconds, such as 1250.jpg.
func ReadPart(form *multipart.Reader) (Part, error) {
	p := Part{N: -1}
	for {
		field, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return p, broken(err)
		}
		most := int64(4 << 10)
		if field.FormName() == "frame" {
			most = MaxFrame
		}
		data, err := io.ReadAll(io.LimitReader(field, most+1))
		switch {
		case err != nil:
			return p, broken(err)
		case int64(len(data)) > most:
			return p, session.ErrTooLarge.Say("A field or frame is larger than " + strconv.FormatInt(most, 10) + " bytes.")
		}
		switch field.FormName() {
		case "token":
			p.Token = string(data)
		case "part":
			if p.N, err = strconv.Atoi(string(data)); err != nil {
				return p, session.ErrInvalid.Say("part must be a number.")
			}
		case "frame":
			ms, err := strconv.ParseFloat(strings.TrimSuffix(field.FileName(), ".jpg"), 64)
			if err != nil || !(ms >= 0 && ms <= float64(Life.Milliseconds())) {
				return p, session.ErrInvalid.Say("The file name of a frame is its time in milliseconds, such as 1250.jpg.")
			}
			if len(p.Frames) == MaxInPart {
				return p, session.ErrInvalid.Say("A part has 1 to " + strconv.Itoa(MaxInPart) + " frames.")
			}
			p.Frames = append(p.Frames, Frame{At: time.Duration(ms * float64(time.Millisecond)), JPEG: data})
		}
	}
}

// broken is what went wrong while a form was read.
func broken(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return session.ErrTooLarge
	}
	return session.ErrInvalid.Say("The form broke off.")
}
