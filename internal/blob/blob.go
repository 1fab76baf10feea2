// Package blob keeps pictures as encrypted files.
//
// A store knows names and bytes; it does not know what a picture is, nor whose.
// What reaches the disk is always sealed with the data key of the session, and
// bound to the name under which it is kept.
package blob

import (
	"context"
	"errors"
	"io"
	"time"

	"idproof/internal/seal"
)

// ErrNotFound says that nothing is kept under a name.
var ErrNotFound = errors.New("blob: not found")

// Store keeps sealed files. Names are slash-separated, made by the service,
// never by a client. Implementations pass the suite of package blobtest.
type Store interface {
	// Put seals all of r and keeps it under name. When Put returns nil the file
	// is durable and complete; otherwise nothing is kept under name. An error of
	// r comes back as it is (errors.Is). A name is written once.
	Put(ctx context.Context, name string, key seal.Key, r io.Reader) error
	// Open returns the plain bytes, or ErrNotFound. Changed bytes, another key
	// and another name give seal.ErrBroken while reading.
	Open(ctx context.Context, name string, key seal.Key) (io.ReadCloser, error)
	// Delete forgets a name; a name that is not kept is no error.
	Delete(ctx context.Context, name string) error
	// Each calls fn for every name that is kept, with the time it was kept at.
	Each(ctx context.Context, fn func(name string, at time.Time) error) error
}
