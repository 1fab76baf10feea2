// Package merchant is the domain of tenants: who may use the service, and how
// sessions behave for them.
//
// It holds rules and shapes. Where merchants are kept is the store's business,
// and what a request looks like is the API's.
package merchant

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"idproof/report"
)

// Development is the id of the merchant that is made on first start. It alone
// may call webhooks on this very machine and return to http pages on it.
const Development = "development"

// ErrNotFound says that there is no such merchant, or no such key.
var ErrNotFound = errors.New("merchant: not found")

// Merchant is a tenant.
type Merchant struct {
	ID        string
	Name      string // shown to the merchant's own people
	CreatedAt time.Time
	Settings  Settings
	// WebhookSecrets sign webhooks, newest first; more than one while a secret
	// is being replaced. Each begins with "whsec_".
	WebhookSecrets []string
}

// Store keeps merchants.
type Store interface {
	// Merchant returns the merchant of that id, or ErrNotFound.
	Merchant(ctx context.Context, id string) (Merchant, error)
	// MerchantByKey returns the merchant whose API key has that hash ([HashKey]), or ErrNotFound.
	MerchantByKey(ctx context.Context, hash string) (Merchant, error)
	// Merchants returns all, by time of creation.
	Merchants(ctx context.Context) ([]Merchant, error)
	// InsertMerchant keeps a new merchant with the hash of its key.
	InsertMerchant(ctx context.Context, m Merchant, keyHash string) error
	// UpdateMerchant changes a merchant; the id cannot change.
	UpdateMerchant(ctx context.Context, id string, fn func(Merchant) (Merchant, error)) error
	// SetMerchantKey replaces the key of a merchant.
	SetMerchantKey(ctx context.Context, id, keyHash string) error
}

// SettingsVersion is the version of [Settings] that this program writes. A
// change that old settings would not survive raises it and converts on reading.
const SettingsVersion = 1

// Settings say how a merchant's sessions behave. The zero value of every field
// means the default.
type Settings struct {
	Version        int      `json:"version"`
	DisplayName    string   `json:"display_name,omitempty"`    // shown to the person; default: the merchant's name
	DefaultLocale  string   `json:"default_locale,omitempty"`  // when the request names none that is known
	AnalysisTypes  []string `json:"analysis_types,omitempty"`  // default: document
	DocumentTypes  []string `json:"document_types,omitempty"`  // accepted, in the order they are offered; default: all
	AllowedOrigins []string `json:"allowed_origins,omitempty"` // of target and target_error; default: any https
	LinkTTL        Duration `json:"link_ttl,omitzero"`         // life of a session and its links; default 24 h
	Attempts       int      `json:"attempts,omitempty"`        // submissions by the person; default 3
	AcceptExpired  bool     `json:"accept_expired,omitempty"`  // accept documents past their date of expiry
	MinimumAge     int      `json:"minimum_age,omitempty"`     // whole years; 0: not asked
	WebhookEvents  []string `json:"webhook_events,omitempty"`  // default: session_finished
}

// Webhook events.
const (
	SessionCreated   = "session_created"
	SessionUpdated   = "session_updated"
	SessionFinished  = "session_finished"
	AnalysisFinished = "analysis_finished"
)

// AnalysisTypes are the analyses that can be asked for.
var AnalysisTypes = []string{"document", "selfie", "liveness", "forgery"}

// DocumentTypes are the kinds of document a person can choose from.
var DocumentTypes = []string{report.Passport, report.IdentityCard, report.DrivingLicense, report.ResidencePermit, report.Visa}

// Locales are the languages of the hosted pages, as the API names them.
var Locales = []string{"en", "se", "de", "fr", "gr", "it", "ru", "es", "cz", "tr"}

var events = []string{SessionCreated, SessionUpdated, SessionFinished, AnalysisFinished}

// WithDefaults fills every field that says "the default".
func (s Settings) WithDefaults() Settings {
	s.Version = SettingsVersion
	if len(s.AnalysisTypes) == 0 {
		s.AnalysisTypes = []string{"document"}
	}
	if len(s.DocumentTypes) == 0 {
		s.DocumentTypes = slices.Clone(DocumentTypes)
	}
	if s.LinkTTL == 0 {
		s.LinkTTL = Duration(24 * time.Hour)
	}
	if s.Attempts == 0 {
		s.Attempts = 3
	}
	if len(s.WebhookEvents) == 0 {
		s.WebhookEvents = []string{SessionFinished}
	}
	return s
}

