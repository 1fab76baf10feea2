package liveness

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"idproof/engine"
	"idproof/engine/liveness"
	"idproof/report"
)

// MediaType is that of a packed recording: a ZIP of JPEG pictures with a table
// of their times, which any program can open.
const MediaType = "application/zip"

// table is the name of the file with the times, index its content.
const table = "recording.json"

type index struct {
	Challenge liveness.Challenge `json:"challenge"`
	Camera    *report.Camera     `json:"camera,omitempty"`
	Frames    []entry            `json:"frames"`
}

type entry struct {
	File     string    `json:"file"`
	AtMS     float64   `json:"at_ms"`    // since the recording began, by the page's clock
	Received time.Time `json:"received"` // by the server's clock
}

// Pack writes a recording.
func Pack(r *engine.Recording) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	all := index{Challenge: r.Challenge, Camera: r.Camera, Frames: []entry{}}
	file := func(name string, data []byte) error {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store}) // JPEG does not shrink
		if err == nil {
			_, err = f.Write(data)
		}
		return err
	}
	for i, s := range r.Shots {
		e := entry{File: fmt.Sprintf("%03d.jpg", i), AtMS: float64(s.At) / float64(time.Millisecond), Received: s.Received}
		all.Frames = append(all.Frames, e)
		if err := file(e.File, s.Data); err != nil {
			return nil, fmt.Errorf("liveness: %w", err)
		}
	}
	data, err := json.MarshalIndent(all, "", " ")
	if err == nil {
		err = file(table, data)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("liveness: %w", err)
	}
	return out.Bytes(), nil
}

// errRecording says that data are no packed recording.
var errRecording = errors.New("liveness: not a recording")

// Unpack reads what [Pack] has written.
func Unpack(data []byte) (*engine.Recording, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, errRecording
	}
	var all index
	raw, err := content(z, table, 1<<20)
	if err != nil || json.Unmarshal(raw, &all) != nil || len(all.Frames) > MaxFrames {
		return nil, errRecording
	}
	out := &engine.Recording{Challenge: all.Challenge, Camera: all.Camera}
	for _, e := range all.Frames {
		picture, err := content(z, e.File, MaxFrame)
		if err != nil {
			return nil, err
		}
		out.Shots = append(out.Shots, engine.Shot{
			At: time.Duration(e.AtMS * float64(time.Millisecond)), Received: e.Received, Data: picture,
		})
	}
	return out, nil
}

// content reads one file of at most that many bytes.
func content(z *zip.Reader, name string, most int64) ([]byte, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, errRecording
	}
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err = errors.Join(err, f.Close()); err != nil || int64(len(data)) > most {
		return nil, errRecording
	}
	return data, nil
}
