package staff_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/internal/seal"
	"idproof/internal/staff"
	"idproof/internal/store"
)

const password = "five wet otters"

// bundle is a service on a fresh database, with a clock that tests move.
type bundle struct {
	*staff.Service
	store *store.Store
	now   time.Time
}

func setup(t *testing.T) *bundle {
	t.Helper()
	master, err := seal.NewMaster()
	require.NoError(t, err)
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "db"), master)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	b := &bundle{store: st, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	b.Service = staff.NewService(st, func() time.Time { return b.now })
	m := merchant.Merchant{ID: "shop", Name: "Shop", CreatedAt: b.now, WebhookSecrets: []string{merchant.NewWebhookSecret()}}
	require.NoError(t, st.InsertMerchant(t.Context(), m, "hash"))
	return b
}

// add makes a user with the password.
func (b *bundle) add(t *testing.T, email string) staff.User {
	t.Helper()
	u, link, err := b.Add(t.Context(), "shop", email, staff.Admin)
	require.NoError(t, err)
	_, err = b.Accept(t.Context(), link, password)
	require.NoError(t, err)
	return u
}

// A link sets the password once, and only while it lasts.
func TestInvitation(t *testing.T) {
	b, ctx := setup(t), t.Context()
	u, link, err := b.Add(ctx, "shop", " Anna@Shop.example ", staff.Admin)
	require.NoError(t, err)
	require.Equal(t, "anna@shop.example", u.Email)
	_, err = b.SignIn(ctx, u.Email, "")
	require.ErrorIs(t, err, staff.ErrRefused, "there is no password yet")
	_, err = b.Signed(ctx, link)
	require.ErrorIs(t, err, staff.ErrNotFound, "a link is not being signed in")
	for range 2 { // looking uses nothing up
		_, err = b.Invited(ctx, link)
		require.NoError(t, err)
	}
	_, err = b.Accept(ctx, link, "short")
	require.ErrorIs(t, err, staff.ErrShort)
	in, err := b.Accept(ctx, link, password)
	require.NoError(t, err)
	_, err = b.Signed(ctx, in)
	require.NoError(t, err)
	_, err = b.Accept(ctx, link, password)
	require.ErrorIs(t, err, staff.ErrNotFound)

	_, _, err = b.Add(ctx, "shop", "anna@shop.EXAMPLE", staff.Reviewer)
	require.ErrorIs(t, err, staff.ErrTaken)
	_, late, err := b.Add(ctx, "shop", "late@shop.example", staff.Reviewer)
	require.NoError(t, err)
	b.now = b.now.Add(staff.InvitedLife)
	_, err = b.Invited(ctx, late)
	require.ErrorIs(t, err, staff.ErrNotFound)

	// A reset takes the password and every visit away.
	b.now = b.now.Add(-staff.InvitedLife)
	link, err = b.Reset(ctx, u.ID)
	require.NoError(t, err)
	_, err = b.Signed(ctx, in)
	require.ErrorIs(t, err, staff.ErrNotFound)
	_, err = b.SignIn(ctx, u.Email, password)
	require.ErrorIs(t, err, staff.ErrRefused)
	_, err = b.Accept(ctx, link, "another long one")
	require.NoError(t, err)
}

