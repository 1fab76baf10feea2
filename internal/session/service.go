package session

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/gabriel-vasile/mimetype"
	"github.com/google/uuid"

	"idproof/internal/blob"
	"idproof/internal/merchant"
	"idproof/internal/seal"
	"idproof/report"
)

// Store keeps sessions.
type Store interface {
	Eraser

	// Insert keeps a new session with its link and, when idem is not nil, the
	// answer to its request, all or nothing. ErrDuplicate: that idempotency key
	// is taken.
	Insert(ctx context.Context, s Session, wrappedKey []byte, link Token, idem *Idempotent) error
	// Session returns the session without the results of its analyses, or ErrNotFound.
	Session(ctx context.Context, id string) (Session, error)
	// Update changes a session in one transaction: fn gets the session as it is
	// kept, and what it returns is kept instead, with its events and all that
	// they cause. An error of fn changes nothing and comes back as it is. fn may
	// run more than once. Changes of one session follow one another.
	Update(ctx context.Context, id string, fn func(old Session) (Session, error)) (Session, error)
	// Result returns the result of a finished analysis, or ErrNotFound.
	Result(ctx context.Context, s Session, analysisID string) (*report.Result, error)
	// Overdue returns the ids of open sessions that expired before now, a few at a time.
	Overdue(ctx context.Context, now time.Time) ([]string, error)
	// HasDocument reports whether a document of that id was ever kept.
	HasDocument(ctx context.Context, id string) (bool, error)
	// List returns the sessions that fit, newest first, without their documents
	// and analyses.
	List(ctx context.Context, f Filter) ([]Session, error)
	// Events returns the audit trail of a session, oldest first.
	Events(ctx context.Context, sessionID string) ([]Event, error)
	// Idempotent returns the answer kept for a merchant's idempotency key, or ErrNotFound.
	Idempotent(ctx context.Context, merchantID, keyHash string) (Idempotent, error)
}

// Filter says which sessions to list.
type Filter struct {
	MerchantID string
	Test       bool
	Statuses   []report.Status // none: any
	RelayState string          // exactly; empty: any
	From, To   time.Time       // created at or after, and before; zero: any
	After      Position        // the last of the page before; zero: from the newest
	Limit      int
}

// Position is a place in a list of sessions.
type Position struct {
	CreatedAt time.Time
	ID        string
}

// Tokens keeps the secrets that lead a browser to a session, hashed.
type Tokens interface {
	InsertToken(ctx context.Context, t Token) error
	// Token returns the token of that hash, or ErrNotFound.
	Token(ctx context.Context, hash string) (Token, error)
}

// Token is the hashed form of a secret that opens a session.
type Token struct {
	Hash      string
	SessionID string
	Kind      TokenKind
	ExpiresAt time.Time
}

// TokenKind tells a link from what a browser gets for it.
type TokenKind string

// The kinds of token.
const (
	Link    TokenKind = "link"    // in an address; can be exchanged for a browser token until it expires
	Browser TokenKind = "browser" // in a cookie; opens the session
)

// Idempotent is the answer that a repeated request gets again.
type Idempotent struct {
	KeyHash     string // of the Idempotency-Key
	RequestHash string // of the body
	SessionID   string
	Answer      []byte // sealed by the store
	CreatedAt   time.Time
}

// ErrDuplicate says that an idempotency key is already kept.
var ErrDuplicate = errors.New("session: duplicate idempotency key")

// Merchants is what the service asks of the store of merchants.
type Merchants interface {
	// MerchantAt returns a merchant with the settings of that revision.
	MerchantAt(ctx context.Context, id string, revision int64) (merchant.Merchant, error)
	// Merchants returns all.
	Merchants(ctx context.Context) ([]merchant.Merchant, error)
}

// Config of the service.
type Config struct {
	MaxUpload int64 `env:"IDPROOF_MAX_UPLOAD" default:"26214400" help:"Largest upload of one document, in bytes." placeholder:"BYTES"`
	Uploads   int   `env:"IDPROOF_UPLOADS" default:"32" help:"Uploads that are taken at the same time; more are asked to come again."`
}

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	if c.MaxUpload < 1<<10 || c.MaxUpload > 1<<30 {
		return errors.New("max upload: from 1 KiB to 1 GiB")
	}
	if c.Uploads < 1 {
		return errors.New("uploads: at least 1")
	}
	return nil
}

