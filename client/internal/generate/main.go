// Command generate writes the types and methods of package client from the
// description of the API.
package main

import (
	"flag"
	"fmt"
	"os"

	"idproof/client/internal/generate/source"
)

func main() {
	out := flag.String("out", "generated.go", "file to write")
	flag.Parse()
	data, err := source.Go()
	if err == nil {
		err = os.WriteFile(*out, data, 0o644) //nolint:gosec // source code is for everyone
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
