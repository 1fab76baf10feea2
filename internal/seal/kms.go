package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"time"
)

// ErrUnavailable says that the key management service could not be asked. What
// is sealed may be whole.
var ErrUnavailable = errors.New("seal: the key management service cannot be asked")

const (
	kmsTimeout = 5 * time.Second
	// kmsLife is how long, at least, what the service has opened is remembered;
	// at most twice as long. kmsMost bounds how much that is.
	kmsLife = 5 * time.Minute
	kmsMost = 10_000
)

// kms is a key that never leaves a key management service: a tink.AEAD that asks
// it by HTTP, in the words of the transit engine of Vault and OpenBao.
//
//	POST …/encrypt/NAME  {"plaintext", "associated_data"}   → {"data":{"ciphertext"}}
//	POST …/decrypt/NAME  {"ciphertext", "associated_data"}  → {"data":{"plaintext"}}
//
// plaintext and associated_data are base64; ciphertext is the service's own text,
// in which it notes the version of the key. 400 to decrypt says that it does not
// open. Every request of a session needs its data key, so what was opened is
// remembered for minutes.
type kms struct {
	mount  *url.URL // above keys/NAME
	name   string
	token  string // file that holds it, read again for every request; empty: none
	client *http.Client
	now    func() time.Time

	mu       sync.Mutex
	begun    time.Time                    // of young
	young    map[[sha256.Size]byte][]byte // opened values, by what they were sealed as
	outgoing map[[sha256.Size]byte][]byte
}

// newKMS returns the key at that address, …/keys/NAME.
func newKMS(address, tokenFile string) (*kms, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("seal: the address of the key management service is not a URL")
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
	dir, name := path.Split(strings.TrimSuffix(u.Path, "/"))
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !local):
		return nil, errors.New("seal: the key management service must be asked by https, or by http on this machine")
	case path.Base(dir) != "keys" || name == "" || u.User != nil || u.RawQuery != "":
		return nil, errors.New("seal: the address of the key must be like https://vault.example.com/v1/transit/keys/idproof")
	}
	u.Path = path.Dir(path.Clean(dir))
	return &kms{
		mount: u, name: name, token: tokenFile, now: time.Now,
		client: &http.Client{
			Timeout:       kmsTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
		},
	}, nil
}

// Encrypt implements tink.AEAD.
func (k *kms) Encrypt(plain, place []byte) ([]byte, error) {
	var out struct {
		Data struct{ Ciphertext string }
	}
	if err := k.ask("encrypt", map[string][]byte{"plaintext": plain, "associated_data": place}, &out); err != nil {
		return nil, err
	}
	if out.Data.Ciphertext == "" {
		return nil, fmt.Errorf("%w: its answer lacks the ciphertext", ErrUnavailable)
	}
	return []byte(out.Data.Ciphertext), nil
}

// Decrypt implements tink.AEAD.
func (k *kms) Decrypt(sealed, place []byte) ([]byte, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%d:", len(place))
	h.Write(place)
	h.Write(sealed)
	id := [sha256.Size]byte(h.Sum(nil))
	if plain, ok := k.remembered(id); ok {
		return plain, nil
	}
	var out struct {
		Data struct{ Plaintext []byte }
	}
	body := struct {
		Ciphertext string `json:"ciphertext"`
		Place      []byte `json:"associated_data"`
	}{string(sealed), place}
	if err := k.ask("decrypt", body, &out); err != nil {
		return nil, err
	}
	k.remember(id, out.Data.Plaintext)
	return bytes.Clone(out.Data.Plaintext), nil
}

// ask makes a request. Neither it nor its answer may get into an error.
func (k *kms) ask(what string, body, out any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	req, err := http.NewRequest(http.MethodPost, k.mount.JoinPath(what, k.name).String(), bytes.NewReader(data)) //nolint:noctx // tink.AEAD has no context; the client has a timeout
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Vault-Request", "true") // an agent in front asks for it
	if k.token != "" {
		token, err := os.ReadFile(k.token)
		if err != nil {
			return fmt.Errorf("%w: its token: %w", ErrUnavailable, err)
		}
		req.Header.Set("X-Vault-Token", strings.TrimSpace(string(token)))
	}
	res, err := k.client.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case res.StatusCode == http.StatusBadRequest && what == "decrypt":
		return ErrBroken
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("%w: it answers %d", ErrUnavailable, res.StatusCode)
	case json.Unmarshal(answer, out) != nil:
		return fmt.Errorf("%w: its answer cannot be read", ErrUnavailable)
	}
	return nil
}

func (k *kms) remembered(id [sha256.Size]byte) ([]byte, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.age()
	plain, ok := k.young[id]
	if !ok {
		plain, ok = k.outgoing[id]
	}
	return bytes.Clone(plain), ok
}

func (k *kms) remember(id [sha256.Size]byte, plain []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.age()
	k.young[id] = plain
}

// age forgets what was remembered before the last generation.
func (k *kms) age() {
	since := k.now().Sub(k.begun)
	if since < kmsLife && len(k.young) < kmsMost/2 {
		return
	}
	k.outgoing = k.young
	if since >= 2*kmsLife { // nobody has come by for long
		k.outgoing = nil
	}
	k.young, k.begun = map[[sha256.Size]byte][]byte{}, k.now()
}
