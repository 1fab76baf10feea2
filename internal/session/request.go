package session

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"idproof/internal/merchant"
	"idproof/internal/policy"
)

// Request is what a merchant's program asks for when it begins a session.
type Request struct {
	Locale        string
	AnalysisTypes []string
	Test          bool // made with a test key
	Private
}

// Limits of a request.
const (
	maxURL      = 2048
	maxRelay    = 1024
	maxMetadata = 4 << 10
	maxText     = 256
)

// ParseRequest reads the JSON body of a request and says everything that is
// wrong with it, one error for each field. Fields it does not know are left
// alone; null and empty texts mean that a field is not given. test says that the
// session is for trying out.
func ParseRequest(body []byte, m merchant.Merchant, test bool) (Request, []*Error) {
	p := parser{merchant: m}
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if !utf8.Valid(body) {
		return Request{}, []*Error{ErrInvalid.Say("The body must be UTF-8.")}
	}
	if err := json.Unmarshal(body, &p.fields); err != nil || p.fields == nil {
		return Request{}, []*Error{ErrInvalid.Say("The body must be a JSON object.")}
	}
	var r Request
	r.Locale = p.locale()
	r.RelayState = p.text("relay_state", maxRelay, ErrInvalid.Code)
	r.AnalysisTypes = p.analysisTypes()
	r.Target = p.returnURL("target", "INVALID_TARGET")
	r.TargetError = p.returnURL("target_error", "INVALID_TARGETERROR")
	r.Webhook = p.webhook()
	r.Metadata = p.metadata()
	r.Expected = p.expected()
	r.IP = p.ip()
	r.AppID = p.match("app_id", appID, "INVALID_APPID", "app_id must be the id of an app, such as com.example.shop.")
	r.Test, r.TestOutcome = test, p.testOutcome(test)
	return r, p.errs
}

// ParseLiveness is ParseRequest for a liveness session, which asks for more.
func ParseLiveness(body []byte, m merchant.Merchant, test bool) (Request, []*Error) {
	r, errs := ParseRequest(body, m, test)
	p := parser{merchant: m}
	if json.Unmarshal(body, &p.fields) != nil && len(bytes.TrimSpace(body)) > 0 {
		return r, errs // said already
	}
	l := Liveness{Options: "FrontSide", Action: "Random", AvailableActions: slices.Clone(livenessActions)}
	if v := p.oneOf("options", []string{"FrontSide", "FrontAndBack", "NoDocument"}); v != "" {
		l.Options = v
	}
	p.oneOf("action", []string{"Random"})
	if actions := p.actions(); len(actions) > 0 {
		l.AvailableActions = actions
	}
	r.CancelURL = p.returnURL("cancel_url", "INVALID_TARGETERROR")
	if !slices.Contains(r.AnalysisTypes, "liveness") {
		if len(r.AnalysisTypes) == 0 && l.Options != "NoDocument" {
			r.AnalysisTypes = []string{"document"}
		}
		r.AnalysisTypes = append(r.AnalysisTypes, "liveness")
	}
	r.Liveness = &l
	return r, append(errs, p.errs...)
}

var livenessActions = []string{"FollowText", "MoveTowardsCamera", "MoveAwayFromCamera"}

func (p *parser) actions() []string {
	raw := p.given("available_actions")
	if raw == nil {
		return nil
	}
	var given, actions []string
	err := json.Unmarshal(raw, &given)
	for _, g := range given {
		i := slices.IndexFunc(livenessActions, func(a string) bool { return strings.EqualFold(a, g) })
		if i < 0 {
			err = ErrInvalid
			break
		}
		if !slices.Contains(actions, livenessActions[i]) {
			actions = append(actions, livenessActions[i])
		}
	}
	if err != nil {
		p.fail(ErrInvalid.Code, "available_actions may hold "+strings.Join(livenessActions, ", ")+".")
		return nil
	}
	return actions
}

// oneOf is a text that is one of all, in any letter case.
func (p *parser) oneOf(name string, all []string) string {
	s := p.text(name, maxText, ErrInvalid.Code)
	if s == "" {
		return ""
	}
	i := slices.IndexFunc(all, func(a string) bool { return strings.EqualFold(a, s) })
	if i < 0 {
		p.fail(ErrInvalid.Code, name+" must be "+strings.Join(all, ", ")+".")
		return ""
	}
	return all[i]
}

// Outcomes that a test session can ask for, beside the codes of reasons.
const (
	OutcomeAccepted = "accepted"
	OutcomeReview   = "review"
	OutcomeDeclined = "declined"
	OutcomeFailed   = "failed"
	OutcomeTimeout  = "timeout" // the session expires by itself after testTimeout
)