// Service holds the use cases that the API and the hosted pages share.
type Service struct {
	cfg       Config
	base      string
	store     Store
	tokens    Tokens
	merchants Merchants
	blobs     blob.Store
	master    *seal.Master
	live      *Live
	now       func() time.Time
	uploads   chan struct{} // one for each that is under way
	eye       Eye
	looks     chan struct{} // one for each that is under way
	done      chan struct{}
	closeOnce sync.Once

	retaining sync.Mutex
	retained  time.Time // when Retain last ran
}

// Deps are what a service needs; all of it but the eye.
type Deps struct {
	BaseURL   string // no slash at the end
	Store     Store
	Tokens    Tokens
	Merchants Merchants
	Blobs     blob.Store
	Master    *seal.Master
	Live      *Live
	Eye       Eye // nil: uploads are not looked at as they come
	Now       func() time.Time
}

// NewService returns a service; [Service.Close] ends its subscriptions.
func NewService(c Config, d Deps) *Service {
	return &Service{
		cfg: c, base: d.BaseURL, store: d.Store, tokens: d.Tokens, merchants: d.Merchants,
		blobs: d.Blobs, master: d.Master, live: d.Live, now: d.Now, uploads: make(chan struct{}, c.Uploads),
		eye: d.Eye, looks: make(chan struct{}, looksAtOnce), done: make(chan struct{}),
	}
}

// at is the time that goes into records: as exact as every database keeps it.
func (s *Service) at() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.now() }

// Close ends all subscriptions, so that a server can stop.
func (s *Service) Close() { s.closeOnce.Do(func() { close(s.done) }) }

// MaxUpload is the largest upload, in bytes.
func (s *Service) MaxUpload() int64 { return s.cfg.MaxUpload }

// Started is a new session and the address that the person opens.
type Started struct {
	ID          string
	RedirectURL string
	Replayed    bool // it was made by an earlier request with the same idempotency key
}

// Begin makes a session. body is what the request is made of; with an
// idempotency key the same body gives the same answer for 24 hours.
func (s *Service) Begin(ctx context.Context, m merchant.Merchant, r Request, idempotencyKey string, body []byte) (Started, error) {
	keyHash := hash(m.ID + "\x00" + idempotencyKey)
	if idempotencyKey != "" {
		if st, err := s.replay(ctx, m, keyHash, body); !errors.Is(err, ErrNotFound) {
			return st, err
		}
	}
	now := s.at()
	id := uuid.NewString()
	key, wrapped, err := s.master.NewKey(id)
	if err != nil {
		return Started{}, err
	}
	sess := New(id, m, r, now)
	sess.Key = key
	secret := newSecret()
	st := Started{ID: id, RedirectURL: s.linkURL(secret)}
	var idem *Idempotent
	if idempotencyKey != "" {
		idem = &Idempotent{KeyHash: keyHash, RequestHash: hash(string(body)), SessionID: id, Answer: []byte(st.RedirectURL), CreatedAt: now}
	}
	err = s.store.Insert(ctx, sess, wrapped, Token{Hash: hash(secret), SessionID: id, Kind: Link, ExpiresAt: sess.ExpiresAt}, idem)
	if errors.Is(err, ErrDuplicate) { // a twin was faster
		return s.replay(ctx, m, keyHash, body)
	}
	return st, err
}

func (s *Service) replay(ctx context.Context, m merchant.Merchant, keyHash string, body []byte) (Started, error) {
	old, err := s.store.Idempotent(ctx, m.ID, keyHash)
	switch {
	case err != nil:
		return Started{}, err
	case old.RequestHash != hash(string(body)):
		return Started{}, ErrKeyReused
	}
	return Started{ID: old.SessionID, RedirectURL: string(old.Answer), Replayed: true}, nil
}

// For returns a session of that merchant, made with a test key or not. Another
// merchant's session does not exist for it, nor does a session of the other mode.
func (s *Service) For(ctx context.Context, merchantID string, test bool, id string) (Session, error) {
	sess, err := s.store.Session(ctx, id)
	if err != nil {
		return Session{}, err
	}
	if sess.MerchantID != merchantID || sess.Test != test {
		return Session{}, ErrNotFound
	}
	return sess, nil
}

