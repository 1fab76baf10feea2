// Command film writes a film of a puppet for a browser's fake camera: JPEG
// pictures one after the other, thirty a second. The puppet looks straight for
// four seconds, does each of the named actions, and looks straight again; the
// browser begins the film anew at its end.
//
//	go run ./engine/liveness/puppet/film -o anna.mjpeg MoveTowardsCamera
package main

import (
	"bufio"
	"bytes"
	"flag"
	"image/jpeg"
	"log"
	"os"

	"idproof/engine/liveness/puppet"
)

func main() {
	out := flag.String("o", "puppet.mjpeg", "file to write")
	flag.Parse()
	if err := write(*out, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func write(name string, actions []string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	const rate, before, slower, still = 30, 4.0, 1.6, 2
	var drawn []byte // the same picture twice costs nothing, and a camera's noise changes half as often
	for i := 0; ; i++ {
		at := float64(i)/rate - before
		pose, done := puppet.Act(nil, at)
		if at > 0 {
			pose, done = puppet.Act(actions, at/slower)
		}
		if at > 0 && done {
			break
		}
		if i%still == 0 {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, puppet.Draw(puppet.Anna, pose, 480, 640, uint64(i)+1), &jpeg.Options{Quality: 88}); err != nil {
				return err
			}
			drawn = b.Bytes()
		}
		if _, err := w.Write(drawn); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