const testTimeout = 5 * time.Second

// TestOutcomes are all outcomes that a test session can ask for.
func TestOutcomes() []string {
	all := []string{OutcomeAccepted, OutcomeReview, OutcomeDeclined, OutcomeFailed, OutcomeTimeout}
	for _, r := range policy.Rules() {
		all = append(all, r.Code)
	}
	return all
}

func (p *parser) testOutcome(test bool) string {
	s := p.text("test_outcome", maxText, ErrInvalid.Code)
	switch {
	case s == "":
		return ""
	case !test:
		p.fail(ErrInvalid.Code, "test_outcome is for sessions made with a test key.")
		return ""
	}
	all := TestOutcomes()
	i := slices.IndexFunc(all, func(o string) bool { return strings.EqualFold(o, s) })
	if i < 0 {
		p.fail(ErrInvalid.Code, "test_outcome must be accepted, review, declined, failed, timeout or the code of a reason.")
		return ""
	}
	return all[i]
}

func (p *parser) ip() string {
	s := p.text("ip", maxText, "INVALID_IP")
	if s == "" {
		return ""
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		p.fail("INVALID_IP", "ip must be an IPv4 or IPv6 address.")
		return ""
	}
	return a.Unmap().String()
}

func (p *parser) match(name string, form *regexp.Regexp, code, description string) string {
	n := len(p.errs)
	s := p.text(name, maxText, code)
	if s != "" && len(p.errs) == n && !form.MatchString(s) {
		p.fail(code, description)
		return ""
	}
	return s
}

// ParseAnalysis reads an analysis configuration; the types default to the session's.
func ParseAnalysis(body []byte, s Session) ([]string, []*Error) {
	var p parser
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if err := json.Unmarshal(body, &p.fields); err != nil || p.fields == nil {
		return nil, []*Error{ErrInvalid.Say("The body must be a JSON object.")}
	}
	types := p.analysisTypes()
	if len(types) == 0 {
		types = s.AnalysisTypes
	}
	return types, p.errs
}

type parser struct {
	merchant merchant.Merchant
	fields   map[string]json.RawMessage
	errs     []*Error
}

func (p *parser) fail(code, description string) {
	p.errs = append(p.errs, &Error{code, description})
}

// given returns the raw value of a field, or nil when it is missing or null.
func (p *parser) given(name string) json.RawMessage {
	v := bytes.TrimSpace(p.fields[name])
	if len(v) == 0 || string(v) == "null" {
		return nil
	}
	return v
}

func (p *parser) text(name string, limit int, code string) string {
	raw := p.given(name)
	if raw == nil {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		p.fail(code, name+" must be a text.")
		return ""
	}
	if len(s) > limit || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		p.fail(code, name+" is too long or holds control characters.")
		return ""
	}
	return s
}

func (p *parser) locale() string {
	s := p.text("locale", 35, "INVALID_LOCALE")
	if s == "" {
		return ""
	}
	if !regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$`).MatchString(s) {
		p.fail("INVALID_LOCALE", "locale must be a language such as en, de or de-AT.")
		return ""
	}
	return Locale(s)
}

// Locale maps the name of a language, in any case, with or without a region, to
// one of merchant.Locales; "" when it is none of them.
func Locale(name string) string {
	base, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(name), "_", "-"), "-")
	switch base {
	case "sv":
		base = "se"
	case "el":
		base = "gr"
	case "cs":
		base = "cz"
	}
	if slices.Contains(merchant.Locales, base) {
		return base
	}
	return ""
}

func (p *parser) analysisTypes() []string {
	raw := p.given("analysis_types")
	if raw == nil {
		return nil
	}
	var given []string
	if json.Unmarshal(raw, &given) != nil {
		p.fail("INVALID_ANALYSISTYPE", "analysis_types must be a list of texts.")
		return nil
	}
	var types []string
	for _, t := range given {
		t = strings.ToLower(strings.TrimSpace(t))
		if t == "fraud" {
			t = "forgery"
		}
		if !slices.Contains(merchant.AnalysisTypes, t) {
			p.fail("INVALID_ANALYSISTYPE", "analysis_types may hold "+strings.Join(merchant.AnalysisTypes, ", ")+".")
			return nil
		}
		if !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}

func (p *parser) url(name, code string) *url.URL {
	s := p.text(name, maxURL, code)
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		p.fail(code, name+" must be an absolute http or https address without credentials.")
		return nil
	}
	return u
}

func (p *parser) returnURL(name, code string) string {
	u := p.url(name, code)
	if u == nil {
		return ""
	}
	if !p.merchant.Settings.AllowsReturn(u) {
		p.fail(code, name+" is not at an origin that the merchant's settings allow.")
		return ""
	}
	return u.String()
}

func (p *parser) webhook() string {
	u := p.url("webhook", "INVALID_WEBHOOK")
	if u == nil {
		return ""
	}
	// Whether the address may be called is decided when it is resolved, at every
	// attempt; here only what can never be right is refused.
	if u.Scheme != "https" && !merchant.IsLocal(u.Hostname()) {
		p.fail("INVALID_WEBHOOK", "webhook must be https.")
		return ""
	}
	u.Fragment = ""
	return u.String()
}

func (p *parser) metadata() map[string]any {
	raw := p.given("metadata")
	if raw == nil {
		return nil
	}
	var m map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // echoed as it came
	if len(raw) > maxMetadata || dec.Decode(&m) != nil {
		p.fail(ErrInvalid.Code, "metadata must be a JSON object of at most 4 KiB.")
		return nil
	}
	return m
}

var (
	personalNumber = regexp.MustCompile(`^[\pL\pN][\pL\pN .+/-]{1,39}$`)
	documentNumber = regexp.MustCompile(`^[\pL\pN][\pL\pN ./-]{0,39}$`)
	appID          = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+$`)
	phone          = regexp.MustCompile(`^\+[0-9][0-9 ()-]{5,24}$`)
)

