// Package sms sends text messages through whatever gateway an operator or a
// merchant has: one HTTP request, shaped by a template. Which messages there
// are is not its business, nor is keeping them; only the development outbox
// keeps the last few, in memory, so that everything can be tried without a
// gateway.
package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"text/template"
	"text/template/parse"
	"time"

	"idproof/internal/outward"
)

// Config of the server's gateway. Without an address it has none.
type Config struct {
	URL           string        `env:"IDPROOF_SMS_URL" help:"Address of the gateway for text messages, for merchants without one of their own. Empty: none." placeholder:"URL"`
	Body          string        `env:"IDPROOF_SMS_BODY" default:"{\"to\":{{json .To}},\"text\":{{json .Text}}}" help:"Body of the request, a template with .To (such as +4670…), .Text and .From; json and query quote them. Twilio: To={{query .To}}&From=…&Body={{query .Text}}." placeholder:"TEMPLATE"`
	ContentType   string        `env:"IDPROOF_SMS_CONTENT_TYPE" default:"application/json" help:"Content-Type of the request."`
	Authorization string        `env:"IDPROOF_SMS_AUTHORIZATION" help:"Authorization header of the request." placeholder:"VALUE"`
	Sender        string        `env:"IDPROOF_SMS_SENDER" help:"What .From is in the body."`
	Timeout       time.Duration `env:"IDPROOF_SMS_TIMEOUT" default:"10s" help:"Longest wait for the gateway."`
}

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	if c.URL == "" {
		return nil
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("sms url: must be an http or https address")
	}
	if c.Timeout <= 0 || c.Timeout > time.Minute {
		return errors.New("sms timeout: up to 1m")
	}
	_, err = shape(c.Body)
	return err
}

// message is what a template sees.
type message struct{ To, Text, From string }

var functions = template.FuncMap{
	"query": url.QueryEscape,
	"json": func(s string) (string, error) {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		err := e.Encode(s)
		return strings.TrimSpace(b.String()), err
	},
}

// shape reads a template. It is text with the values and the two functions in
// it, each quoted once at most, and nothing else: merchants write it, and a loop,
// a width of print or quotes of quotes would let them keep the server busy.
func shape(body string) (*template.Template, error) {
	t, err := template.New("body").Option("missingkey=error").Funcs(functions).Parse(body)
	if err == nil {
		err = plain(t)
	}
	if err == nil {
		err = t.Execute(io.Discard, message{})
	}
	if err != nil {
		return nil, fmt.Errorf("sms body: %w", err)
	}
	return t, nil
}

var errNotPlain = errors.New("only {{json .To}}, {{query .Text}} and the like can be in it")

func plain(t *template.Template) error {
	if len(t.Templates()) != 1 || t.Tree == nil {
		return errNotPlain
	}
	for _, n := range t.Root.Nodes {
		if n.Type() == parse.NodeText {
			continue
		}
		action, ok := n.(*parse.ActionNode)
		if !ok || len(action.Pipe.Decl) > 0 {
			return errNotPlain
		}
		values, quotes := 0, 0
		for _, command := range action.Pipe.Cmds {
			for _, arg := range command.Args {
				ident, function := arg.(*parse.IdentifierNode)
				switch {
				case arg.Type() == parse.NodeField:
					values++
				case function && functions[ident.Ident] != nil:
					quotes++ // json of json of json doubles what it quotes each time
				default:
					return errNotPlain
				}
			}
		}
		if values != 1 || quotes > 1 {
			return errNotPlain
		}
	}
	return nil
}

// Sender sends messages. Its errors name neither number nor text.
type Sender interface {
	Send(ctx context.Context, number, text string) error
}

// Gateway sends through one HTTP request for each message.
type Gateway struct {
	url, contentType, from string
	header, secret         string // who sends; without a secret no header
	body                   *template.Template
	client                 *http.Client
}