// List returns sessions, newest first; see [Store].
func (s *Service) List(ctx context.Context, f Filter) ([]Session, error) { return s.store.List(ctx, f) }

// Events returns the audit trail of a session, oldest first.
func (s *Service) Events(ctx context.Context, id string) ([]Event, error) {
	return s.store.Events(ctx, id)
}

// Result returns what the newest finished analysis of the session says, in the
// shape of Get result.
func (s *Service) Result(ctx context.Context, sess Session) (*report.Result, error) {
	a, ok := sess.Latest()
	if !ok || !sess.ErasedAt.IsZero() {
		return sess.View(nil, s.base), nil
	}
	r, err := s.store.Result(ctx, sess, a.ID)
	if err != nil {
		return nil, err
	}
	return sess.View(r, s.base), nil
}

// Outcome is [Service.Result] by id, for the pages.
func (s *Service) Outcome(ctx context.Context, id string) (*report.Result, error) {
	sess, err := s.store.Session(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.Result(ctx, sess)
}

// AnalysisResult returns what one analysis says, in the shape of Get result; nil while it has not finished.
func (s *Service) AnalysisResult(ctx context.Context, sess Session, a Analysis) (*report.Result, error) {
	if a.FinishedAt.IsZero() || !sess.ErasedAt.IsZero() {
		return nil, nil
	}
	r, err := s.store.Result(ctx, sess, a.ID)
	if err != nil {
		return nil, err
	}
	return sess.AnalysisView(a, r, s.base), nil
}

// AddDocument takes an upload: looks what it is, seals and keeps it, and puts it into
// the session. It reads r to its end and holds little of it in memory.
func (s *Service) AddDocument(ctx context.Context, id, documentType, reference string, by Actor, r io.Reader) (Document, error) {
	if !slices.Contains(UploadTypes, documentType) {
		return Document{}, ErrInvalid.Say("documentType must be document_front, document_back, selfie or liveness_frame.")
	}
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	default:
		return Document{}, ErrUnavailable.Say("Too many uploads at the same time; try again in a moment.")
	}
	sess, err := s.store.Session(ctx, id)
	if err != nil {
		return Document{}, err
	}
	now := s.at()
	d := Document{ID: uuid.NewString(), Type: documentType, Reference: reference, CreatedAt: now}
	if _, err := sess.Add(d, by, now); err != nil { // before the work, so that nothing is kept in vain
		return Document{}, err
	}
	if err := s.keep(ctx, sess, &d, r); err != nil {
		return Document{}, err
	}
	_, err = s.store.Update(ctx, id, func(old Session) (Session, error) { return old.Add(d, by, s.at()) })
	if Refused(err) { // else RemoveStrays does, if the session does not have it
		err = errors.Join(err, s.blobs.Delete(context.WithoutCancel(ctx), BlobName(id, d.ID)))
	}
	if err != nil {
		return Document{}, err
	}
	return d, nil
}

// BlobName is the name under which a document is kept.
func BlobName(sessionID, documentID string) string {
	return "sessions/" + sessionID[:2] + "/" + sessionID + "/" + documentID
}

// head is how much of a file is looked at to find out what it is.
const head = 3072

// mediaTypes are those that the engine can read.
var mediaTypes = []string{
	"image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff",
	"image/heic", "image/heic-sequence", "image/heif", "image/heif-sequence", "application/pdf",
}

func (s *Service) keep(ctx context.Context, sess Session, d *Document, r io.Reader) error {
	first := make([]byte, head)
	n, err := io.ReadFull(r, first)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return uploadError(err)
	}
	first = first[:n]
	if n == 0 {
		return ErrInvalid.Say("The document is empty.")
	}
	found := mimetype.Detect(first)
	i := slices.IndexFunc(mediaTypes, found.Is)
	if i < 0 {
		return ErrUnsupported
	}
	d.MediaType = mediaTypes[i]

	sum := sha256.New()
	count := &counter{limit: s.cfg.MaxUpload}
	all := io.TeeReader(io.MultiReader(bytes.NewReader(first), r), io.MultiWriter(count, sum))
	if err := s.blobs.Put(ctx, BlobName(sess.ID, d.ID), sess.Key, all); err != nil {
		return uploadError(err)
	}
	d.Size, d.SHA256 = count.n, hex.EncodeToString(sum.Sum(nil))
	return nil
}

type counter struct{ n, limit int64 }

