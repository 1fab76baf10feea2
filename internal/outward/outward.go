// Package outward is how the service calls addresses that merchants choose:
// receivers of webhooks and gateways for text messages. It knows what may be
// reached, not what is said.
package outward

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"code.dny.dev/ssrf"
)

// Clients call addresses of merchants. They follow no redirect, use no proxy,
// and connect only to public addresses and those the operator allows. The
// address is judged when the connection is made, so no name can resolve to
// another one in between.
type Clients struct{ strict, local *http.Client }

// New returns clients whose calls take that long at most. allow are private
// networks that may be reached; development lets the development merchant, and
// only it, reach this very machine too.
func New(timeout time.Duration, allow []netip.Prefix, development bool) Clients {
	c := Clients{strict: client(timeout, allow)}
	c.local = c.strict
	if development {
		loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
		c.local = client(timeout, slices.Concat(loopback, allow))
	}
	return c
}

// For is the client for the calls of a merchant; development: of that one.
func (c Clients) For(development bool) *http.Client {
	if development {
		return c.local
	}
	return c.strict
}

func client(timeout time.Duration, allow []netip.Prefix) *http.Client {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	guard := ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
	d := &net.Dialer{Timeout: timeout, Control: guard.Safe}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			Proxy: nil, DialContext: d.DialContext, TLSHandshakeTimeout: timeout, DisableKeepAlives: true,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Why is a failed call in one word: private_address, dns, tls, timeout or
// connection. The error itself would quote the address.
func Why(err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrProhibitedPort):
		return "private_address"
	case errors.As(err, &dns):
		return "dns"
	case errors.As(err, &cert), errors.As(err, &record):
		return "tls"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return "connection"
}

// IsLocal reports whether a host name means this machine.
func IsLocal(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
