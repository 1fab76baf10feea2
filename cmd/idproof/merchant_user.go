package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"idproof/internal/config"
	"idproof/internal/staff"
	"idproof/internal/store"
)

// merchantUserCmd manages the people who use a merchant's console.
type merchantUserCmd struct {
	Add    userAddCmd    `cmd:"" help:"Add a person and print a link to set the password, which works once."`
	List   userListCmd   `cmd:"" help:"List the people of a merchant."`
	Reset  userResetCmd  `cmd:"" help:"Take a password away, sign the person out everywhere and print a new link."`
	Remove userRemoveCmd `cmd:"" help:"Remove a person at once."`
}

type userAddCmd struct {
	config.Data `embed:""`
	BaseURL     string `name:"base-url" env:"IDPROOF_BASE_URL" default:"http://127.0.0.1:8080" help:"Address of the service, for the link." placeholder:"URL"`
	Merchant    string `arg:"" help:"Id of the merchant."`
	Email       string `arg:"" help:"Address of the person, by which they sign in."`
	Role        string `default:"reviewer" enum:"admin,reviewer" help:"admin changes settings, keys and webhooks; reviewer sees none of them."`
}

// Run adds a person.
func (c *userAddCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	u, secret, err := staff.NewService(st, time.Now).Add(byHand(ctx), c.Merchant, c.Email, staff.Role(c.Role))
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "id:   %s\nlink: %s\n", u.ID, invitation(c.BaseURL, secret))
	return nil
}

// invitation is the link to set a password.
func invitation(base, secret string) string {
	return strings.TrimRight(base, "/") + "/console/welcome/" + secret
}

type userListCmd struct {
	config.Data `embed:""`
	Merchant    string `arg:"" help:"Id of the merchant."`
}

// Run lists the people.
func (c *userListCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all, err := st.Users(ctx, c.Merchant)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tADDRESS\tROLE\tPASSWORD\tADDED")
	for _, u := range all {
		set := "set"
		if u.Password == "" {
			set = "not set"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", u.ID, u.Email, u.Role, set, u.CreatedAt.Format(time.RFC3339))
	}
	return w.Flush()
}

// userOf finds a person of a merchant by address or id.
func userOf(ctx context.Context, st *store.Store, merchantID, who string) (staff.User, error) {
	u, err := st.UserByEmail(ctx, strings.ToLower(who))
	if errors.Is(err, staff.ErrNotFound) {
		u, err = st.User(ctx, who)
	}
	if err == nil && u.MerchantID != merchantID {
		err = staff.ErrNotFound
	}
	return u, err
}

type userResetCmd struct {
	config.Data `embed:""`
	BaseURL     string `name:"base-url" env:"IDPROOF_BASE_URL" default:"http://127.0.0.1:8080" help:"Address of the service, for the link." placeholder:"URL"`
	Merchant    string `arg:"" help:"Id of the merchant."`
	Who         string `arg:"" help:"Address or id of the person."`
}

// Run gives a new link.
func (c *userResetCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	u, err := userOf(ctx, st, c.Merchant, c.Who)
	if err != nil {
		return err
	}
	secret, err := staff.NewService(st, time.Now).Reset(byHand(ctx), u.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "link: %s\n", invitation(c.BaseURL, secret))
	return nil
}

type userRemoveCmd struct {
	config.Data `embed:""`
	Merchant    string `arg:"" help:"Id of the merchant."`
	Who         string `arg:"" help:"Address or id of the person."`
}

// Run removes a person.
func (c *userRemoveCmd) Run(ctx context.Context) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	u, err := userOf(ctx, st, c.Merchant, c.Who)
	if err == nil {
		err = st.DeleteUser(byHand(ctx), c.Merchant, u.ID)
	}
	return err
}
