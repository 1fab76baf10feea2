package merchant

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"time"

	"github.com/google/uuid"
)

// Key is what a program shows to be let in. Only its hash is kept; the key
// itself is shown once, when it is made.
type Key struct {
	ID         string
	MerchantID string
	Kind       KeyKind
	Test       bool   // its sessions are for trying out; it sees no others, and live keys do not see them
	Label      string // the merchant's own
	Hint       string // how the key ends
	CreatedAt  time.Time
	EndsAt     time.Time // zero: it does not
}

// KeyKind is what a key may do.
type KeyKind string

// The kinds of key.
const (
	// Secret keys do everything, on servers.
	Secret KeyKind = "secret"
	// Publishable keys only begin sessions, in the pages of allowed origins.
	Publishable KeyKind = "publishable"
)

// Active reports whether the key works at that time.
func (k Key) Active(now time.Time) bool { return k.EndsAt.IsZero() || now.Before(k.EndsAt) }

// Change is an entry of a merchant's audit trail.
type Change struct {
	ID      int64
	At      time.Time
	Who     string          // "key:<id>", "user:<id>" of the console, "cli:<user>", "system"
	Action  string          // such as settings_changed
	Subject string          // id of the key, number of the revision …
	Detail  json.RawMessage // what changed, without secrets; may be empty
}

type whoKey struct{}

// WithWho names who makes the changes that are done with the context.
func WithWho(ctx context.Context, who string) context.Context {
	return context.WithValue(ctx, whoKey{}, who)
}

// Who is the name that [WithWho] gave, else "system".
func Who(ctx context.Context) string {
	if who, ok := ctx.Value(whoKey{}).(string); ok {
		return who
	}
	return "system"
}

// NewKey makes a secret key for live sessions: 256 random bits behind a prefix
// that scanners for leaked secrets can find.
func NewKey() string { return "idp_" + random(32, base64.RawURLEncoding) }

// NewKeyOf makes a key whose prefix tells people what it is.
func NewKeyOf(kind KeyKind, test bool) string {
	prefix := "idp_"
	if kind == Publishable {
		prefix += "pub_"
	}
	if test {
		prefix += "test_"
	}
	return prefix + random(32, base64.RawURLEncoding)
}

// Issue makes a new key of k's merchant, kind, mode and label. The secret is to be
// shown once and kept as [HashKey] says.
func (k Key) Issue(now time.Time) (issued Key, secret string) {
	secret = NewKeyOf(k.Kind, k.Test)
	return Key{
		ID: uuid.NewString(), MerchantID: k.MerchantID, Kind: k.Kind, Test: k.Test, Label: k.Label,
		Hint: Hint(secret), CreatedAt: now.UTC().Truncate(time.Microsecond),
	}, secret
}

// Hint is the end of a key, by which people recognise it.
func Hint(key string) string { return key[max(0, len(key)-4):] }

// HashKey is the form in which a key is kept. The key is random, so a plain
// hash is enough.
func HashKey(key string) string {
	h := sha256.Sum256([]byte(key))
	return hex.EncodeToString(h[:])
}

// AllowsIP reports whether secret keys work from that address.
func (s Settings) AllowsIP(ip netip.Addr) bool {
	for _, n := range s.IPAllow {
		if p, err := netip.ParsePrefix(n); err == nil && p.Contains(ip.Unmap()) {
			return true
		}
	}
	return len(s.IPAllow) == 0
}
