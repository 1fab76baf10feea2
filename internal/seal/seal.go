// Package seal encrypts what the service keeps about people.
//
// There are two layers of keys. The key-encryption key ([Master]) lives outside
// the database, in a file of its own, in the environment or in a key management
// service. Every session has a
// data key ([Key]) of its own, kept beside the session and wrapped by the
// master. All of a session's personal data, rows and pictures alike, is sealed
// with that key, so forgetting the wrapped key forgets the person, in backups
// too. What is sealed is bound to its place by associated data: a value moved
// to another row or another file does not open.
//
// The package knows nothing of what it seals, and keeps nothing.
package seal

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	aeadsubtle "github.com/tink-crypto/tink-go/v2/aead/subtle"
	streamsubtle "github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrBroken says that a value could not be opened: another key, another place,
// or changed bytes.
var ErrBroken = errors.New("seal: the value does not open with this key at this place")

const (
	keySize     = 32      // bytes, AES-256
	segmentSize = 1 << 16 // bytes of one segment of a stream
)

// Master is the key-encryption key: several keys, one of which seals while all
// of them open.
type Master struct {
	aead    tink.AEAD
	keys    []uint32 // ids, the oldest first; nil: that is not ours to know
	current uint32   // the one that seals
}

// Keys are the ids of the keys that it opens with, which are no secret; none
// when a key management service has them.
func (m *Master) Keys() []uint32 { return m.keys }

// Outdated reports whether a value was sealed with an older key than the one
// that seals now.
func (m *Master) Outdated(sealed []byte) bool {
	const prefix = 1 // of Tink's ciphertexts, before the id of the key
	if len(sealed) < 5 || sealed[0] != prefix {
		return false
	}
	at := slices.Index(m.keys, binary.BigEndian.Uint32(sealed[1:5]))
	return at >= 0 && at < slices.Index(m.keys, m.current)
}

// Seal encrypts a small value of the installation itself, such as a webhook secret.
func (m *Master) Seal(plain []byte, place string) ([]byte, error) {
	out, err := m.aead.Encrypt(plain, []byte("value:"+place))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return out, nil
}

// Open reverses [Master.Seal].
func (m *Master) Open(sealed []byte, place string) ([]byte, error) {
	return m.decrypt(sealed, "value:"+place)
}

// NewKey makes a data key for the session of that id, and its wrapped form for keeping.
func (m *Master) NewKey(id string) (k Key, wrapped []byte, err error) {
	raw := make([]byte, keySize)
	if _, err := rand.Read(raw); err != nil {
		return Key{}, nil, fmt.Errorf("seal: %w", err)
	}
	if wrapped, err = m.aead.Encrypt(raw, []byte("key:"+id)); err != nil {
		return Key{}, nil, fmt.Errorf("seal: %w", err)
	}
	k, err = newKey(raw)
	return k, wrapped, err
}

// Unwrap opens a wrapped data key.
func (m *Master) Unwrap(wrapped []byte, id string) (Key, error) {
	raw, err := m.decrypt(wrapped, "key:"+id)
	if err != nil {
		return Key{}, err
	}
	return newKey(raw)
}

func (m *Master) decrypt(sealed []byte, place string) ([]byte, error) {
	out, err := m.aead.Decrypt(sealed, []byte(place))
	switch {
	case errors.Is(err, ErrUnavailable):
		return nil, err
	case err != nil:
		return nil, ErrBroken
	}
	return out, nil
}

// Key is the data key of one session. It is safe for concurrent use; the zero
// value opens and seals nothing.
type Key struct {
	values  *aeadsubtle.AESGCM
	streams *streamsubtle.AESGCMHKDF
}

func newKey(raw []byte) (Key, error) {
	// Values and streams never share a key.
	vk, err := hkdf.Key(sha256.New, raw, nil, "idproof values", keySize)
	if err != nil {
		return Key{}, fmt.Errorf("seal: %w", err)
	}
	sk, err := hkdf.Key(sha256.New, raw, nil, "idproof streams", keySize)
	if err != nil {
		return Key{}, fmt.Errorf("seal: %w", err)
	}
	values, err := aeadsubtle.NewAESGCM(vk)
	if err != nil {
		return Key{}, fmt.Errorf("seal: %w", err)
	}
	streams, err := streamsubtle.NewAESGCMHKDF(sk, "SHA256", keySize, segmentSize, 0)
	if err != nil {
		return Key{}, fmt.Errorf("seal: %w", err)
	}
	return Key{values: values, streams: streams}, nil
}

var errNoKey = errors.New("seal: no key")

// Seal encrypts a small value that belongs to a place, such as "results.sealed:<row id>".
func (k Key) Seal(plain []byte, place string) ([]byte, error) {
	if k.values == nil {
		return nil, errNoKey
	}
	return k.values.Encrypt(plain, []byte(place))
}

// Open reverses [Key.Seal].
func (k Key) Open(sealed []byte, place string) ([]byte, error) {
	if k.values == nil {
		return nil, errNoKey
	}
	out, err := k.values.Decrypt(sealed, []byte(place))
	if err != nil {
		return nil, ErrBroken
	}
	return out, nil
}

// Writer encrypts a stream that belongs to a place. The stream is complete, and
// opens, only after Close.
func (k Key) Writer(w io.Writer, place string) (io.WriteCloser, error) {
	if k.streams == nil {
		return nil, errNoKey
	}
	return k.streams.NewEncryptingWriter(w, []byte(place))
}

// Reader reverses [Key.Writer]. It never returns bytes that were not authenticated.
func (k Key) Reader(r io.Reader, place string) (io.Reader, error) {
	if k.streams == nil {
		return nil, errNoKey
	}
	dec, err := k.streams.NewDecryptingReader(r, []byte(place))
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // shorter than a header
		return nil, ErrBroken
	}
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return brokenReader{dec}, nil
}

type brokenReader struct{ r io.Reader }

func (b brokenReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		err = ErrBroken
	}
	return n, err
}

// String hides the key from logs.
func (Key) String() string { return "[key]" }

// GoString hides the key from logs.
func (Key) GoString() string { return "[key]" }

// LogValue hides the key from logs.
func (Key) LogValue() slog.Value { return slog.StringValue("[key]") }

func newMaster(a tink.AEAD) *Master { return &Master{aead: a} }

// NewMaster makes a master that lives only in memory, for tests.
func NewMaster() (*Master, error) {
	h, err := newKeyset()
	if err != nil {
		return nil, err
	}
	a, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return newMaster(a), nil
}
