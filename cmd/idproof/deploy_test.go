package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// deploy is the folder of the examples.
const deploy = "../../docs/deploy"

// The examples of docs/deploy fit this program: every variable is a setting,
// every command line is understood, and what their parts refer to is there.
func TestDeploy(t *testing.T) {
	files, err := filepath.Glob(deploy + "/*")
	require.NoError(t, err)
	require.Len(t, files, 4)
	variables := settings(t)
	named := regexp.MustCompile(`IDPROOF_[A-Z_]+`)
	for _, path := range files {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, name := range named.FindAllString(string(data), -1) {
			require.Contains(t, variables, name, path)
		}
	}
	t.Run("systemd", systemd)
	t.Run("Dockerfile", dockerfile)
	t.Run("compose", compose)
	t.Run("Kubernetes", kubernetes)
}

// settings are the variables that some command reads.
func settings(t *testing.T) map[string]bool {
	t.Helper()
	k, err := kong.New(&cli{}, kong.Vars{"version": ""})
	require.NoError(t, err)
	all := map[string]bool{}
	for _, command := range k.Model.Leaves(false) {
		for _, f := range command.Flags {
			for _, e := range f.Envs {
				all[e] = true
			}
		}
	}
	return all
}

// understood makes sure that the program understands a command line and finds
// nothing wrong with its settings, in that environment.
func understood(t *testing.T, args []string, env map[string]string) {
	t.Helper()
	for name, value := range env {
		t.Setenv(name, value)
	}
	k, err := kong.New(&cli{}, kong.Vars{"version": ""})
	require.NoError(t, err)
	_, err = k.Parse(args)
	require.NoError(t, err, "%v", args)
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(deploy, name))
	require.NoError(t, err)
	return data
}

func systemd(t *testing.T) {
	section, command := "", []string(nil)
	env := map[string]string{}
	keys := map[string][]string{}
	for lines := bufio.NewScanner(bytes.NewReader(read(t, "idproof.service"))); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok {
			section = strings.TrimSuffix(name, "]")
			require.Contains(t, []string{"Unit", "Service", "Install"}, section)
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		require.True(t, ok, line)
		require.NotEmpty(t, section, line)
		keys[key] = append(keys[key], value)
		if key == "ExecStart" {
			words := strings.Fields(value)
			require.Equal(t, "/opt/idproof/idproof", words[0])
			command = words[1:]
		}
		if key == "Environment" {
			name, v, ok := strings.Cut(value, "=")
			require.True(t, ok, line)
			env[name] = v
		}
	}
	require.NotEmpty(t, command)
	understood(t, command, env)
	require.Equal(t, []string{"0077"}, keys["UMask"])
	require.Contains(t, keys["Environment"], "IDPROOF_DEVELOPMENT=false")
	require.Contains(t, keys["Environment"], "IDPROOF_DATA_DIR=/var/lib/"+keys["StateDirectory"][0], "what the unit may write to")
}

func dockerfile(t *testing.T) {
	var user bool
	for line := range strings.Lines(string(read(t, "Dockerfile"))) {
		what, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch what {
		case "USER":
			user = true
			require.NotContains(t, []string{"0", "root"}, rest)
		case "ENTRYPOINT", "CMD":
			var words []string
			require.NoError(t, json.Unmarshal([]byte(rest), &words), line)
			if what == "CMD" {
				understood(t, words, nil)
			}
		}
	}
	require.True(t, user, "not as root")
}

func compose(t *testing.T) {
	type service struct {
		Image       string
		Command     []string
		Environment map[string]string
		DependsOn   map[string]any `yaml:"depends_on"`
		Volumes     []string
	}
	var file struct {
		Services map[string]service
		Volumes  map[string]any
	}
	require.NoError(t, yaml.Unmarshal(read(t, "compose.yaml"), &file))
	ours := 0
	for name, s := range file.Services {
		for other := range s.DependsOn {
			require.Contains(t, file.Services, other, name)
		}
		for _, v := range s.Volumes {
			volume, _, _ := strings.Cut(v, ":")
			require.Contains(t, file.Volumes, volume, name)
		}
		if s.Image == "idproof" {
			understood(t, s.Command, s.Environment)
			ours++
		}
	}
	require.Equal(t, 2, ours)
}

