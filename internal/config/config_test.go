package config_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"idproof/internal/config"
)

func parse(args ...string) (c config.Config, err error) {
	k, err := kong.New(&c)
	if err == nil {
		_, err = k.Parse(args)
	}
	if err == nil {
		err = c.Validate()
	}
	return c, err
}

func TestDefaults(t *testing.T) {
	c, err := parse()
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8080", c.Listen)
	require.Equal(t, "data/idproof.db", c.Database())
	require.True(t, c.Development)
}

func TestSources(t *testing.T) {
	t.Setenv("IDPROOF_DEVELOPMENT", "false")
	t.Setenv("IDPROOF_ANALYSIS_TIMEOUT", "90s")
	t.Setenv("IDPROOF_WEBHOOK_ALLOW", "10.0.0.0/8,fd00::/8")
	c, err := parse("--base-url", "https://id.example/", "--analysis-timeout", "2m")
	require.NoError(t, err)
	require.False(t, c.Development)
	require.Equal(t, 2*time.Minute, c.Queue.Timeout, "the flag before the environment")
	require.Len(t, c.Webhook.Allow, 2)
}

func TestMistakes(t *testing.T) {
	for _, args := range [][]string{
		{"--base-url", "id.example"},
		{"--base-url", "ftp://id.example"},
		{"--base-url", "https://id.example/sub"},
		{"--base-url", "http://id.example", "--no-development"},
		{"--max-upload", "5"},
		{"--uploads", "0"},
		{"--rate-limit", "0"},
		{"--parallel-analyses", "0"},
		{"--analysis-timeout", "1ms"},
		{"--webhook-timeout", "1h"},
		{"--webhook-allow", "10.0.0.0"},
		{"--metrics-token", "short"},
		{"--log-format", "xml"},
		{"--database", "mysql://host/name"},
		{"--blob", "gs://bucket"},
		{"--no-work"},
		{"--max-waiting", "0"},
		{"--drain", "-1s"},
		{"--nonsense"},
	} {
		_, err := parse(args...)
		require.Error(t, err, "%v", args)
	}
}

func TestAddresses(t *testing.T) {
	t.Setenv("IDPROOF_DATABASE", "postgres://u:secret@db/idproof")
	c, err := parse("--blob", "s3://pictures", "--no-work")
	require.NoError(t, err)
	require.True(t, c.Shared())
	require.Equal(t, "postgres://u:secret@db/idproof", c.Database())
	require.Equal(t, "s3://pictures", c.Blobs())
	data, err := json.Marshal(c)
	require.NoError(t, err)
	require.NotContains(t, string(data), "secret")
}

func TestWorker(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		good bool
	}{
		{"alone", nil, false},
		{"on a file", []string{"--base-url", "https://id.example"}, false},
		{"without an address", []string{"--database", "postgres://db/idproof"}, false},
		{"complete", []string{"--database", "postgres://db/idproof", "--base-url", "https://id.example"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c config.Worker
			k, err := kong.New(&c)
			require.NoError(t, err)
			if _, err = k.Parse(tt.args); err == nil {
				err = c.Validate()
			}
			if tt.good {
				require.NoError(t, err)
				require.Equal(t, "127.0.0.1:8090", c.Listen)
			} else {
				require.Error(t, err)
			}
		})
	}
}
