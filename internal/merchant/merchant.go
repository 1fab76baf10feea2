// Package merchant is the domain of tenants: who may use the service, and how
// sessions behave for them.
//
// It holds rules and shapes. Where merchants are kept is the store's business,
// and what a request looks like is the API's.
package merchant

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"idproof/engine/authenticity"
	"idproof/internal/outward"
	"idproof/internal/policy"
	"idproof/internal/sms"
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
	// Revision numbers the settings, from 1; it grows with every change.
	Revision int64
	// WebhookSecrets sign webhooks, newest first; more than one while a secret
	// is being replaced. Each begins with "whsec_".
	WebhookSecrets []string
	// SMSSecret is what its own gateway for text messages knows it by.
	SMSSecret sms.Secret
}

// SMS is what the merchant has to send text messages with.
func (m Merchant) SMS() sms.Own {
	return sms.Own{Settings: m.Settings.SMS, Secret: m.SMSSecret, Development: m.ID == Development}
}

// Store keeps merchants. Every change is written into the merchant's audit
// trail in the same transaction, under the name that [WithWho] gave the context.
type Store interface {
	// Merchant returns the merchant of that id, or ErrNotFound.
	Merchant(ctx context.Context, id string) (Merchant, error)
	// MerchantAt is Merchant with the settings of that revision; a revision that
	// is not kept gives those of now.
	MerchantAt(ctx context.Context, id string, revision int64) (Merchant, error)
	// MerchantByKey returns the merchant that has a key of that hash ([HashKey]), or ErrNotFound.
	MerchantByKey(ctx context.Context, hash string) (Merchant, error)
	// Merchants returns all, by time of creation.
	Merchants(ctx context.Context) ([]Merchant, error)
	// InsertMerchant keeps a new merchant with the hash of its first secret key:
	// for live sessions, or for test sessions when it is the development merchant.
	InsertMerchant(ctx context.Context, m Merchant, keyHash string) error
	// UpdateMerchant changes a merchant; the id cannot change. Changed settings
	// become a new revision, and the old ones are kept.
	UpdateMerchant(ctx context.Context, id string, fn func(Merchant) (Merchant, error)) error
	// SetMerchantKey replaces the secret keys of a merchant, of the mode that
	// InsertMerchant began with, by one.
	SetMerchantKey(ctx context.Context, id, keyHash string) error

	// KeyByHash returns a key, ended or not, or ErrNotFound.
	KeyByHash(ctx context.Context, hash string) (Key, error)
	// Keys returns the keys of a merchant, oldest first.
	Keys(ctx context.Context, merchantID string) ([]Key, error)
	// InsertKey keeps a new key.
	InsertKey(ctx context.Context, k Key, hash string) error
	// EndKey lets a key end at that time, unless it ends earlier; ErrNotFound
	// when the merchant has no such key.
	EndKey(ctx context.Context, merchantID, id string, at time.Time) error
	// Audit returns changes of a merchant, newest first, before that id (0: from
	// the newest).
	Audit(ctx context.Context, merchantID string, before int64, limit int) ([]Change, error)
}

// SettingsVersion is the version of [Settings] that this program writes. A
// change that old settings would not survive raises it and converts on reading.
const SettingsVersion = 1