func (p *parser) expected() *Expected {
	raw := p.given("expected")
	if raw == nil {
		return nil
	}
	q := parser{merchant: p.merchant}
	if json.Unmarshal(raw, &q.fields) != nil {
		p.fail(ErrInvalid.Code, "expected must be a JSON object.")
		return nil
	}
	field := func(name, code, description string, ok func(string) bool) string {
		n := len(q.errs)
		s := strings.TrimSpace(q.text(name, maxText, code))
		if len(q.errs) > n {
			q.errs[n].Description = "expected." + q.errs[n].Description
			return ""
		}
		if s != "" && ok != nil && !ok(s) {
			q.fail(code, "expected."+name+description)
			return ""
		}
		return s
	}
	isDate := func(s string) bool {
		t, err := time.Parse(time.DateOnly, s)
		return err == nil && t.Year() > 1850
	}
	var e Expected
	e.FirstName = field("first_name", ErrInvalid.Code, "", nil)
	e.LastName = field("last_name", ErrInvalid.Code, "", nil)
	e.FullName = field("full_name", ErrInvalid.Code, "", nil)
	e.DateOfBirth = field("date_of_birth", "INVALID_DATEOFBIRTH", " must be a date such as 1974-08-12.", isDate)
	e.DocumentNumber = field("document_number", ErrInvalid.Code, " must be letters and digits.", documentNumber.MatchString)
	e.PersonalNumber = field("personal_number", "INVALID_PERSONALNUMBER", " must be letters and digits.", personalNumber.MatchString)
	e.Country = strings.ToUpper(field("country", "INVALID_COUNTRYCODE", " must be a country code.", isCountry))
	e.Nationality = strings.ToUpper(field("nationality", "INVALID_COUNTRYCODE", " must be a country code.", isCountry))
	e.Gender = strings.ToUpper(field("gender", ErrInvalid.Code, " must be M, F or X.", func(s string) bool {
		return slices.Contains([]string{"M", "F", "X"}, strings.ToUpper(s))
	}))
	e.Address = field("address", "INVALID_ADDRESS", "", nil)
	e.Phone = field("phone", "INVALID_PHONE", " must be international, such as +46701234567.", phone.MatchString)
	p.errs = append(p.errs, q.errs...)
	if e == (Expected{}) {
		return nil
	}
	return &e
}

// icaoStates are the issuers of ICAO 9303-3 section 5 that ISO 3166 does not know.
var icaoStates = []string{
	"D", "GBD", "GBN", "GBO", "GBP", "GBS", "RKS", "EUE", "UNO", "UNA", "UNK", "UTO", "IAO", "XOM", "XPO", "XCE",
	"XBA", "XIM", "XCC", "XCO", "XEC", "XES", "XMP", "XDC", "XXA", "XXB", "XXC", "XXX",
}

func isCountry(s string) bool {
	s = strings.ToUpper(s)
	if slices.Contains(icaoStates, s) {
		return true
	}
	if len(s) != 2 && len(s) != 3 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return false
	}
	r, err := language.ParseRegion(s)
	return err == nil && r.IsCountry()
}
