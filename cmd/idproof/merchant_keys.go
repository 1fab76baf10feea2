package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/user"
	"text/tabwriter"
	"time"

	"idproof/internal/config"
	"idproof/internal/merchant"
)

// byHand says in the audit trail who uses the command line.
func byHand(ctx context.Context) context.Context {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return merchant.WithWho(ctx, "cli:"+name)
}

type merchantShowCmd struct {
	config.Data `embed:""`
	ID          string `arg:"" help:"Id of the merchant."`
	Revision    int64  `help:"An earlier revision of the settings." placeholder:"N"`
}

// Run shows a merchant.
func (c *merchantShowCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	m, err := st.MerchantAt(ctx, c.ID, c.Revision)
	if err != nil {
		return err
	}
	return printJSON(std.out, map[string]any{"id": m.ID, "name": m.Name, "created_at": m.CreatedAt, "revision": m.Revision, "settings": m.Settings.WithDefaults()})
}

type merchantKeysCmd struct {
	config.Data `embed:""`
	ID          string `arg:"" help:"Id of the merchant."`
}

// Run lists the keys.
func (c *merchantKeysCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	keys, err := st.Keys(ctx, c.ID)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tKIND\tMODE\tENDS IN\tLABEL\tMADE\tENDS AT")
	for _, k := range keys {
		ends := "-"
		if !k.EndsAt.IsZero() {
			ends = k.EndsAt.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Kind, mode(k.Test), cmp.Or(k.Hint, "-"), cmp.Or(k.Label, "-"), k.CreatedAt.Format(time.RFC3339), ends)
	}
	return w.Flush()
}

func mode(test bool) string {
	if test {
		return "test"
	}
	return "live"
}

type merchantAddCmd struct {
	config.Data `embed:""`
	ID          string `arg:"" help:"Id of the merchant."`
	Kind        string `default:"secret" enum:"secret,publishable" help:"secret, or publishable: for pages, only begins sessions."`
	Test        bool   `help:"For trying out: its sessions are test sessions."`
	Label       string `help:"Your own name for it."`
}

// Run makes a key.
func (c *merchantAddCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if _, err := st.Merchant(ctx, c.ID); err != nil {
		return err
	}
	k, key := merchant.Key{MerchantID: c.ID, Kind: merchant.KeyKind(c.Kind), Test: c.Test, Label: c.Label}.Issue(time.Now())
	if err := st.InsertKey(byHand(ctx), k, merchant.HashKey(key)); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "id:  %s\nkey: %s\n", k.ID, key)
	return nil
}

type merchantEndCmd struct {
	config.Data `embed:""`
	ID          string `arg:"" help:"Id of the merchant."`
	Key         string `arg:"" help:"Id of the key."`
}

// Run ends a key.
func (c *merchantEndCmd) Run(ctx context.Context) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return st.EndKey(byHand(ctx), c.ID, c.Key, time.Now())
}

type merchantAuditCmd struct {
	config.Data `embed:""`
	ID          string `arg:"" help:"Id of the merchant."`
	Limit       int    `default:"50" help:"How many changes."`
}

// Run shows the audit trail.
func (c *merchantAuditCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all, err := st.Audit(ctx, c.ID, 0, c.Limit)
	for _, a := range all {
		fmt.Fprintf(std.out, "%s\t%s\t%s\t%s\t%s\n", a.At.Format(time.RFC3339), a.Who, a.Action, a.Subject, a.Detail)
	}
	return err
}
