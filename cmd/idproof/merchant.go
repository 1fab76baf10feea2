package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"

	"idproof/internal/config"
	"idproof/internal/merchant"
	"idproof/internal/seal"
	"idproof/internal/store"
)

// merchantCmd manages the merchants of a data folder; the service may be running.
type merchantCmd struct {
	Create  merchantCreateCmd  `cmd:"" help:"Make a merchant and print its key, which is shown only now."`
	List    merchantListCmd    `cmd:"" help:"List the merchants and their settings."`
	Set     merchantSetCmd     `cmd:"" help:"Change settings of a merchant."`
	Show    merchantShowCmd    `cmd:"" help:"Show a merchant with every setting, defaults too."`
	Key     merchantKeyCmd     `cmd:"" help:"Give a merchant a new secret key; the old ones of its mode end at once."`
	Keys    merchantKeysCmd    `cmd:"" help:"List the keys of a merchant."`
	Add     merchantAddCmd     `cmd:"" name:"key-create" help:"Make another key and print it, which is shown only now."`
	End     merchantEndCmd     `cmd:"" name:"key-end" help:"End a key at once."`
	Audit   merchantAuditCmd   `cmd:"" help:"Show who changed what of a merchant, newest first."`
	Faces   merchantFacesCmd   `cmd:"" help:"List the block list of faces."`
	Block   merchantBlockCmd   `cmd:"" name:"face-block" help:"Put the face of a picture or of a session's selfie on the block list and print the id of the entry."`
	Unblock merchantUnblockCmd `cmd:"" name:"face-unblock" help:"Take a face off the block list."`
	Secret  merchantSecretCmd  `cmd:"" help:"Show the webhook secrets of a merchant, or begin to replace them."`
	User    merchantUserCmd    `cmd:"" help:"Manage the people who use a merchant's console."`
	SMS     merchantSMSCmd     `cmd:"" name:"sms" help:"Show what the text messages of a merchant go through; set the secret of its own gateway."`
	SMSTest merchantSMSTestCmd `cmd:"" name:"sms-test" help:"Send a text message through a merchant's own gateway, to try it."`
}

// openStore opens the database of a data folder; it makes neither, so that a
// mistyped folder is noticed.
func openStore(ctx context.Context, d config.Data) (*store.Store, error) {
	if _, err := os.Stat(d.Database()); err != nil && !d.Shared() {
		return nil, fmt.Errorf("there is no database in %s; \"idproof migrate\" or \"idproof serve\" makes it", d.Dir)
	}
	return makeStore(ctx, d)
}

// makeStore opens the database of a data folder, and makes what is missing.
func makeStore(ctx context.Context, d config.Data) (*store.Store, error) {
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return nil, err
	}
	master, err := seal.Load(d.Master, d.Dir)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, d.Database(), master)
}

type merchantCreateCmd struct {
	config.Data `embed:""`
	Name        string `arg:"" help:"Name of the merchant."`
}

// Run makes a merchant.
func (c *merchantCreateCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	key := merchant.NewKey()
	m := merchant.Merchant{ID: uuid.NewString(), Name: c.Name, CreatedAt: time.Now(), WebhookSecrets: []string{merchant.NewWebhookSecret()}}
	if err := st.InsertMerchant(byHand(ctx), m, merchant.HashKey(key)); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "id:             %s\nkey:            %s\nwebhook secret: %s\n", m.ID, key, m.WebhookSecrets[0])
	return nil
}

type merchantListCmd struct {
	config.Data `embed:""`
}

// Run lists the merchants.
func (c *merchantListCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all, err := st.Merchants(ctx)
	for _, m := range all {
		set, e := json.Marshal(m.Settings)
		err = errors.Join(err, e)
		fmt.Fprintf(std.out, "%s\t%s\t%s\n", m.ID, m.Name, set)
	}
	return err
}

type merchantSetCmd struct {
	config.Data `embed:""`
	ID          string `arg:"" help:"Id of the merchant."`
	Settings    string `arg:"" help:"The settings to change as JSON, such as '{\"attempts\":5}'; null gives the default back. See docs/api.md."`
}

// Run changes settings.
func (c *merchantSetCmd) Run(ctx context.Context) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return st.UpdateMerchant(byHand(ctx), c.ID, func(m merchant.Merchant) (merchant.Merchant, error) {
		m.Settings, err = m.Settings.With([]byte(c.Settings))
		return m, err
	})
}

type merchantKeyCmd struct {
	config.Data `embed:""`
	ID          string `arg:"" help:"Id of the merchant."`
}

// Run replaces the key.
func (c *merchantKeyCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	key := merchant.NewKey()
	if err := st.SetMerchantKey(byHand(ctx), c.ID, merchant.HashKey(key)); err != nil {
		return err
	}
	fmt.Fprintln(std.out, key)
	return nil
}

type merchantSecretCmd struct {
	config.Data `embed:""`
	ID          string `arg:"" help:"Id of the merchant."`
	Rotate      bool   `help:"Add a new secret; webhooks are signed with the old one too until --retire."`
	Retire      bool   `help:"Keep only the newest secret."`
}

// Run shows and changes the secrets, newest first.
func (c *merchantSecretCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if c.Rotate || c.Retire {
		err = st.UpdateMerchant(byHand(ctx), c.ID, func(m merchant.Merchant) (merchant.Merchant, error) {
			if c.Rotate {
				m.WebhookSecrets = append([]string{merchant.NewWebhookSecret()}, m.WebhookSecrets...)
			}
			if c.Retire {
				m.WebhookSecrets = m.WebhookSecrets[:1]
			}
			return m, nil
		})
		if err != nil {
			return err
		}
	}
	m, err := st.Merchant(ctx, c.ID)
	for _, s := range m.WebhookSecrets {
		fmt.Fprintln(std.out, s)
	}
	return err
}