func kubernetes(t *testing.T) {
	type container struct {
		Image          string
		Args           []string
		EnvFrom        []struct{ ConfigMapRef, SecretRef *struct{ Name string } } `yaml:"envFrom"`
		Ports          []struct{ Name string }
		ReadinessProbe struct {
			HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
		} `yaml:"readinessProbe"`
		SecurityContext struct {
			ReadOnly bool `yaml:"readOnlyRootFilesystem"`
		} `yaml:"securityContext"`
		VolumeMounts []struct{ Name string } `yaml:"volumeMounts"`
	}
	type pod struct {
		Metadata struct{ Labels map[string]string }
		Spec     struct {
			SecurityContext struct {
				NonRoot bool `yaml:"runAsNonRoot"`
			} `yaml:"securityContext"`
			Containers []container
			Volumes    []struct{ Name string }
		}
	}
	type object struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   struct{ Name string }
		Data       map[string]string
		Spec       struct {
			Selector    yaml.Node
			Template    *pod
			JobTemplate struct {
				Spec struct{ Template *pod }
			} `yaml:"jobTemplate"`
			Rules []struct {
				HTTP struct {
					Paths []struct {
						Backend struct{ Service struct{ Name string } }
					}
				}
			}
		}
	}
	var objects []object
	for dec := yaml.NewDecoder(bytes.NewReader(read(t, "kubernetes.yaml"))); ; {
		var o object
		err := dec.Decode(&o)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		require.NotEmpty(t, o.APIVersion)
		require.NotEmpty(t, o.Metadata.Name)
		objects = append(objects, o)
	}
	is := func(kind, name string) bool {
		return slices.ContainsFunc(objects, func(o object) bool { return o.Kind == kind && o.Metadata.Name == name })
	}
	env := map[string]string{"IDPROOF_DATABASE": "postgres://user:password@host/name"} // from the secret
	for _, o := range objects {
		if o.Kind == "ConfigMap" {
			maps.Copy(env, o.Data)
		}
	}
	pods := 0
	for _, o := range objects {
		p := o.Spec.Template
		if o.Kind == "CronJob" {
			p = o.Spec.JobTemplate.Spec.Template
		}
		if p != nil {
			pods++
			require.True(t, p.Spec.SecurityContext.NonRoot, o.Metadata.Name)
			for _, c := range p.Spec.Containers {
				understood(t, c.Args, env)
				require.True(t, c.SecurityContext.ReadOnly, o.Metadata.Name)
				for _, from := range c.EnvFrom {
					if from.ConfigMapRef != nil {
						require.True(t, is("ConfigMap", from.ConfigMapRef.Name))
					}
				}
				for _, m := range c.VolumeMounts {
					require.True(t, slices.ContainsFunc(p.Spec.Volumes, func(v struct{ Name string }) bool { return v.Name == m.Name }), m.Name)
				}
				if probe := c.ReadinessProbe.HTTPGet; o.Kind == "Deployment" {
					require.Equal(t, "/readyz", probe.Path)
					require.True(t, slices.ContainsFunc(c.Ports, func(port struct{ Name string }) bool { return port.Name == probe.Port }), probe.Port)
				}
			}
		}
		switch o.Kind {
		case "Deployment":
			var selector struct {
				Labels map[string]string `yaml:"matchLabels"`
			}
			require.NoError(t, o.Spec.Selector.Decode(&selector))
			require.Equal(t, selector.Labels, p.Metadata.Labels, o.Metadata.Name)
		case "Service":
			var selector map[string]string
			require.NoError(t, o.Spec.Selector.Decode(&selector))
			require.True(t, slices.ContainsFunc(objects, func(d object) bool {
				return d.Kind == "Deployment" && d.Spec.Template.Metadata.Labels["app"] == selector["app"]
			}))
		case "Ingress":
			require.True(t, is("Service", o.Spec.Rules[0].HTTP.Paths[0].Backend.Service.Name))
		}
	}
	require.Equal(t, 3, pods)
}