// Validate says everything that is wrong with the settings.
func (s Settings) Validate() error {
	var errs []error
	known := func(field string, all []string, values ...string) {
		for _, v := range values {
			if !slices.Contains(all, v) {
				errs = append(errs, fmt.Errorf("%s: %q is not one of %s", field, v, strings.Join(all, ", ")))
			}
		}
	}
	if s.Version > SettingsVersion {
		errs = append(errs, fmt.Errorf("version: %d is newer than this program's %d", s.Version, SettingsVersion))
	}
	if s.DefaultLocale != "" {
		known("default_locale", Locales, s.DefaultLocale)
	}
	known("analysis_types", AnalysisTypes, s.AnalysisTypes...)
	known("document_types", DocumentTypes, s.DocumentTypes...)
	known("webhook_events", events, s.WebhookEvents...)
	for _, o := range s.AllowedOrigins {
		if u, err := url.Parse(o); err != nil || Origin(u) != o {
			errs = append(errs, fmt.Errorf("allowed_origins: %q is not an origin such as https://example.com", o))
		}
	}
	if ttl := time.Duration(s.LinkTTL); ttl != 0 && (ttl < time.Minute || ttl > 90*24*time.Hour) {
		errs = append(errs, errors.New("link_ttl: from 1m to 2160h"))
	}
	if s.Attempts < 0 || s.Attempts > 20 {
		errs = append(errs, errors.New("attempts: from 1 to 20"))
	}
	if s.MinimumAge < 0 || s.MinimumAge > 120 {
		errs = append(errs, errors.New("minimum_age: from 0 to 120"))
	}
	return errors.Join(errs...)
}

// With returns the settings changed by a JSON object: its fields replace those
// of the same name, null gives the default back, unknown names are an error.
func (s Settings) With(change []byte) (Settings, error) {
	old, err := json.Marshal(s)
	if err != nil {
		return s, err
	}
	fields := map[string]json.RawMessage{}
	if err := errors.Join(json.Unmarshal(old, &fields), json.Unmarshal(change, &fields)); err != nil {
		return s, fmt.Errorf("settings: %w", err)
	}
	merged, err := json.Marshal(fields)
	if err != nil {
		return s, err
	}
	var next Settings
	dec := json.NewDecoder(bytes.NewReader(merged))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&next); err != nil {
		return s, fmt.Errorf("settings: %w", err)
	}
	return next, next.Validate()
}

// Wants reports whether the merchant asked for webhooks of that event.
func (s Settings) Wants(event string) bool {
	return slices.Contains(s.WithDefaults().WebhookEvents, event)
}

// AllowsReturn reports whether a browser may be sent to u at the end of a
// session: an absolute http or https address without credentials, of an origin
// on the list; without a list any https, and http only on this machine.
func (s Settings) AllowsReturn(u *url.URL) bool {
	if u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return false
	}
	if len(s.AllowedOrigins) > 0 {
		return slices.Contains(s.AllowedOrigins, Origin(u))
	}
	return u.Scheme == "https" || IsLocal(u.Hostname())
}

// Origin is the scheme and host of u in the form that browsers compare.
func Origin(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	standard := map[string]string{"https": "443", "http": "80"}
	if port != "" && port != standard[strings.ToLower(u.Scheme)] {
		host += ":" + port
	}
	return strings.ToLower(u.Scheme) + "://" + host
}

// IsLocal reports whether a host name means this machine.
func IsLocal(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// NewKey makes an API key: 256 random bits behind a prefix that scanners for
// leaked secrets can find. Only its hash is kept.
func NewKey() string { return "idp_" + random(32, base64.RawURLEncoding) }

// HashKey is the form in which a key is kept. The key is random, so a plain
// hash is enough.
func HashKey(key string) string {
	h := sha256.Sum256([]byte(key))
	return hex.EncodeToString(h[:])
}

// NewWebhookSecret makes a secret in the form of Standard Webhooks.
func NewWebhookSecret() string { return "whsec_" + random(32, base64.StdEncoding) }

func random(n int, enc *base64.Encoding) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return enc.EncodeToString(b)
}

// Duration is a time.Duration that reads and writes "24h" in JSON.
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}