// Visits end by themselves, by a word, and everywhere at once.
func TestVisits(t *testing.T) {
	b, ctx := setup(t), t.Context()
	u := b.add(t, "anna@shop.example")
	in, err := b.SignIn(ctx, "ANNA@shop.example ", password)
	require.NoError(t, err)
	who, err := b.Signed(ctx, in)
	require.NoError(t, err)
	require.Equal(t, u.ID, who.ID)
	for range 20 { // busy
		b.now = b.now.Add(29 * time.Minute)
		_, err = b.Signed(ctx, in)
		require.NoError(t, err)
	}
	b.now = b.now.Add(staff.IdleLife + time.Second)
	_, err = b.Signed(ctx, in)
	require.ErrorIs(t, err, staff.ErrNotFound, "idle")

	in, err = b.SignIn(ctx, u.Email, password)
	require.NoError(t, err)
	for end := b.now.Add(staff.SignedLife); b.now.Before(end.Add(-20 * time.Minute)); b.now = b.now.Add(20 * time.Minute) {
		_, err = b.Signed(ctx, in)
		require.NoError(t, err)
	}
	b.now = b.now.Add(20 * time.Minute)
	_, err = b.Signed(ctx, in)
	require.ErrorIs(t, err, staff.ErrNotFound, "however busy")

	one, err := b.SignIn(ctx, u.Email, password)
	require.NoError(t, err)
	two, err := b.SignIn(ctx, u.Email, password)
	require.NoError(t, err)
	require.NotEqual(t, one, two)
	require.NoError(t, b.SignOut(ctx, one))
	_, err = b.Signed(ctx, one)
	require.ErrorIs(t, err, staff.ErrNotFound)
	_, err = b.Signed(ctx, two)
	require.NoError(t, err)
	require.NoError(t, b.SignOutEverywhere(ctx, u.ID))
	_, err = b.Signed(ctx, two)
	require.ErrorIs(t, err, staff.ErrNotFound)
	_, err = b.Signed(ctx, strings.Repeat("x", 43))
	require.ErrorIs(t, err, staff.ErrNotFound)
	require.False(t, staff.IsFormToken(one, staff.FormToken(two)))
	require.True(t, staff.IsFormToken(one, staff.FormToken(one)))
}

// After a few wrong passwords an account pauses, longer each time, for the right
// one too; what the pause says does not tell whether there is an account.
func TestPause(t *testing.T) {
	b, ctx := setup(t), t.Context()
	u := b.add(t, "anna@shop.example")
	wrong := func() {
		t.Helper()
		_, err := b.SignIn(ctx, u.Email, "wrong password")
		require.ErrorIs(t, err, staff.ErrRefused)
	}
	for range 4 {
		wrong()
	}
	_, err := b.SignIn(ctx, u.Email, password)
	require.NoError(t, err, "four are a slip")
	for range 5 {
		wrong()
	}
	_, err = b.SignIn(ctx, u.Email, password)
	require.ErrorIs(t, err, staff.ErrRefused)
	b.now = b.now.Add(time.Minute)
	wrong()
	b.now = b.now.Add(time.Minute)
	_, err = b.SignIn(ctx, u.Email, password)
	require.ErrorIs(t, err, staff.ErrRefused, "the second pause is longer")
	b.now = b.now.Add(time.Minute)
	_, err = b.SignIn(ctx, u.Email, password)
	require.NoError(t, err)
	_, unknown := b.SignIn(ctx, "nobody@shop.example", password)
	require.Equal(t, staff.ErrRefused, unknown)
	trail, err := b.store.Audit(ctx, "shop", 0, 50)
	require.NoError(t, err)
	count := map[string]int{}
	for _, c := range trail {
		count[c.Action]++
	}
	require.Equal(t, 2, count["user_paused"])
	require.Equal(t, 2, count["user_signed_in"])
}

func TestCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		password string
		want     error
	}{
		"a sentence":       {"five wet otters", nil},
		"other letters":    {"пять мокрых выдр", nil},
		"short":            {"wet otters", staff.ErrShort},
		"twelve runes":     {"выдравыдра12", nil},
		"long":             {strings.Repeat("otter", 26), staff.ErrLong},
		"common":           {"Password123456", staff.ErrCommon},
		"one letter":       {"aaaaaaaaaaaaaa", staff.ErrCommon},
		"the address":      {"anna.b@shop.example", staff.ErrCommon},
		"the name, padded": {"Anna.B123456!", staff.ErrCommon},
	} {
		require.Equal(t, tt.want, staff.Check(tt.password, "anna.b@shop.example"), name)
	}
}

func TestEmail(t *testing.T) {
	for typed, want := range map[string]string{"Anna@Shop.Example": "anna@shop.example", " a@b.c ": "a@b.c", "Anna <a@b.c>": "", "anna": "", "": "", "a@b.c, d@e.f": ""} {
		got, err := staff.Email(typed)
		require.Equal(t, want, got, typed)
		require.Equal(t, want == "", err != nil, typed)
	}
}
