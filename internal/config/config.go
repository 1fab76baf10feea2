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
	"time"

	"idproof/internal/api"
	"idproof/internal/blob"
	"idproof/internal/merchant"
	"idproof/internal/queue"
	"idproof/internal/seal"
	"idproof/internal/session"
	"idproof/internal/sms"
	"idproof/internal/store"
	"idproof/internal/telemetry"
	"idproof/internal/webhook"
)

// Data says where everything that is kept is; the commands that touch stored
// data have it.
type Data struct {
	Dir         string      `name:"data-dir" env:"IDPROOF_DATA_DIR" default:"./data" help:"Folder of everything that is kept, unless --database and --blob name other places." placeholder:"DIR"`
	DatabaseURL string      `name:"database" env:"IDPROOF_DATABASE" help:"PostgreSQL in place of a file in the data folder: postgres://user:password@host/name. The variable hides the password from the list of processes." placeholder:"URL" json:"-"`
	BlobURL     string      `name:"blob" env:"IDPROOF_BLOB" help:"S3 or what speaks like it in place of a folder in the data folder: s3://bucket?endpoint=https://host&region=name&prefix=folder/. Credentials come from the environment, as AWS names them, or from the machine's role." placeholder:"URL" json:"-"`
	Master      seal.Config `embed:"" prefix:"master-key-"`
}

// Database is the address of the database: a URL of PostgreSQL, or the path of
// a file.
func (d Data) Database() string {
	if d.DatabaseURL != "" {
		return d.DatabaseURL
	}
	return filepath.Join(d.Dir, "idproof.db")
}

// Blobs is the address of the encrypted pictures: a URL of S3, or the path of a
// folder.
func (d Data) Blobs() string {
	if d.BlobURL != "" {
		return d.BlobURL
	}
	return filepath.Join(d.Dir, "blobs")
}

// Shared reports whether several processes may work on the data.
func (d Data) Shared() bool { return store.IsPostgres(d.Database()) }

// Validate says what is wrong with the addresses.
func (d Data) Validate() error {
	errs := []error{d.Master.Validate()}
	if d.DatabaseURL != "" && !store.IsPostgres(d.DatabaseURL) {
		errs = append(errs, errors.New("database: must begin with postgres://"))
	}
	if d.BlobURL != "" && !blob.IsS3(d.BlobURL) {
		errs = append(errs, errors.New("blob: must begin with s3://"))
	}
	return errors.Join(errs...)
}

// Common is what the processes of a service have in common.
type Common struct {
	Data        `embed:""`
	BaseURL     string `name:"base-url" env:"IDPROOF_BASE_URL" help:"Address under which people and programs reach the service. Default: http:// and the address it listens on." placeholder:"URL"`
	Models      string `env:"IDPROOF_MODELS" help:"Folder of the models. Default: found beside the program." placeholder:"DIR"`
	Development bool   `env:"IDPROOF_DEVELOPMENT" default:"true" negatable:"" help:"Have a merchant for development, whose webhooks may go to this machine, and a demo page."`

	Queue     queue.Config     `embed:""`
	Webhook   webhook.Config   `embed:"" prefix:"webhook-"`
	Telemetry telemetry.Config `embed:""`
}

// Config of a process that serves.
type Config struct {
	Common `embed:""`
	Listen string        `env:"IDPROOF_LISTEN" default:"127.0.0.1:8080" help:"Address to listen on."`
	Work   bool          `env:"IDPROOF_WORK" default:"true" negatable:"" help:"Carry out analyses and webhooks in this process too. Without, an \"idproof worker\" must."`
	Drain  time.Duration `env:"IDPROOF_DRAIN" default:"0s" help:"How long to go on serving after being told to stop, while /readyz says so to a load balancer."`

	Session session.Config `embed:""`
	API     api.Config     `embed:""`
	SMS     sms.Config     `embed:"" prefix:"sms-"`
}

// Validate says everything that is wrong with the configuration.
func (c Config) Validate() error {
	errs := []error{c.Common.Validate(), c.Session.Validate(), c.API.Validate(), c.SMS.Validate()}
	if !c.Work && !c.Shared() {
		errs = append(errs, errors.New("without --work: a worker can only share a database of PostgreSQL"))
	}
	if c.Drain < 0 || c.Drain > 10*time.Minute {
		errs = append(errs, errors.New("drain: from 0s to 10m"))
	}
	return errors.Join(errs...)
}

// Worker is the configuration of a process that only works.
type Worker struct {
	Common `embed:""`
	Listen string `env:"IDPROOF_WORKER_LISTEN" default:"127.0.0.1:8090" help:"Address to listen on for /healthz, /readyz and /metrics."`
}

// Validate says everything that is wrong with the configuration.
func (c Worker) Validate() error {
	errs := []error{c.Common.Validate()}
	if !c.Shared() {
		errs = append(errs, errors.New("a worker shares a database with those that serve: --database postgres://…"))
	}
	if c.BaseURL == "" {
		errs = append(errs, errors.New("base URL: a worker must be told, for the addresses in webhooks"))
	}
	return errors.Join(errs...)
}

// Validate says everything that is wrong with the common part.
func (c Common) Validate() error {
	errs := []error{c.Data.Validate(), c.Queue.Validate(), c.Webhook.Validate(), c.Telemetry.Validate()}
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