// NewGateway returns the server's gateway; the configuration is valid and has
// an address, which the operator answers for: it may be inside the own network.
func NewGateway(c Config) (*Gateway, error) {
	body, err := shape(c.Body)
	if err != nil {
		return nil, err
	}
	return &Gateway{
		url: c.URL, contentType: c.ContentType, from: c.Sender, header: "Authorization", secret: c.Authorization, body: body,
		client: &http.Client{
			Timeout: c.Timeout,
			// A gateway that moves says so to its operator; what is sent is not carried elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// FailedError is why a gateway did not take a message.
type FailedError struct {
	Reason string // status, redirect, or as outward.Why says
	Status int    // that the gateway answered; 0: it did not
}

// Error implements error.
func (f *FailedError) Error() string {
	if f.Status != 0 {
		return fmt.Sprintf("sms: gateway answers %d", f.Status)
	}
	return "sms: gateway: " + f.Reason
}

// Send implements [Sender]. What the gateway or the way to it is to blame for
// is a [FailedError].
func (g *Gateway) Send(ctx context.Context, number, text string) error {
	var body bytes.Buffer
	if err := g.body.Execute(&body, message{To: number, Text: text, From: g.from}); err != nil {
		return errors.New("sms: the body cannot be made")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, &body)
	if err != nil {
		return errors.New("sms: the request cannot be made")
	}
	r.Header.Set("Content-Type", g.contentType)
	r.Header.Set("User-Agent", "idproof-sms/1")
	if g.secret != "" {
		r.Header.Set(g.header, g.secret)
	}
	answer, err := g.client.Do(r)
	if err != nil {
		return &FailedError{Reason: outward.Why(err)} // the cause quotes the address, which may hold a key
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10)
	switch s := answer.StatusCode; {
	case s >= 300 && s < 400:
		return &FailedError{"redirect", s}
	case s < 200 || s > 299:
		return &FailedError{"status", s}
	}
	return nil
}

// Settings are a merchant's own gateway.
type Settings struct {
	URL         string `json:"url,omitempty"`          // https; without, messages go through the server's gateway
	Body        string `json:"body,omitempty"`         // of the request, a template as of the server's; default: {"to":{{json .To}},"text":{{json .Text}}}
	ContentType string `json:"content_type,omitempty"` // of the request; default: application/json
	Header      string `json:"header,omitempty"`       // that carries the secret; default: Authorization
	Sender      string `json:"sender,omitempty"`       // what .From is in the body
}

// ByDefault fills every field that says "the default".
func (s Settings) ByDefault() Settings {
	if s.URL == "" {
		return s
	}
	for field, standard := range map[*string]string{&s.Body: `{"to":{{json .To}},"text":{{json .Text}}}`, &s.ContentType: "application/json", &s.Header: "Authorization"} {
		if *field == "" {
			*field = standard
		}
	}
	return s
}

var (
	headerName  = regexp.MustCompile("^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")
	mediaType   = regexp.MustCompile(`^[a-z0-9.+-]+/[a-z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?$`)
	headerValue = regexp.MustCompile(`^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$`)
	// What says how the request itself is to be read; a secret is none of that.
	framing = []string{"host", "connection", "content-type", "content-length", "content-encoding", "transfer-encoding", "te", "trailer", "upgrade", "expect", "user-agent"}
)

// Validate says everything that is wrong with the settings.
func (s Settings) Validate() error {
	if s.URL == "" {
		if s != (Settings{}) {
			return errors.New("sms.url: wanted with the other settings of the gateway")
		}
		return nil
	}
	s = s.ByDefault()
	var errs []error
	u, err := url.Parse(s.URL)
	if err != nil || u.Hostname() == "" || u.User != nil || len(s.URL) > 2048 || (u.Scheme != "https" && (u.Scheme != "http" || !outward.IsLocal(u.Hostname()))) {
		errs = append(errs, errors.New("sms.url: must be an absolute https address without credentials"))
	}
	if len(s.Body) > 4096 {
		errs = append(errs, errors.New("sms.body: at most 4096 bytes"))
	} else if _, err := shape(s.Body); err != nil {
		errs = append(errs, fmt.Errorf("sms.body: %w", err))
	}
	if !mediaType.MatchString(s.ContentType) {
		errs = append(errs, errors.New("sms.content_type: must be like application/json"))
	}
	if !headerName.MatchString(s.Header) || slices.Contains(framing, strings.ToLower(s.Header)) {
		errs = append(errs, errors.New("sms.header: must be the name of a header such as Authorization or X-Api-Key"))
	}
	if len(s.Sender) > 64 {
		errs = append(errs, errors.New("sms.sender: at most 64 bytes"))
	}
	return errors.Join(errs...)
}

// Secret proves to a merchant's gateway who sends. It goes to the origin that it
// was set for and nowhere else: who can change the address cannot learn it.
type Secret struct {
	Value  string
	Origin string    // scheme and host of the gateway
	SetAt  time.Time // UTC; zero: there is none
}

// ErrNoGateway says that a merchant has no gateway of its own.
var ErrNoGateway = errors.New("sms: the merchant has no gateway of its own")

// ErrSecret says that a value cannot be sent in a header.
var ErrSecret = errors.New("sms: a secret is 1 to 4096 printable characters of ASCII, without a space at its ends")

// NewSecret is the secret for the gateway of these settings: the whole value of
// the header. Errors are [ErrNoGateway] and [ErrSecret].
func (s Settings) NewSecret(value string, at time.Time) (Secret, error) {
	if s.URL == "" {
		return Secret{}, ErrNoGateway
	}
	if len(value) > 4096 || !headerValue.MatchString(value) {
		return Secret{}, ErrSecret
	}
	return Secret{Value: value, Origin: origin(s.URL), SetAt: at.UTC().Truncate(time.Microsecond)}, nil
}

// Has reports whether the gateway of these settings gets the secret.
func (s Settings) Has(secret Secret) bool {
	return secret.Value != "" && secret.Origin == origin(s.URL)
}

func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

// Own is what a merchant has to send with.
type Own struct {
	Settings    Settings
	Secret      Secret
	Development bool // the development merchant's, which may be on this machine
}

// Desk sends the messages of all merchants: each through its own gateway, or
// through the server's when it has none.
type Desk struct {
	server  Sender
	clients outward.Clients
}

// NewDesk returns a desk; server may be nil.
func NewDesk(server Sender, clients outward.Clients) *Desk { return &Desk{server, clients} }

// Through names what the messages of a merchant go through: own, server, or
// none when nothing can be sent.
func (d *Desk) Through(own Own) string {
	switch {
	case own.Settings.URL != "":
		return "own"
	case d.server != nil:
		return "server"
	}
	return "none"
}

// Send sends a message of that merchant.
func (d *Desk) Send(ctx context.Context, own Own, number, text string) error {
	if own.Settings.URL != "" {
		return d.SendOwn(ctx, own, number, text)
	}
	if d.server == nil {
		return ErrNoGateway
	}
	return d.server.Send(ctx, number, text)
}

// SendOwn is Send that never uses the server's gateway; [ErrNoGateway] when the
// merchant has none.
func (d *Desk) SendOwn(ctx context.Context, own Own, number, text string) error {
	s := own.Settings.ByDefault()
	if s.URL == "" {
		return ErrNoGateway
	}
	body, err := shape(s.Body)
	if err != nil {
		return err
	}
	g := &Gateway{url: s.URL, contentType: s.ContentType, from: s.Sender, header: s.Header, body: body, client: d.clients.For(own.Development)}
	if s.Has(own.Secret) {
		g.secret = own.Secret.Value
	}
	return g.Send(ctx, number, text)
}

// Test is what a message says that only tries a gateway.
const Test = "This is a test message. Your gateway works."

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)

// IsNumber reports whether a number can be sent to: E.164, such as +46701740605.
func IsNumber(number string) bool { return e164.MatchString(number) }

// kept is how many messages an outbox remembers.
const kept = 20

// Message is one that was not sent but put into the [Outbox].
type Message struct {
	Number, Text string
	At           time.Time
}

// Outbox keeps the last messages instead of sending them, for development.
// Its zero value is not usable; see [NewOutbox].
type Outbox struct {
	mu   sync.Mutex
	list []Message
	now  func() time.Time
}

// NewOutbox returns an empty outbox with that clock.
func NewOutbox(now func() time.Time) *Outbox { return &Outbox{now: now} }

// Send keeps the message.
func (o *Outbox) Send(_ context.Context, number, text string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, Message{number, text, o.now()})
	if len(o.list) > kept {
		o.list = slices.Delete(o.list, 0, len(o.list)-kept)
	}
	return nil
}

// Messages returns what was kept, newest first.
func (o *Outbox) Messages() []Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := slices.Clone(o.list)
	slices.Reverse(list)
	return list
}
