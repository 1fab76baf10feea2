package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"idproof/internal/config"
	"idproof/internal/merchant"
	"idproof/internal/outward"
	"idproof/internal/sms"
	"idproof/internal/webhook"
)

type merchantSMSCmd struct {
	config.Data `embed:""`
	ID          string `arg:"" help:"Id of the merchant."`
	Secret      bool   `help:"Read the secret of the merchant's own gateway, the whole value of its header, from the standard input, and set it."`
	Forget      bool   `help:"Forget the secret."`
}

// Run shows the gateway and changes its secret, which is never shown.
func (c *merchantSMSCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if c.Secret || c.Forget {
		var value string
		if c.Secret {
			if value, err = bufio.NewReader(std.in).ReadString('\n'); value == "" {
				return fmt.Errorf("the standard input has no secret: %w", err)
			}
		}
		err = st.UpdateMerchant(byHand(ctx), c.ID, func(m merchant.Merchant) (merchant.Merchant, error) {
			m.SMSSecret = sms.Secret{}
			if c.Forget {
				return m, nil
			}
			var err error
			m.SMSSecret, err = m.Settings.SMS.NewSecret(strings.TrimRight(value, "\r\n"), time.Now())
			return m, err
		})
		if err != nil {
			return err
		}
	}
	m, err := st.Merchant(ctx, c.ID)
	if err != nil {
		return err
	}
	switch s := m.Settings.SMS; {
	case s.URL == "":
		fmt.Fprintln(std.out, "gateway: the server's")
	case !s.Has(m.SMSSecret):
		fmt.Fprintf(std.out, "gateway: %s\nsecret:  none\n", s.URL)
	default:
		fmt.Fprintf(std.out, "gateway: %s\nsecret:  set at %s\n", s.URL, m.SMSSecret.SetAt.Format(time.RFC3339))
	}
	return nil
}

type merchantSMSTestCmd struct {
	config.Data `embed:""`
	ID          string         `arg:"" help:"Id of the merchant."`
	Number      string         `arg:"" help:"Number to send to, such as +46701740605."`
	Webhook     webhook.Config `embed:"" prefix:"webhook-"`
	Development bool           `env:"IDPROOF_DEVELOPMENT" default:"true" negatable:"" help:"Let the development merchant's gateway be on this machine."`
}

// Run sends a message as the service would.
func (c *merchantSMSTestCmd) Run(ctx context.Context, std streams) (err error) {
	if err := c.Webhook.Validate(); err != nil {
		return err
	}
	if !sms.IsNumber(c.Number) {
		return errors.New("the number must be like +46701740605")
	}
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	m, err := st.Merchant(ctx, c.ID)
	if err != nil {
		return err
	}
	desk := sms.NewDesk(nil, outward.New(c.Webhook.Timeout, c.Webhook.Allow, c.Development))
	if err := desk.SendOwn(ctx, m.SMS(), c.Number, sms.Test); err != nil {
		return err
	}
	fmt.Fprintln(std.out, "The gateway took it.")
	return nil
}
