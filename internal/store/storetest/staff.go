package storetest

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/internal/staff"
)

func testStaff(t *testing.T, b *bundle) {
	t.Helper()
	ctx := merchant.WithWho(t.Context(), "cli:x")
	u := staff.User{ID: uuid.NewString(), MerchantID: b.merchant.ID, Role: staff.Admin, Email: "anna" + b.merchant.ID + "@shop.example", CreatedAt: now}
	require.NoError(t, b.InsertUser(ctx, u))
	again := u
	again.ID = uuid.NewString()
	require.ErrorIs(t, b.InsertUser(ctx, again), staff.ErrTaken)
	stray := staff.User{ID: uuid.NewString(), MerchantID: "nobody", Email: "x" + b.merchant.ID, CreatedAt: now}
	require.ErrorIs(t, b.InsertUser(ctx, stray), merchant.ErrNotFound)
	got, err := b.UserByEmail(ctx, u.Email)
	require.NoError(t, err)
	require.Equal(t, u, got)
	_, err = b.UserByEmail(ctx, "other"+u.Email)
	require.ErrorIs(t, err, staff.ErrNotFound)

	pause := now.Add(time.Minute)
	require.NoError(t, b.UpdateUser(ctx, u.ID, "user_paused", func(u staff.User) (staff.User, error) {
		u.Password, u.Failures, u.PausedUntil, u.Role = "hash", 5, pause, staff.Reviewer
		u.MerchantID, u.Email = "another", "another" // stay
		return u, nil
	}))
	u.Password, u.Failures, u.PausedUntil, u.Role = "hash", 5, pause, staff.Reviewer
	got, err = b.User(ctx, u.ID)
	require.NoError(t, err)
	require.Equal(t, u, got)
	require.ErrorIs(t, b.UpdateUser(ctx, u.ID, "x", func(u staff.User) (staff.User, error) { return u, staff.ErrRefused }), staff.ErrRefused)
	all, err := b.Users(ctx, b.merchant.ID)
	require.NoError(t, err)
	require.Equal(t, []staff.User{u}, all)

	v := staff.Visit{UserID: u.ID, Kind: staff.Signed, CreatedAt: now, SeenAt: now, EndsAt: now.Add(time.Hour)}
	for _, h := range []string{"a", "b", "c"} {
		require.NoError(t, b.InsertVisit(ctx, v, u.ID+h))
	}
	require.NoError(t, b.SeeVisit(ctx, u.ID+"a", now.Add(time.Minute)))
	seen, err := b.Visit(ctx, u.ID+"a")
	require.NoError(t, err)
	v.SeenAt = now.Add(time.Minute)
	require.Equal(t, v, seen)
	for _, there := range []bool{true, false} {
		ended, err := b.EndVisit(ctx, u.ID+"a")
		require.NoError(t, err)
		require.Equal(t, there, ended)
	}
	require.NoError(t, b.EndVisits(ctx, u.ID))
	_, err = b.Visit(ctx, u.ID+"b")
	require.ErrorIs(t, err, staff.ErrNotFound)

	require.NoError(t, b.InsertVisit(ctx, v, u.ID+"d"))
	require.NoError(t, b.Forget(ctx, v.EndsAt.Add(time.Second)))
	_, err = b.Visit(ctx, u.ID+"d")
	require.ErrorIs(t, err, staff.ErrNotFound, "ended ones are forgotten")
	require.NoError(t, b.InsertVisit(ctx, v, u.ID+"e"))
	require.ErrorIs(t, b.DeleteUser(ctx, "another", u.ID), staff.ErrNotFound)
	require.NoError(t, b.DeleteUser(ctx, b.merchant.ID, u.ID))
	_, err = b.Visit(ctx, u.ID+"e")
	require.ErrorIs(t, err, staff.ErrNotFound)
	trail, err := b.Audit(ctx, b.merchant.ID, 0, 10)
	require.NoError(t, err)
	var actions []string
	for _, c := range trail {
		actions = append(actions, c.Action)
		require.NotContains(t, string(c.Detail)+c.Subject+c.Who, "shop.example")
	}
	require.Equal(t, []string{"user_removed", "user_paused", "user_added", "merchant_created"}, actions)
}
