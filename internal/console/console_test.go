package console

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/internal/policy"
	"idproof/internal/sms"
)

// Every setting that there is has its place in a group, by its name, and its
// words; so does every option. A setting that is added without them fails here.
func TestEverySettingIsShown(t *testing.T) {
	texts, err := loadTexts()
	require.NoError(t, err)
	groups, err := loadGroups()
	require.NoError(t, err)
	shown := map[string]string{}
	for _, g := range groups {
		require.NotEmpty(t, texts["group."+g.ID+".title"], "group."+g.ID+".title")
		require.NotEmpty(t, texts["group."+g.ID+".lead"], "group."+g.ID+".lead")
		for _, f := range g.Fields {
			require.Empty(t, shown[f.Name], "twice: %s", f.Name)
			shown[f.Name] = f.Kind
			require.NotEmpty(t, texts[f.Name+".label"], f.Name+".label")
			require.NotEmpty(t, texts[f.Name+".help"], f.Name+".help")
			for _, o := range f.Options {
				require.NotEmpty(t, texts["option."+o], "option."+o)
			}
		}
	}
	var walk func(prefix string, s reflect.Type)
	walk = func(prefix string, s reflect.Type) {
		for f := range s.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "version" {
				continue
			}
			if f.Type.Kind() == reflect.Struct {
				walk(prefix+name+".", f.Type)
				continue
			}
			require.NotEmpty(t, shown[prefix+name], "the console lacks the setting %s", prefix+name)
			delete(shown, prefix+name)
		}
	}
	walk("", reflect.TypeFor[merchant.Settings]())
	require.Empty(t, shown, "no such settings")
}

// Every text that a page or a handler asks for by name is there, and every text
// that is there is asked for.
func TestTexts(t *testing.T) {
	texts, err := loadTexts()
	require.NoError(t, err)
	var source strings.Builder
	for _, pattern := range []string{"*.go", "pages/*.html"} {
		files, err := fs.Glob(os.DirFS("."), pattern)
		require.NoError(t, err)
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				data, err := os.ReadFile(name)
				require.NoError(t, err)
				source.Write(data)
			}
		}
	}
	all := source.String()
	for _, m := range regexp.MustCompile(`(?:\bt|text\(|wrong =|newView\(\w+, "\w*",) "([a-z][a-z.]*[a-z])"`).FindAllStringSubmatch(all, -1) {
		require.NotEmpty(t, texts[m[1]], m[1])
	}
	// Put together from a name that is data.
	made := regexp.MustCompile(`^(option|group|preset|action|state|why|account\.role)\.|\.(label|help|title|lead)$|^sms\.(own|server|none)|^keys\.(secret|publishable)$`)
	for key := range texts {
		require.True(t, made.MatchString(key) || strings.Contains(all, `"`+key+`"`), "nobody says %s", key)
	}
	for action := range strings.SplitSeq("merchant_created settings_changed name_changed webhook_secrets_changed sms_secret_changed key_created key_ended keys_replaced webhooks_paused webhooks_resumed user_added user_removed user_reset user_signed_in user_paused user_password_set face_blocked face_unblocked", " ") {
		require.NotEmpty(t, texts["action."+action], "action."+action)
	}
	require.Equal(t, "Saved as revision 7.", texts.text("settings.saved", "revision", 7))
}