// Settings say how a merchant's sessions behave. The zero value of every field
// means the default.
type Settings struct {
	Version        int           `json:"version" required:"false"`
	DisplayName    string        `json:"display_name,omitempty"`    // shown to the person; default: the merchant's name
	Branding       Branding      `json:"branding,omitzero"`         // of the pages
	DefaultLocale  string        `json:"default_locale,omitempty"`  // when the request names none that is known
	Locales        []string      `json:"locales,omitempty"`         // that the pages offer; default: all
	AnalysisTypes  []string      `json:"analysis_types,omitempty"`  // default: document
	ActiveLiveness bool          `json:"active_liveness,omitempty"` // liveness asks for movements before the camera, not for a selfie only
	DocumentTypes  []string      `json:"document_types,omitempty"`  // accepted, in the order they are offered; default: all
	Countries      []string      `json:"countries,omitempty"`       // issuing countries that are accepted; default: all
	OneSided       []string      `json:"one_sided,omitempty"`       // document types of which the front is enough
	Devices        string        `json:"devices,omitempty"`         // both, browser or mobile; default: both
	Handoff        []string      `json:"handoff,omitempty"`         // ways to the phone, in order: qr, sms, link; default: qr, link
	QualityGate    string        `json:"quality_gate,omitempty"`    // what a poor picture meets on the pages: block or warn; default: block
	QualityTries   int           `json:"quality_tries,omitempty"`   // blocked pictures after which the gate only warns; default 3
	AllowedOrigins []string      `json:"allowed_origins,omitempty"` // of target and target_error, and of pages with a publishable key; default: any https, no page
	FrameOrigins   []string      `json:"frame_origins,omitempty"`   // that may embed the pages; default: allowed_origins
	IPAllow        []string      `json:"ip_allow,omitempty"`        // networks from which secret keys work; default: any
	LinkTTL        Duration      `json:"link_ttl,omitzero"`         // life of a session and its links; default 24 h
	Attempts       int           `json:"attempts,omitempty"`        // submissions by the person; default 3
	AcceptExpired  bool          `json:"accept_expired,omitempty"`  // accept documents past their date of expiry
	MinimumAge     int           `json:"minimum_age,omitempty"`     // whole years; 0: not asked
	Policy         policy.Config `json:"policy,omitzero"`           // what checks lead to; default: the preset standard
	FaceSearch     FaceSettings  `json:"face_search,omitzero"`      // whether a new face is looked for among others; default: not
	Forgery        Forgery       `json:"forgery,omitzero"`          // how risky is risky, and what is looked back at
	Webhook        string        `json:"webhook,omitempty"`         // where webhooks go when the request does not say
	WebhookEvents  []string      `json:"webhook_events,omitempty"`  // default: session_finished
	SMS            sms.Settings  `json:"sms,omitzero"`              // the merchant's own gateway for text messages; the newest settings count, for old sessions too
	Legal          Legal         `json:"legal,omitzero"`            // what the person is told and asked
	Retention      Retention     `json:"retention,omitzero"`        // how long what is kept
}

// Branding is how the pages look.
type Branding struct {
	Colour     string `json:"colour,omitempty"`      // of buttons and marks, such as #0a5fd8
	LogoURL    string `json:"logo_url,omitempty"`    // https
	Radius     *int   `json:"radius,omitempty"`      // of corners, in pixels, 0 to 32; default 18
	Scheme     string `json:"scheme,omitempty"`      // light, dark or auto, as the device wishes; default: auto
	SupportURL string `json:"support_url,omitempty"` // https or mailto
}

// FaceSettings say among which faces that of a new session is looked for. What is
// found asks a person to look, and nothing more.
type FaceSettings struct {
	Seen    bool `json:"seen,omitempty"`    // those of earlier sessions, which are kept as long as retention.biometrics
	Blocked bool `json:"blocked,omitempty"` // those of the merchant's block list
}

// Legal is what the person is told, and asked to agree to.
type Legal struct {
	PrivacyURL     string            `json:"privacy_url,omitempty"`     // https
	TermsURL       string            `json:"terms_url,omitempty"`       // https
	Consent        map[string]string `json:"consent,omitempty"`         // text by language, as Locales; none: not asked
	ConsentVersion string            `json:"consent_version,omitempty"` // of these texts, kept with each consent; wanted with them
}

// Forgery says how the forgery detection names a risk and whether it looks at
// earlier sessions.
type Forgery struct {
	Warning  int    `json:"warning,omitempty"`   // risk score from which on it is Warning, 1 to 100; default 50
	HighRisk int    `json:"high_risk,omitempty"` // from which on it is HighRisk, above warning; default 85
	History  string `json:"history,omitempty"`   // compare with earlier sessions: on or off; default: on
}

// ByDefault fills every field that says "the default".
func (f Forgery) ByDefault() Forgery {
	f.Warning = cmp.Or(f.Warning, authenticity.Standard.Warning)
	f.HighRisk = cmp.Or(f.HighRisk, authenticity.Standard.HighRisk)
	f.History = cmp.Or(f.History, "on")
	return f
}

// Thresholds are those of the settings.
func (f Forgery) Thresholds() authenticity.Thresholds {
	f = f.ByDefault()
	return authenticity.Thresholds{Warning: f.Warning, HighRisk: f.HighRisk}
}