func (c *counter) Write(p []byte) (int, error) {
	if c.n += int64(len(p)); c.n > c.limit {
		return 0, ErrTooLarge
	}
	return len(p), nil
}

// Picture opens an upload of the session; the caller closes it. Evidence does
// not exist for it: the pages ask here, and who forged a picture must not learn
// what was noticed.
func (s *Service) Picture(ctx context.Context, sessionID, documentID string) (io.ReadCloser, Document, error) {
	sess, err := s.store.Session(ctx, sessionID)
	if err != nil {
		return nil, Document{}, err
	}
	if d, _ := sess.Document(documentID); d.Type == Evidence {
		return nil, Document{}, ErrNotFound
	}
	return s.Image(ctx, sess, documentID)
}

// Image opens a picture of the session, upload or evidence, for the merchant's
// program; the caller closes it.
func (s *Service) Image(ctx context.Context, sess Session, documentID string) (io.ReadCloser, Document, error) {
	d, ok := sess.Document(documentID)
	if !ok {
		return nil, Document{}, ErrNotFound
	}
	r, err := s.blobs.Open(ctx, BlobName(sess.ID, documentID), sess.Key)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, Document{}, ErrNotFound
	}
	return r, d, err
}

// Analyze asks for an analysis of what the session holds now.
func (s *Service) Analyze(ctx context.Context, id string, types []string, by Actor) (Session, Analysis, error) {
	aid := uuid.NewString()
	sess, err := s.store.Update(ctx, id, func(old Session) (Session, error) {
		if len(types) == 0 {
			types = old.AnalysisTypes
		}
		return old.Submit(aid, types, by, s.at())
	})
	if err != nil {
		return Session{}, Analysis{}, err
	}
	a, _ := sess.Analysis(aid)
	return sess, a, nil
}

// Cancel ends a session on the person's wish.
func (s *Service) Cancel(ctx context.Context, id string) (State, error) {
	sess, err := s.CancelBy(ctx, id, Person)
	if err != nil {
		return State{}, err
	}
	return s.state(ctx, sess)
}

// CancelBy ends a session; ending it again is no error.
func (s *Service) CancelBy(ctx context.Context, id string, by Actor) (Session, error) {
	return s.store.Update(ctx, id, func(old Session) (Session, error) {
		if old.Status == report.Cancelled {
			return old, nil
		}
		return old.Cancel(by, s.at())
	})
}

// State returns the session as the person sees it.
func (s *Service) State(ctx context.Context, id string) (State, error) {
	sess, err := s.store.Session(ctx, id)
	if err != nil {
		return State{}, err
	}
	return s.state(ctx, sess)
}

// withMerchant returns a session, and its merchant with the settings that it keeps.
func (s *Service) withMerchant(ctx context.Context, id string) (Session, merchant.Merchant, error) {
	sess, err := s.store.Session(ctx, id)
	if err != nil {
		return sess, merchant.Merchant{}, err
	}
	m, err := s.merchants.MerchantAt(ctx, sess.MerchantID, sess.Revision)
	if err != nil {
		return sess, m, fmt.Errorf("session: %w", err)
	}
	return sess, m, nil
}

func (s *Service) state(ctx context.Context, sess Session) (State, error) {
	m, err := s.merchants.MerchantAt(ctx, sess.MerchantID, sess.Revision)
	if err != nil {
		return State{}, fmt.Errorf("session: %w", err)
	}
	return sess.StateFor(m, s.live.Progress(sess.ID), s.now()), nil
}

// StartFromToken exchanges the secret of a link for a browser token. A link can
// be opened again, on any device, until it expires; with ErrExpired comes the
// state, so that a page can show the way back.
func (s *Service) StartFromToken(ctx context.Context, secret string) (token string, st State, err error) {
	link, expired := s.token(ctx, secret, Link)
	if expired != nil && !errors.Is(expired, ErrExpired) {
		return "", State{}, expired
	}
	if st, err = s.State(ctx, link.SessionID); err != nil || expired != nil {
		return "", st, errors.Join(err, expired)
	}
	token = newSecret()
	err = s.tokens.InsertToken(ctx, Token{Hash: hash(token), SessionID: link.SessionID, Kind: Browser, ExpiresAt: link.ExpiresAt})
	return token, st, err
}

