// Package kmstest is a key management service for tests: a server on this
// machine that speaks like the transit engine of Vault, with real encryption and
// several versions of its key.
package kmstest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/subtle/random"
)

// Token is what the service wants to be shown.
const Token = "hvs.test"

// Service is the running service.
type Service struct {
	*httptest.Server

	tb   testing.TB
	mu   sync.Mutex
	keys []*subtle.AESGCM // by version, from 1
	down bool
	asks map[string]int
}

// New starts a service that ends with the test.
func New(tb testing.TB) *Service {
	tb.Helper()
	s := &Service{tb: tb, asks: map[string]int{}}
	s.Rotate()
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	tb.Cleanup(s.Close)
	return s
}

// Key is the address of its key.
func (s *Service) Key() string { return s.URL + "/v1/transit/keys/idproof" }

// Rotate adds a version of the key, with which it encrypts from now on.
func (s *Service) Rotate() {
	s.tb.Helper()
	k, err := subtle.NewAESGCM(random.GetRandomBytes(32))
	if err != nil {
		s.tb.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, k)
}

// Down makes it answer that it is sealed, or well again.
func (s *Service) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Asked is how often it was asked to encrypt or decrypt.
func (s *Service) Asked(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asks[what]
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/transit/"), "/")
	s.asks[what]++
	refuse := func(status int, why string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"errors":[%q]}`, why)
	}
	var in struct {
		Plaintext  []byte `json:"plaintext"`
		Ciphertext string `json:"ciphertext"`
		Place      []byte `json:"associated_data"`
	}
	answer := map[string]any{}
	switch err := json.NewDecoder(r.Body).Decode(&in); {
	case s.down:
		refuse(http.StatusServiceUnavailable, "Vault is sealed")
		return
	case r.Header.Get("X-Vault-Token") != Token:
		refuse(http.StatusForbidden, "permission denied")
		return
	case err != nil || r.Method != http.MethodPost || name != "idproof":
		refuse(http.StatusNotFound, "no handler for route")
		return
	case what == "encrypt":
		sealed, err := s.keys[len(s.keys)-1].Encrypt(in.Plaintext, in.Place)
		if err != nil {
			refuse(http.StatusInternalServerError, "internal error")
			return
		}
		answer["ciphertext"] = fmt.Sprintf("vault:v%d:%s", len(s.keys), base64.StdEncoding.EncodeToString(sealed))
		answer["key_version"] = len(s.keys)
	case what == "decrypt":
		var version int
		var text string
		_, err := fmt.Sscanf(in.Ciphertext, "vault:v%d:%s", &version, &text)
		sealed, err2 := base64.StdEncoding.DecodeString(text)
		if err != nil || err2 != nil || version < 1 || version > len(s.keys) {
			refuse(http.StatusBadRequest, "invalid ciphertext: no prefix")
			return
		}
		plain, err := s.keys[version-1].Decrypt(sealed, in.Place)
		if err != nil {
			refuse(http.StatusBadRequest, "invalid ciphertext: unable to decrypt")
			return
		}
		answer["plaintext"] = plain
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"request_id": "r", "data": answer})
}
