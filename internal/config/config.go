// Package config gathers the configuration of the service. Each part belongs to
// the package that uses it; here is only the list. Every setting has a flag, a
// variable of the environment (IDPROOF_…) and a default that works.
package config

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"idproof/internal/api"
	"idproof/internal/merchant"
	"idproof/internal/queue"
	"idproof/internal/seal"
	"idproof/internal/session"
	"idproof/internal/telemetry"
	"idproof/internal/webhook"
)

// Data says where everything that is kept is; the commands that touch stored
// data have it.
type Data struct {
	Dir    string      `name:"data-dir" env:"IDPROOF_DATA_DIR" default:"./data" help:"Folder of everything that is kept." placeholder:"DIR"`
	Master seal.Config `embed:"" prefix:"master-key-"`
}

// Database is the database file.
func (d Data) Database() string { return filepath.Join(d.Dir, "idproof.db") }

// Blobs is the folder of encrypted pictures.
func (d Data) Blobs() string { return filepath.Join(d.Dir, "blobs") }

// Config of the service.
type Config struct {
	Data        `embed:""`
	Listen      string `env:"IDPROOF_LISTEN" default:"127.0.0.1:8080" help:"Address to listen on."`
	BaseURL     string `name:"base-url" env:"IDPROOF_BASE_URL" help:"Address under which people and programs reach the service. Default: http:// and the address it listens on." placeholder:"URL"`
	Models      string `env:"IDPROOF_MODELS" help:"Folder of the models. Default: found beside the program." placeholder:"DIR"`
	Development bool   `env:"IDPROOF_DEVELOPMENT" default:"true" negatable:"" help:"Have a merchant for development, whose webhooks may go to this machine, and a demo page."`

	Session   session.Config   `embed:""`
	API       api.Config       `embed:""`
	Queue     queue.Config     `embed:""`
	Webhook   webhook.Config   `embed:"" prefix:"webhook-"`
	Telemetry telemetry.Config `embed:""`
}

// Validate says everything that is wrong with the configuration.
func (c Config) Validate() error {
	errs := []error{c.Session.Validate(), c.API.Validate(), c.Queue.Validate(), c.Webhook.Validate(), c.Telemetry.Validate()}
	if c.BaseURL != "" {
		u, err := url.Parse(c.BaseURL)
		switch {
		case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || strings.Trim(u.Path, "/") != "":
			errs = append(errs, fmt.Errorf("base URL: %q is not an address such as https://id.example.com", c.BaseURL))
		case u.Scheme == "http" && !merchant.IsLocal(u.Hostname()) && !c.Development:
			errs = append(errs, errors.New("base URL: must be https, or --development"))
		}
	}
	return errors.Join(errs...)
}
