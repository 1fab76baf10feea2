// Package client speaks to the REST API of idproof.
//
// The types and one method for each operation are generated from the API's own
// description (generated.go); what they share is here. Every method takes the
// context first and returns the answer's body, or an [*Error] when the service
// says what is wrong, or the error of the connection. Nothing is tried again.
//
// A [Client] is safe for concurrent use.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

//go:generate go run ./internal/generate -out generated.go

// Client calls one installation with one key.
type Client struct {
	// BaseURL is the address of the installation, such as https://id.example.com.
	BaseURL string
	// Key is a secret key of a merchant.
	Key string
	// HTTP makes the requests; nil: http.DefaultClient.
	HTTP *http.Client
}

// ErrNotModified says that the answer is the one that [IfNoneMatch] named.
var ErrNotModified = errors.New("client: not modified")

// Error is what the service says is wrong.
type Error struct {
	Status int         // of HTTP
	Errors []ErrorInfo // at least one
	Header http.Header // Retry-After and the like
}

// ErrorInfo is one thing that is wrong; codes are stable.
type ErrorInfo struct {
	Code        string `json:"code"`
	Description string `json:"description"`
}

// Error implements error.
func (e *Error) Error() string {
	said := make([]string, len(e.Errors))
	for i, one := range e.Errors {
		said[i] = one.Code + ": " + one.Description
	}
	return fmt.Sprintf("idproof: status %d: %s", e.Status, strings.Join(said, " "))
}

// Has reports whether one of the errors has that code.
func (e *Error) Has(code string) bool {
	for _, one := range e.Errors {
		if one.Code == code {
			return true
		}
	}
	return false
}

// Option changes a request.
type Option func(*http.Request)

// IdempotencyKey makes the creation of a session safe to repeat.
func IdempotencyKey(key string) Option { return header("Idempotency-Key", key) }

// IfNoneMatch asks for an answer only when its ETag is another.
func IfNoneMatch(etag string) Option { return header("If-None-Match", etag) }

// IfMatch makes a change only when the ETag is still that one.
func IfMatch(etag string) Option { return header("If-Match", etag) }

func header(name, value string) Option {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// call is one request: JSON or a picture in, JSON out.
type call struct {
	method, path string
	query        url.Values
	body         any
	document     io.Reader // sent as the multipart part of that name
	options      []Option
}

// do makes the request and decodes the answer into out, if it is not nil.
func (c *Client) do(ctx context.Context, k call, out any) error {
	body, err := c.open(ctx, k)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if err := json.NewDecoder(body).Decode(out); err != nil {
		return fmt.Errorf("client: %s %s: the answer: %w", k.method, k.path, err)
	}
	return nil
}

// open makes the request and returns the answer's body, which the caller closes.
func (c *Client) open(ctx context.Context, k call) (io.ReadCloser, error) {
	address := strings.TrimRight(c.BaseURL, "/") + k.path
	if q := k.query.Encode(); q != "" {
		address += "?" + q
	}
	var body io.Reader
	contentType := ""
	switch {
	case k.document != nil:
		body, contentType = form(k.document)
	case k.body != nil:
		data, err := json.Marshal(k.body)
		if err != nil {
			return nil, fmt.Errorf("client: %s %s: %w", k.method, k.path, err)
		}
		body, contentType = bytes.NewReader(data), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, k.method, address, body)
	if err != nil {
		if open, ok := body.(io.Closer); ok {
			_ = open.Close() // who writes the form must not wait for ever
		}
		return nil, fmt.Errorf("client: %w", err)
	}
	req.Header.Set("Authorization", c.Key)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for _, o := range k.options {
		o(req)
	}
	h := c.HTTP
	if h == nil {
		h = http.DefaultClient
	}
	res, err := h.Do(req)
	if err != nil {
		return nil, fmt.Errorf("client: %s %s: %w", k.method, k.path, err)
	}
	if res.StatusCode < 300 {
		return res.Body, nil
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusNotModified {
		return nil, ErrNotModified
	}
	e := &Error{Status: res.StatusCode, Header: res.Header}
	if json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(e) != nil || len(e.Errors) == 0 {
		e.Errors = []ErrorInfo{{Code: http.StatusText(res.StatusCode), Description: "The answer says no more."}}
	}
	return nil, e
}

// form streams a file as a multipart body.
func form(document io.Reader) (io.Reader, string) {
	r, w := io.Pipe()
	m := multipart.NewWriter(w)
	go func() {
		part, err := m.CreateFormFile("document", "document")
		if err == nil {
			_, err = io.Copy(part, document)
		}
		_ = w.CloseWithError(errors.Join(err, m.Close())) // CloseWithError(nil) is Close
	}()
	return r, m.FormDataContentType()
}

// add sets a parameter that is given.
func add(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}