// Authorize says whether a browser token opens that session. ErrExpired: it did.
func (s *Service) Authorize(ctx context.Context, sessionID, token string) error {
	t, err := s.token(ctx, token, Browser)
	if t.SessionID != sessionID {
		return cmp.Or(ignoreExpiry(err), error(ErrNotFound))
	}
	return err
}

func ignoreExpiry(err error) error {
	if errors.Is(err, ErrExpired) {
		return nil
	}
	return err
}

// token finds a token of that kind; with ErrExpired it comes all the same.
func (s *Service) token(ctx context.Context, secret string, kind TokenKind) (Token, error) {
	t, err := s.tokens.Token(ctx, hash(secret))
	switch {
	case err != nil:
		return Token{}, err
	case t.Kind != kind:
		return Token{}, ErrNotFound
	case !s.now().Before(t.ExpiresAt):
		return t, ErrExpired
	}
	return t, nil
}

// NewLink makes another link to an open session, for another device.
func (s *Service) NewLink(ctx context.Context, sessionID string) (string, error) {
	sess, err := s.store.Session(ctx, sessionID)
	if err != nil {
		return "", err
	}
	if !s.now().Before(sess.ExpiresAt) {
		return "", ErrExpired
	}
	secret := newSecret()
	if !sess.ErasedAt.IsZero() {
		return "", ErrClosed
	}
	if err := s.tokens.InsertToken(ctx, Token{Hash: hash(secret), SessionID: sessionID, Kind: Link, ExpiresAt: sess.ExpiresAt}); err != nil {
		return "", err
	}
	return s.linkURL(secret), nil
}

// SelectDocumentType sets the type of document that the person chose.
func (s *Service) SelectDocumentType(ctx context.Context, id, documentType string) (State, error) {
	_, m, err := s.withMerchant(ctx, id)
	if err != nil {
		return State{}, err
	}
	if !slices.Contains(m.Settings.WithDefaults().DocumentTypes, documentType) {
		return State{}, ErrInvalid.Say("That type of document is not offered.")
	}
	sess, err := s.store.Update(ctx, id, func(old Session) (Session, error) {
		return old.Choose(documentType, Person, s.at())
	})
	if err != nil {
		return State{}, err
	}
	return sess.StateFor(m, nil, s.now()), nil
}

// Upload takes a picture from the person.
func (s *Service) Upload(ctx context.Context, id, documentType string, r io.Reader) (Document, error) {
	return s.AddDocument(ctx, id, documentType, "", Person, r)
}

// Submit starts the analysis for the person; while one runs it changes nothing.
func (s *Service) Submit(ctx context.Context, id string) (State, error) {
	sess, _, err := s.Analyze(ctx, id, nil, Person)
	if errors.Is(err, ErrRunning) {
		return s.State(ctx, id)
	}
	if err != nil {
		return State{}, err
	}
	return s.state(ctx, sess)
}

// retainEvery is how often Sweep deletes what has been kept long enough.
const retainEvery = time.Minute

// Sweep ends the sessions whose time is over, and deletes what has been kept as
// long as it may.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.at()
	ids, err := s.store.Overdue(ctx, now)
	for _, id := range ids {
		_, e := s.store.Update(ctx, id, func(old Session) (Session, error) { return old.Expire(now) })
		if !errors.Is(e, ErrClosed) && !errors.Is(e, ErrRunning) {
			err = errors.Join(err, e)
		}
	}
	s.retaining.Lock()
	defer s.retaining.Unlock()
	if now.Sub(s.retained) < retainEvery {
		return err
	}
	s.retained = now
	return errors.Join(err, s.Retain(ctx))
}

// RemoveStrays deletes pictures older than an hour that no session knows.
func (s *Service) RemoveStrays(ctx context.Context) error {
	old := s.now().Add(-time.Hour)
	return s.blobs.Each(ctx, func(name string, at time.Time) error {
		if at.After(old) {
			return nil
		}
		id := name[len(name)-min(len(name), 36):]
		known, err := s.store.HasDocument(ctx, id)
		if err != nil || known {
			return err
		}
		return s.blobs.Delete(ctx, name)
	})
}

func (s *Service) linkURL(secret string) string { return s.base + "/flow/" + secret }

// newSecret makes 256 random bits for an address or a cookie.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// hash is the form in which secrets are kept. They are random, so a plain hash is enough.
func hash(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}
