// Package staff is the domain of the people who work for a merchant: who they
// are, how they prove it, and how long that lasts.
//
// It holds rules and what they need of a store. What people may see and do is
// the console's business; the persons who are verified are not known here.
package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"idproof/internal/merchant"
)

// Role is what a person may do.
type Role string

// The roles.
const (
	Admin    Role = "admin"    // settings, keys, webhooks
	Reviewer Role = "reviewer" // looks at sessions; sees no settings
)

// Roles are all of them.
var Roles = []Role{Admin, Reviewer}

// User is a person who works for a merchant.
type User struct {
	ID          string
	MerchantID  string
	Role        Role
	Email       string // in lower case; one account for each in the whole service
	Password    string // as Hash made it; empty: not set yet
	CreatedAt   time.Time
	Failures    int       // wrong passwords in a row
	PausedUntil time.Time // no password is tried before
}

// Visit is that a user is signed in, or has a link to set the password. Its
// secret is in the browser's cookie or in the link, and kept as a hash.
type Visit struct {
	UserID    string
	Kind      Kind
	CreatedAt time.Time
	SeenAt    time.Time
	EndsAt    time.Time
}

// Kind is what a visit is good for.
type Kind string

// The kinds.
const (
	Signed  Kind = "signed"  // in
	Invited Kind = "invited" // to set a password, once
)

// How long visits last.
const (
	SignedLife  = 12 * time.Hour   // however busy
	IdleLife    = 30 * time.Minute // without a request
	InvitedLife = 72 * time.Hour
)

// An account pauses after that many wrong passwords in a row, for a minute, and
// twice as long after each further one, up to the longest.
const (
	failuresAllowed = 5
	longestPause    = 15 * time.Minute
)

// The errors of this package.
var (
	ErrNotFound = errors.New("staff: not found")
	ErrTaken    = errors.New("staff: there is an account with that address already")
	ErrRefused  = errors.New("staff: address or password are wrong, or the account pauses")
	ErrEmail    = errors.New("staff: not an address such as anna@shop.example")
	ErrRole     = errors.New("staff: a role is admin or reviewer")
)

// Store keeps users. What it changes of them is written into the merchant's
// audit trail in the same transaction, under the name that merchant.WithWho gave.
type Store interface {
	// InsertUser keeps a new user, or ErrTaken.
	InsertUser(ctx context.Context, u User) error
	// User returns a user, or ErrNotFound.
	User(ctx context.Context, id string) (User, error)
	// UserByEmail returns the user of that address, or ErrNotFound.
	UserByEmail(ctx context.Context, email string) (User, error)
	// Users returns those of a merchant, by time of creation.
	Users(ctx context.Context, merchantID string) ([]User, error)
	// UpdateUser changes password, failures, pause and role of a user. action
	// goes to the audit trail; empty: nothing worth it.
	UpdateUser(ctx context.Context, id, action string, fn func(User) (User, error)) error
	// DeleteUser forgets a user of that merchant with all visits, or ErrNotFound.
	DeleteUser(ctx context.Context, merchantID, id string) error

	// InsertVisit keeps a visit under the hash of its secret.
	InsertVisit(ctx context.Context, v Visit, hash string) error
	// Visit returns a visit, ended or not, or ErrNotFound.
	Visit(ctx context.Context, hash string) (Visit, error)
	// SeeVisit notes when a visit was last used.
	SeeVisit(ctx context.Context, hash string, at time.Time) error
	// EndVisit forgets a visit and reports whether there was one.
	EndVisit(ctx context.Context, hash string) (bool, error)
	// EndVisits forgets all visits of a user.
	EndVisits(ctx context.Context, userID string) error
}

// Service signs people in and out.
type Service struct {
	store Store
	now   func() time.Time
	work  chan struct{} // a hash takes 46 MiB: few at a time
}

// NewService returns the service on a store, with that clock.
func NewService(st Store, now func() time.Time) *Service {
	return &Service{store: st, now: now, work: make(chan struct{}, 4)}
}

// Add makes a user without a password and returns the secret of a link to set one.
func (s *Service) Add(ctx context.Context, merchantID, email string, role Role) (User, string, error) {
	email, err := Email(email)
	if err != nil {
		return User{}, "", err
	}
	if !slices.Contains(Roles, role) {
		return User{}, "", ErrRole
	}
	u := User{ID: uuid.NewString(), MerchantID: merchantID, Role: role, Email: email, CreatedAt: s.time()}
	if err := s.store.InsertUser(ctx, u); err != nil {
		return User{}, "", err
	}
	secret, err := s.open(ctx, u.ID, Invited, InvitedLife)
	return u, secret, err
}

// Reset takes a user's password away, ends all visits, and returns the secret
// of a link to set another.
func (s *Service) Reset(ctx context.Context, userID string) (string, error) {
	err := s.store.UpdateUser(ctx, userID, "user_reset", func(u User) (User, error) {
		u.Password, u.Failures, u.PausedUntil = "", 0, time.Time{}
		return u, nil
	})
	if err == nil {
		err = s.store.EndVisits(ctx, userID)
	}
	if err != nil {
		return "", err
	}
	return s.open(ctx, userID, Invited, InvitedLife)
}

// Email is an address in the form in which it is kept, or [ErrEmail].
func Email(typed string) (string, error) {
	a, err := mail.ParseAddress(strings.TrimSpace(typed))
	if err != nil || a.Name != "" || len(a.Address) > 254 || strings.TrimSpace(typed) != a.Address {
		return "", ErrEmail
	}
	return strings.ToLower(a.Address), nil
}

