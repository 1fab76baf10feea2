// Command film writes a film of a puppet for a browser's fake camera: JPEG
// pictures one after the other, thirty a second. The puppet looks straight for
// four seconds, does each of the named actions, and looks straight again, for
// half a minute in all: the browser begins the film anew at its end, and a
// picture that comes again is refused.
//
//	go run ./engine/liveness/puppet/film -o anna.mjpeg MoveTowardsCamera
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"image/jpeg"
	"os"

	"idproof/engine/liveness/puppet"
)

func main() {
	out := flag.String("o", "puppet.mjpeg", "file to write")
	flag.Parse()
	if err := write(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(name string, actions []string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	const rate, seconds, before, slower, still = 30, 30, 4.0, 1.6, 3
	var drawn []byte // ten pictures a second differ, which is more than are looked at
	for i := range rate * seconds {
		at := float64(i)/rate - before
		pose, _ := puppet.Act(actions, max(at/slower, 0))
		if i%still == 0 {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, puppet.Draw(puppet.Anna, pose, 360, 480, uint64(i)+1), &jpeg.Options{Quality: 88}); err != nil {
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