func (f Forgery) validate() error {
	f = f.ByDefault()
	var errs []error
	if f.Warning < 1 || f.HighRisk > 100 || f.Warning >= f.HighRisk {
		errs = append(errs, errors.New("forgery: warning and high_risk from 1 to 100, warning the lower one"))
	}
	if f.History != "on" && f.History != "off" {
		errs = append(errs, fmt.Errorf("forgery.history: %q is not one of on, off", f.History))
	}
	return errors.Join(errs...)
}

// Retention is how long after the end of a session each kind of what is kept
// stays. It is always the newest settings that count, for old sessions too.
type Retention struct {
	Biometrics Duration `json:"biometrics,omitzero"` // selfies and liveness frames; default 7 days
	Pictures   Duration `json:"pictures,omitzero"`   // all pictures; default 30 days
	Personal   Duration `json:"personal,omitzero"`   // all that was read or said of the person, webhooks too; default 90 days
	Record     Duration `json:"record,omitzero"`     // that there was a session, its states and audit trail; default 365 days
}

// ByDefault fills every field that says "the default": the kind's own, but never
// longer than what outlasts it.
func (r Retention) ByDefault() Retention {
	const day = Duration(24 * time.Hour)
	fill := func(d *Duration, standard, most Duration) {
		if *d == 0 {
			*d = min(standard, most)
		}
	}
	fill(&r.Record, 365*day, 3650*day)
	fill(&r.Personal, 90*day, r.Record)
	fill(&r.Pictures, 30*day, r.Personal)
	fill(&r.Biometrics, 7*day, r.Pictures)
	return r
}