// What a form is filled with comes back as it was: no setting is lost or changed
// by saving a page as it is.
func TestFormsKeepSettings(t *testing.T) {
	radius, below := 4, 0.25
	full := merchant.Settings{
		Version: merchant.SettingsVersion, DisplayName: "Shop", DefaultLocale: "de", Locales: []string{"de", "en"}, AnalysisTypes: []string{"document", "selfie"}, ActiveLiveness: true,
		Branding:      merchant.Branding{Colour: "#0a5fd8", LogoURL: "https://shop.example/l.png", Radius: &radius, Scheme: "dark", SupportURL: "mailto:a@shop.example"},
		DocumentTypes: []string{"visa", "passport"}, Countries: []string{"SWE", "D"}, OneSided: []string{"visa"}, Devices: "mobile", Handoff: []string{"sms", "qr"},
		QualityGate: "warn", QualityTries: 2, AllowedOrigins: []string{"https://shop.example"}, FrameOrigins: []string{"https://pages.example"}, IPAllow: []string{"192.0.2.0/24", "2001:db8::/32"},
		LinkTTL: merchant.Duration(36 * 3600e9), Attempts: 5, AcceptExpired: true, MinimumAge: 18,
		Policy: policy.Config{
			Preset: policy.Strict, Reasons: map[string]policy.Action{"DOCUMENT_EXPIRED": policy.Review},
			Checks: map[string]policy.Check{"blurred": {Failed: policy.Review, Below: &below}},
		},
		FaceSearch: merchant.FaceSettings{Seen: true, Blocked: true}, Forgery: merchant.Forgery{Warning: 40, HighRisk: 90, History: "off"},
		Webhook: "https://shop.example/hook", WebhookEvents: []string{"session_created", "session_finished"},
		SMS:       sms.Settings{URL: "https://sms.example/send", Body: "To={{query .To}}\nText={{query .Text}}", ContentType: "text/plain", Header: "X-Key", Sender: "Shop"},
		Legal:     merchant.Legal{PrivacyURL: "https://shop.example/p", TermsURL: "https://shop.example/t", Consent: map[string]string{"en": "I agree.\nReally.", "de": "Ja."}, ConsentVersion: "7"},
		Retention: merchant.Retention{Biometrics: merchant.Duration(90 * 60e9), Pictures: merchant.Duration(48 * 3600e9), Personal: merchant.Duration(72 * 3600e9), Record: merchant.Duration(240 * 3600e9)},
	}
	require.NoError(t, full.Validate())
	groups, err := loadGroups()
	require.NoError(t, err)
	for name, settings := range map[string]merchant.Settings{"everything": full, "nothing": {Version: merchant.SettingsVersion}} {
		before, err := asObject(settings)
		require.NoError(t, err)
		effective, err := asObject(settings.WithDefaults())
		require.NoError(t, err)
		after := object{"version": before["version"]}
		for _, g := range groups {
			form := url.Values{}
			for _, f := range g.Fields {
				s := explain(show(f, before, effective), settings.Policy.Preset)
				if f.Kind == "lines" {
					form.Set(f.Name, strings.Join(s.Chosen, "\r\n")+"\r\n")
				} else if len(s.Chosen) > 0 {
					form[f.Name] = s.Chosen
				}
				if s.Value != "" {
					form.Set(f.Name, strings.ReplaceAll(s.Value, "\n", "\r\n"))
				}
				for k, v := range s.Map {
					form.Set(f.Name+"."+k, v)
				}
			}
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			require.NoError(t, r.ParseForm())
			for _, f := range g.Fields {
				_, value, wrong := read(f, r)
				require.Empty(t, wrong, f.Name)
				put(after, f.Name, value)
			}
		}
		data, err := json.Marshal(after)
		require.NoError(t, err)
		var got merchant.Settings
		require.NoError(t, json.Unmarshal(data, &got))
		require.Equal(t, settings, got, name)
	}
}

func TestRead(t *testing.T) {
	for name, tt := range map[string]struct {
		kind, typed string
		want        any
		wrong       string
	}{
		"number":           {"number", " 12 ", 12, ""},
		"no number":        {"number", "twelve", nil, "settings.notnumber"},
		"days":             {"duration", "30d", "720h", ""},
		"hours":            {"duration", "36h", "36h", ""},
		"half a day":       {"duration", "1.5d", nil, "settings.notduration"},
		"too many days":    {"duration", "99999999999d", nil, "settings.notduration"},
		"nothing":          {"duration", " ", nil, ""},
		"no duration":      {"duration", "soon", nil, "settings.notduration"},
		"lines":            {"lines", "a\r\n\r\n b \r\na", []string{"a", "b"}, ""},
		"a flag":           {"flag", "on", true, ""},
		"no flag":          {"flag", "", nil, ""},
		"json":             {"json", `{"a":1}`, object{"a": 1.0}, ""},
		"an array":         {"json", `[1]`, nil, "settings.notjson"},
		"text with spaces": {"text", "  Shop  ", "Shop", ""},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(url.Values{"x": {tt.typed}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_, got, wrong := read(field{Name: "x", Kind: tt.kind}, r)
		require.Equal(t, tt.want, got, name)
		require.Equal(t, tt.wrong, wrong, name)
	}
	for d, want := range map[string]string{"720h0m0s": "30d", "24h0m0s": "24h", "36h0m0s": "36h", "1h30m0s": "90m", "1m30s": "1m30s"} {
		require.Equal(t, want, short(d))
	}
}
