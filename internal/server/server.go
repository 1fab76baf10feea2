// Package server puts the service together and runs it. All of the wiring is in
// [New]; nothing else in the program knows which parts there are.
package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/httprate"

	"idproof/internal/analysis"
	"idproof/internal/api"
	"idproof/internal/config"
	"idproof/internal/console"
	"idproof/internal/demo"
	"idproof/internal/flow"
	"idproof/internal/liveness"
	"idproof/internal/merchant"
	"idproof/internal/outward"
	"idproof/internal/session"
	"idproof/internal/sms"
	"idproof/internal/staff"
	"idproof/internal/store"
	"idproof/internal/webhook"
)

// Server is the running service.
type Server struct {
	core

	cfg      config.Config
	base     string
	listener net.Listener
	http     *http.Server
	sessions *session.Service
	now      func() time.Time
	welcome  Welcome
}

// Welcome is what the operator is told at the start.
type Welcome struct {
	BaseURL string
	Key     string // of the development merchant; empty when there is none
	KeyFile string // where the key is written
	Link    string // to a new session of the development merchant
	First   bool   // the development merchant was made just now
}

// Deps are what the service is given from outside.
type Deps struct {
	Engine  analysis.Engine
	Eye     session.Eye // looks at pictures as they come; nil: only analyses look
	Log     *slog.Logger
	Now     func() time.Time
	Version string
}

// New puts the service together and takes the address; [Server.Run] starts it.
func New(ctx context.Context, cfg config.Config, d Deps) (_ *Server, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, now: d.Now}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(ctx))
		}
	}()
	if s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s.base = strings.TrimRight(cfg.BaseURL, "/")
	if s.base == "" {
		s.base = s.own()
	}

	// What is kept and what is done.
	if err := s.open(ctx, cfg.Common, d, s.base, cfg.Work); err != nil {
		return nil, err
	}
	s.sessions = session.NewService(cfg.Session, session.Deps{
		BaseURL: s.base, Store: s.store, Tokens: s.store, Merchants: s.store, Blobs: s.blobs,
		Master: s.master, Live: s.live, Eye: d.Eye, Now: d.Now,
	})

	// What is seen.
	desk, outbox, err := desk(cfg, d.Now)
	if err != nil {
		return nil, err
	}
	var counter func(name string) httprate.LimitCounter
	if s.peers != nil {
		counter = s.peers.Counter
	}
	limits := api.NewLimits(cfg.API, counter)
	recordings := liveness.New(s.store, s.blobs, d.Now)
	pages, err := flow.New(s.sessions, flow.Options{Liveness: recordings, TooMany: limits.Page, Log: d.Log, BaseURL: s.base, Messages: messages{s.store, desk, d.Log}, Now: d.Now})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	rest := api.New(api.Deps{
		Sessions: s.sessions, Liveness: recordings, Merchants: s.store, Webhooks: webhook.NewLog(s.store, s.queue), Gallery: s.gallery, SMS: desk,
		Limits: limits, Log: d.Log, Version: d.Version,
	})
	mux.Handle("/v3/", rest)
	mux.Handle("/v4/", rest)
	mux.Handle("/api/v4/", rest)
	mux.Handle("/openapi.json", rest)
	s.watched(mux, cfg.Telemetry)
	office, err := console.New(console.Deps{
		Staff: staff.NewService(s.store, d.Now), Merchants: s.store, Deliveries: s.store, Webhooks: webhook.NewLog(s.store, s.queue),
		Sessions: s.sessions, SMS: desk, Limits: limits, Log: d.Log, Now: d.Now, BaseURL: s.base,
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/console", office)
	mux.Handle("/console/", office)
	mux.Handle("/", ownOrigin(pages))
	if cfg.Development {
		if err := s.development(ctx, mux, outbox); err != nil {
			return nil, err
		}
	}
	s.http = &http.Server{
		Handler:           observe(s.metrics, recoverPanics(d.Log, secureHeaders(s.base, mux))),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       5 * time.Minute, // an upload from a slow phone
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(d.Log.Handler(), slog.LevelDebug),
	}
	s.welcome.BaseURL = s.base
	if host, _, err := net.SplitHostPort(s.listener.Addr().String()); cfg.Development && err == nil && !merchant.IsLocal(host) {
		d.Log.WarnContext(ctx, "the development merchant and the demo page can be reached from the network; --no-development turns them off")
	}
	return s, nil
}

// Welcome is what the operator should be told.
func (s *Server) Welcome() Welcome { return s.welcome }

// Run serves until the context ends, then stops in order: no new requests,
// those running to their end, jobs to theirs or back into the queue.
func (s *Server) Run(ctx context.Context) error {
	if err := s.queue.Start(ctx); err != nil {
		return errors.Join(err, s.close(ctx))
	}
	var background sync.WaitGroup
	bg, stop := context.WithCancel(context.WithoutCancel(ctx))
	background.Go(func() { s.housekeeping(bg) })
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(s.listener) }()

	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		s.log.InfoContext(ctx, "stopping")
		s.stopping.Store(true)
		select {
		case <-time.After(s.cfg.Drain):
		case err = <-served:
			served <- err
		}
		s.sessions.Close() // ends the live streams, which would never end by themselves
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		if err = s.http.Shutdown(grace); err != nil {
			err = s.http.Close()
		}
		cancel()
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	stop()
	background.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, s.close(ctx))
}

