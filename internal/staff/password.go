package staff

import (
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Passwords are as ASVS 2.1 wants them: long, any characters, no rules of which,
// and none that everybody tries first.
const (
	shortest = 12  // characters
	longest  = 128 // characters
)

// The reasons why a password is not taken.
var (
	ErrShort  = errors.New("staff: the password must have at least 12 characters")
	ErrLong   = errors.New("staff: the password can have at most 128 characters")
	ErrCommon = errors.New("staff: that password is one of those that are tried first")
)

//go:embed common.txt
var commonFile string

// Check says why a password is not taken, or nil.
func Check(password, email string) error {
	n := utf8.RuneCountInString(password)
	plain := strings.ToLower(strings.TrimSpace(password))
	name, _, _ := strings.Cut(email, "@")
	letters := map[rune]bool{}
	for _, c := range plain {
		letters[c] = true
	}
	switch {
	case n < shortest:
		return ErrShort
	case n > longest:
		return ErrLong
	case len(letters) < 5, plain == email, len(name) > 3 && strings.Trim(strings.ReplaceAll(plain, name, ""), "0123456789!.-_") == "",
		slices.Contains(strings.Split(strings.TrimSpace(commonFile), "\n"), plain):
		return ErrCommon
	}
	return nil
}

// Parameters of argon2id: the first choice of the OWASP password storage cheat
// sheet, 46 MiB and one pass.
const (
	memory  = 47104 // KiB
	passes  = 1
	threads = 1
	saltLen = 16
	keyLen  = 32
)

var b64 = base64.RawStdEncoding

// nobody is what a password is compared with when there is no account; nothing
// matches it.
var nobody = encode(memory, passes, threads, make([]byte, saltLen), make([]byte, keyLen))

// Hash is the form in which a password is kept: argon2id in the PHC string format.
func Hash(password string) string {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails
	return encode(memory, passes, threads, salt, argon2.IDKey([]byte(password), salt, passes, memory, threads, keyLen))
}

func encode(memory, passes uint32, threads uint8, salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// matches reports whether a hash is of that password. It goes by the parameters
// in the hash, so that those above can be raised.
func matches(hashed, password string) bool {
	parts := strings.Split(hashed, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || utf8.RuneCountInString(password) > longest {
		return false
	}
	var version int
	var m, t uint32
	var p uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil || t == 0 || p == 0 {
		return false
	}
	salt, err1 := b64.DecodeString(parts[4])
	key, err2 := b64.DecodeString(parts[5])
	if err := errors.Join(err1, err2); err != nil || len(key) != keyLen {
		return false
	}
	return subtle.ConstantTimeCompare(argon2.IDKey([]byte(password), salt, t, m, p, keyLen), key) == 1
}
