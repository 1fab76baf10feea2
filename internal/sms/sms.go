// Package sms sends text messages through whatever gateway an operator has: one
// HTTP request, shaped by a template. Which messages there are is not its
// business, nor is keeping them; only the development outbox keeps the last
// few, in memory, so that everything can be tried without a gateway.
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
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"
)

// Config of the gateway. Without an address no messages are sent.
type Config struct {
	URL           string        `env:"IDPROOF_SMS_URL" help:"Address of the gateway for text messages. Empty: none are offered." placeholder:"URL"`
	Body          string        `env:"IDPROOF_SMS_BODY" default:"{\"to\":{{json .To}},\"text\":{{json .Text}}}" help:"Body of the request, a template with .To (such as +4670…) and .Text; json and query quote them. Twilio: To={{query .To}}&From=…&Body={{query .Text}}." placeholder:"TEMPLATE"`
	ContentType   string        `env:"IDPROOF_SMS_CONTENT_TYPE" default:"application/json" help:"Content-Type of the request."`
	Authorization string        `env:"IDPROOF_SMS_AUTHORIZATION" help:"Authorization header of the request." placeholder:"VALUE"`
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
	_, err = parse(c.Body)
	return err
}

// message is what a template sees.
type message struct{ To, Text string }

func parse(body string) (*template.Template, error) {
	t, err := template.New("body").Option("missingkey=error").Funcs(template.FuncMap{
		"query": url.QueryEscape,
		"json": func(s string) (string, error) {
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			err := e.Encode(s)
			return strings.TrimSpace(b.String()), err
		},
	}).Parse(body)
	if err == nil {
		err = t.Execute(io.Discard, message{})
	}
	if err != nil {
		return nil, fmt.Errorf("sms body: %w", err)
	}
	return t, nil
}

// Gateway sends through one HTTP request for each message.
type Gateway struct {
	config Config
	body   *template.Template
	client *http.Client
}

// NewGateway returns a gateway; the configuration is valid and has an address.
func NewGateway(c Config) (*Gateway, error) {
	body, err := parse(c.Body)
	if err != nil {
		return nil, err
	}
	return &Gateway{config: c, body: body, client: &http.Client{
		Timeout: c.Timeout,
		// A gateway that moves says so to its operator; what is sent is not carried elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Send hands a message to the gateway. Errors name neither number nor text.
func (g *Gateway) Send(ctx context.Context, number, text string) error {
	var body bytes.Buffer
	if err := g.body.Execute(&body, message{To: number, Text: text}); err != nil {
		return errors.New("sms: the body cannot be made")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.config.URL, &body)
	if err != nil {
		return errors.New("sms: the request cannot be made")
	}
	r.Header.Set("Content-Type", g.config.ContentType)
	if g.config.Authorization != "" {
		r.Header.Set("Authorization", g.config.Authorization)
	}
	answer, err := g.client.Do(r)
	if err != nil {
		// The cause quotes the address, which may hold a key.
		var cause *url.Error
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return fmt.Errorf("sms: gateway: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10)
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("sms: gateway answers %d", answer.StatusCode)
	}
	return nil
}

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