// SignIn opens a visit for who knows the password, and returns its secret; else
// [ErrRefused], which takes as long whether there is such an account or not.
func (s *Service) SignIn(ctx context.Context, email, password string) (string, error) {
	u, err := s.store.UserByEmail(ctx, strings.ToLower(strings.TrimSpace(email)))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", err
	}
	known := err == nil && u.Password != "" && !s.now().Before(u.PausedUntil)
	against := u.Password
	if !known {
		against = nobody
	}
	if err := s.begin(ctx); err != nil {
		return "", err
	}
	right := matches(against, password)
	s.end()
	if !known {
		return "", ErrRefused
	}
	ctx = merchant.WithWho(ctx, "user:"+u.ID)
	if !right {
		return "", errors.Join(ErrRefused, s.failed(ctx, u))
	}
	err = s.store.UpdateUser(ctx, u.ID, "user_signed_in", func(now User) (User, error) {
		if now.Password != u.Password || s.now().Before(now.PausedUntil) { // changed or paused while we looked
			return now, ErrRefused
		}
		now.Failures, now.PausedUntil = 0, time.Time{}
		return now, nil
	})
	if err != nil {
		return "", err
	}
	return s.open(ctx, u.ID, Signed, SignedLife)
}

// failed counts a wrong password.
func (s *Service) failed(ctx context.Context, u User) error {
	action := ""
	if u.Failures+1 >= failuresAllowed {
		action = "user_paused"
	}
	return s.store.UpdateUser(ctx, u.ID, action, func(u User) (User, error) {
		u.Failures++
		if over := u.Failures - failuresAllowed; over >= 0 {
			u.PausedUntil = s.time().Add(min(time.Minute<<min(over, 10), longestPause))
		}
		return u, nil
	})
}

// Signed is who is signed in with that secret, or [ErrNotFound].
func (s *Service) Signed(ctx context.Context, secret string) (User, error) {
	return s.visitor(ctx, secret, Signed)
}

// Invited is whom a link to set a password is for, or [ErrNotFound]. It uses
// nothing up: programs follow links too.
func (s *Service) Invited(ctx context.Context, secret string) (User, error) {
	return s.visitor(ctx, secret, Invited)
}

// People are those of a merchant, by time of creation.
func (s *Service) People(ctx context.Context, merchantID string) ([]User, error) {
	return s.store.Users(ctx, merchantID)
}

func (s *Service) visitor(ctx context.Context, secret string, kind Kind) (User, error) {
	if len(secret) != 43 {
		return User{}, ErrNotFound
	}
	v, err := s.store.Visit(ctx, hash(secret))
	if err != nil {
		return User{}, err
	}
	now := s.now()
	if v.Kind != kind || !now.Before(v.EndsAt) || (kind == Signed && now.Sub(v.SeenAt) > IdleLife) {
		return User{}, ErrNotFound
	}
	if kind == Signed && now.Sub(v.SeenAt) > time.Minute { // not a write for every request
		if err := s.store.SeeVisit(ctx, hash(secret), s.time()); err != nil {
			return User{}, err
		}
	}
	return s.store.User(ctx, v.UserID)
}

// Accept sets the password of the user that a link is for, ends the link and
// all visits, and signs in. Errors are [ErrNotFound] and what [Check] says.
func (s *Service) Accept(ctx context.Context, secret, password string) (string, error) {
	u, err := s.Invited(ctx, secret)
	if err == nil {
		err = Check(password, u.Email)
	}
	if err != nil {
		return "", err
	}
	if err := s.begin(ctx); err != nil {
		return "", err
	}
	hashed := Hash(password)
	s.end()
	// The link first: of two who use it at the same time one is too late.
	if there, err := s.store.EndVisit(ctx, hash(secret)); err != nil || !there {
		return "", errors.Join(ErrNotFound, err)
	}
	ctx = merchant.WithWho(ctx, "user:"+u.ID)
	err = s.store.UpdateUser(ctx, u.ID, "user_password_set", func(u User) (User, error) {
		u.Password, u.Failures, u.PausedUntil = hashed, 0, time.Time{}
		return u, nil
	})
	if err == nil {
		err = s.store.EndVisits(ctx, u.ID)
	}
	if err != nil {
		return "", err
	}
	return s.open(ctx, u.ID, Signed, SignedLife)
}

// SignOut ends a visit.
func (s *Service) SignOut(ctx context.Context, secret string) error {
	_, err := s.store.EndVisit(ctx, hash(secret))
	return err
}

// SignOutEverywhere ends all visits of a user.
func (s *Service) SignOutEverywhere(ctx context.Context, userID string) error {
	return s.store.EndVisits(ctx, userID)
}

// FormToken proves that a form was given to who is signed in with that secret,
// without giving the secret away.
func FormToken(secret string) string {
	sum := sha256.Sum256([]byte("form\x00" + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// IsFormToken reports whether a form brought the right token.
func IsFormToken(secret, token string) bool {
	return subtle.ConstantTimeCompare([]byte(FormToken(secret)), []byte(token)) == 1
}

func (s *Service) open(ctx context.Context, userID string, kind Kind, life time.Duration) (string, error) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	secret := base64.RawURLEncoding.EncodeToString(random)
	now := s.time()
	v := Visit{UserID: userID, Kind: kind, CreatedAt: now, SeenAt: now, EndsAt: now.Add(life)}
	if err := s.store.InsertVisit(ctx, v, hash(secret)); err != nil {
		return "", err
	}
	return secret, nil
}

func (s *Service) time() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// begin waits for a turn to hash.
func (s *Service) begin(ctx context.Context) error {
	select {
	case s.work <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("staff: %w", ctx.Err())
	}
}

func (s *Service) end() { <-s.work }

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