// close releases what New took, last taken first.
func (s *Server) close(ctx context.Context) error {
	if s.sessions != nil {
		s.sessions.Close()
	}
	err := s.core.close(ctx)
	if s.listener != nil {
		if e := s.listener.Close(); !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// housekeeping ends sessions whose time is over, and cleans up.
func (s *Server) housekeeping(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		err := s.sessions.Sweep(ctx)
		if n%720 == 0 { // every hour
			err = errors.Join(err, s.store.Forget(ctx, s.now()), s.sessions.RemoveStrays(ctx))
		}
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "housekeeping", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// development makes the development merchant when there is none, a link to
// begin with, and the demo page.
func (s *Server) development(ctx context.Context, mux *http.ServeMux, outbox *sms.Outbox) error {
	file := filepath.Join(s.cfg.Dir, "development.key")
	m, err := s.store.Merchant(ctx, merchant.Development)
	if errors.Is(err, merchant.ErrNotFound) {
		key := merchant.NewKey()
		m = merchant.Merchant{
			ID: merchant.Development, Name: "Development", CreatedAt: s.now(),
			WebhookSecrets: []string{merchant.NewWebhookSecret()},
		}
		// The key first: a merchant whose key nobody knows would be of no use.
		if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
			return fmt.Errorf("server: %w", err)
		}
		if err := s.store.InsertMerchant(ctx, m, merchant.HashKey(key)); err != nil {
			return err
		}
		s.welcome.First = true
	} else if err != nil {
		return err
	}
	key, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) { // the operator has put it away: no demo
		return nil
	}
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	s.welcome.Key, s.welcome.KeyFile = strings.TrimSpace(string(key)), file
	st, err := s.sessions.Begin(ctx, m, session.Request{Private: session.Private{
		Target: s.base + "/demo/result", Webhook: s.own() + "/demo/webhook",
	}}, "", nil)
	if err != nil {
		return err
	}
	s.welcome.Link = st.RedirectURL
	options := demo.Options{
		BaseURL: s.base, API: s.own(), Key: s.welcome.Key, WebhookSecrets: m.WebhookSecrets, Log: s.log, Now: s.now,
	}
	if outbox != nil {
		options.Messages = outbox.Messages
	}
	pages, err := demo.New(options)
	if err != nil {
		return err
	}
	mux.Handle("/{$}", pages)
	mux.Handle("/demo/", pages)
	return nil
}

// desk is what sends text messages of merchants without a gateway of their own:
// the server's gateway, else the outbox while developing, else nothing.
func desk(cfg config.Config, now func() time.Time) (*sms.Desk, *sms.Outbox, error) {
	clients := outward.New(cfg.Webhook.Timeout, cfg.Webhook.Allow, cfg.Development)
	switch {
	case cfg.SMS.URL != "":
		gateway, err := sms.NewGateway(cfg.SMS)
		return sms.NewDesk(gateway, clients), nil, err
	case cfg.Development:
		outbox := sms.NewOutbox(now)
		return sms.NewDesk(outbox, clients), outbox, nil
	}
	return sms.NewDesk(nil, clients), nil, nil
}

// messages are those of sessions, each sent as its merchant has it now.
type messages struct {
	store *store.Store
	desk  *sms.Desk
	log   *slog.Logger
}

// Offered implements flow.Messages.
func (m messages) Offered(ctx context.Context, sessionID string) bool {
	who, err := m.store.MerchantOf(ctx, sessionID)
	if err != nil {
		m.log.ErrorContext(ctx, "text messages are not offered", "session", sessionID, "error", err)
		return false
	}
	return m.desk.Through(who.SMS()) != "none"
}

// Send implements flow.Messages.
func (m messages) Send(ctx context.Context, sessionID, number, text string) error {
	who, err := m.store.MerchantOf(ctx, sessionID)
	if err != nil {
		return err
	}
	return m.desk.Send(ctx, who.SMS(), number, text)
}

// own is the address under which this machine reaches the service.
func (s *Server) own() string {
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if ip := net.ParseIP(host); err != nil || ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