func (r Retention) validate() error {
	r = r.ByDefault()
	for _, d := range []Duration{r.Biometrics, r.Pictures, r.Personal, r.Record} {
		if t := time.Duration(d); t < time.Minute || t > 10*365*24*time.Hour {
			return errors.New("retention: from 1m to 87600h")
		}
	}
	if r.Biometrics > r.Pictures || r.Pictures > r.Personal || r.Personal > r.Record {
		return errors.New("retention: biometrics, pictures, personal and record must each last at least as long as the one before")
	}
	return nil
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
	if len(s.Locales) == 0 {
		s.Locales = slices.Clone(Locales)
	}
	if len(s.FrameOrigins) == 0 {
		s.FrameOrigins = s.AllowedOrigins
	}
	if len(s.Handoff) == 0 {
		s.Handoff = []string{"qr", "link"}
	}
	s.Devices = cmp.Or(s.Devices, "both")
	s.QualityGate = cmp.Or(s.QualityGate, "block")
	s.QualityTries = cmp.Or(s.QualityTries, 3)
	s.Retention = s.Retention.ByDefault()
	s.Forgery = s.Forgery.ByDefault()
	s.SMS = s.SMS.ByDefault()
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
	known("locales", Locales, s.Locales...)
	known("one_sided", DocumentTypes, s.OneSided...)
	known("handoff", []string{"qr", "sms", "link"}, s.Handoff...)
	known("devices", []string{"both", "browser", "mobile"}, cmp.Or(s.Devices, "both"))
	known("quality_gate", []string{"block", "warn"}, cmp.Or(s.QualityGate, "block"))
	for field, origins := range map[string][]string{"allowed_origins": s.AllowedOrigins, "frame_origins": s.FrameOrigins} {
		for _, o := range origins {
			if u, err := url.Parse(o); err != nil || Origin(u) != o {
				errs = append(errs, fmt.Errorf("%s: %q is not an origin such as https://example.com", field, o))
			}
		}
	}
	for _, c := range s.Countries {
		if !country.MatchString(c) {
			errs = append(errs, fmt.Errorf("countries: %q is not a country code such as SWE or D", c))
		}
	}
	for _, n := range s.IPAllow {
		if _, err := netip.ParsePrefix(n); err != nil {
			errs = append(errs, fmt.Errorf("ip_allow: %q is not a network such as 192.0.2.0/24", n))
		}
	}
	if s.Webhook != "" {
		if u, err := url.Parse(s.Webhook); err != nil || u.Hostname() == "" || u.User != nil || (u.Scheme != "https" && (u.Scheme != "http" || !IsLocal(u.Hostname()))) {
			errs = append(errs, errors.New("webhook: must be an absolute https address without credentials"))
		}
	}
	if s.QualityTries < 0 || s.QualityTries > 20 {
		errs = append(errs, errors.New("quality_tries: from 1 to 20"))
	}
	errs = append(errs, s.Branding.validate(), s.Legal.validate(), s.Retention.validate(), s.Forgery.validate(), s.SMS.Validate(), s.Policy.Validate())
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

var (
	country = regexp.MustCompile(`^[A-Z]{1,3}$`)
	colour  = regexp.MustCompile(`^#[0-9a-f]{6}$`)
)

func (b Branding) validate() error {
	var errs []error
	if b.Colour != "" && !colour.MatchString(b.Colour) {
		errs = append(errs, errors.New("branding.colour: must be like #0a5fd8"))
	}
	if b.Radius != nil && (*b.Radius < 0 || *b.Radius > 32) {
		errs = append(errs, errors.New("branding.radius: from 0 to 32"))
	}
	if !slices.Contains([]string{"", "auto", "light", "dark"}, b.Scheme) {
		errs = append(errs, errors.New("branding.scheme: must be light, dark or auto"))
	}
	errs = append(errs, link("branding.logo_url", b.LogoURL, "https"), link("branding.support_url", b.SupportURL, "https", "mailto"))
	return errors.Join(errs...)
}

func (l Legal) validate() error {
	errs := []error{link("legal.privacy_url", l.PrivacyURL, "https"), link("legal.terms_url", l.TermsURL, "https")}
	for locale, text := range l.Consent {
		if !slices.Contains(Locales, locale) || text == "" || len(text) > 10_000 {
			errs = append(errs, fmt.Errorf("legal.consent: %q must be one of %s, with a text of at most 10000 bytes", locale, strings.Join(Locales, ", ")))
		}
	}
	if len(l.Consent) > 0 && (l.ConsentVersion == "" || l.Consent["en"] == "") {
		errs = append(errs, errors.New("legal.consent: wants consent_version, and a text in en for languages that have none"))
	}
	if len(l.ConsentVersion) > 64 {
		errs = append(errs, errors.New("legal.consent_version: at most 64 bytes"))
	}
	return errors.Join(errs...)
}

// ConsentText is what the person is asked to agree to; empty: nothing.
func (l Legal) ConsentText(locale string) string { return cmp.Or(l.Consent[locale], l.Consent["en"]) }

func link(field, value string, schemes ...string) error {
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	if err != nil || !slices.Contains(schemes, u.Scheme) || (u.Scheme == "https" && u.Host == "") || len(value) > 2048 {
		return fmt.Errorf("%s: must be an address of the scheme %s", field, strings.Join(schemes, " or "))
	}
	return nil
}

// Criteria are the settings that decisions are made by.
func (s Settings) Criteria() policy.Criteria {
	s = s.WithDefaults()
	return policy.Criteria{
		Config: s.Policy, AcceptExpired: s.AcceptExpired, MinimumAge: s.MinimumAge,
		DocumentTypes: s.DocumentTypes, Countries: s.Countries,
	}
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
func IsLocal(host string) bool { return outward.IsLocal(host) }

// NewWebhookSecret makes a secret in the form of Standard Webhooks.
func NewWebhookSecret() string { return "whsec_" + random(32, base64.StdEncoding) }

// MaxWebhookSecrets is how many webhook secrets sign at the same time.
const MaxWebhookSecrets = 3

// ErrSecretsFull says that there are as many webhook secrets as there can be.
var ErrSecretsFull = errors.New("merchant: there are three webhook secrets already")

// AddWebhookSecret returns the merchant with a new newest secret, and that
// secret, or [ErrSecretsFull].
func (m Merchant) AddWebhookSecret() (Merchant, string, error) {
	if len(m.WebhookSecrets) >= MaxWebhookSecrets {
		return m, "", ErrSecretsFull
	}
	made := NewWebhookSecret()
	m.WebhookSecrets = append([]string{made}, m.WebhookSecrets...)
	return m, made, nil
}

// RetireWebhookSecrets returns the merchant with only the newest secret left.
func (m Merchant) RetireWebhookSecrets() Merchant {
	m.WebhookSecrets = m.WebhookSecrets[:min(1, len(m.WebhookSecrets))]
	return m
}

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
