package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/client"
	"idproof/internal/merchant"
)

// description is /openapi.json as far as answers are compared with it.
type description struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct{ Schema map[string]any }
		}
	}
	Components struct{ Schemas map[string]map[string]any }
}

// conforms says how an answer differs from its description; nil: not at all.
func (d description) conforms(method, path string, res answer) error {
	for template, methods := range d.Paths {
		op, ok := methods[strings.ToLower(method)]
		if !ok || !templateOf(template).MatchString(strings.TrimRight(path, "/")) {
			continue
		}
		r, ok := op.Responses[strconv.Itoa(res.StatusCode)]
		if !ok {
			if r, ok = op.Responses["default"]; !ok || res.StatusCode < 400 {
				return fmt.Errorf("%s %s: status %d is not described", method, template, res.StatusCode)
			}
		}
		media, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
		if media != "application/json" {
			if res.StatusCode == http.StatusNotModified {
				return nil
			}
			_, named := r.Content[media]
			_, all := r.Content["*/*"]
			if !named && !all {
				return fmt.Errorf("%s %s: %d as %s is not described", method, template, res.StatusCode, media)
			}
			return nil
		}
		var v any
		if err := json.Unmarshal(res.Body, &v); err != nil {
			return err
		}
		if err := d.fits(r.Content["application/json"].Schema, v, "$"); err != nil {
			return fmt.Errorf("%s %s: %d: %w", method, template, res.StatusCode, err)
		}
		return nil
	}
	return nil // no operation: nothing is promised
}

var hole = regexp.MustCompile(`\\\{\w+\\\}`)

func templateOf(path string) *regexp.Regexp {
	return regexp.MustCompile("^" + hole.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$")
}

// fits compares a value with a schema: types, wanted and unknown fields, choices.
func (d description) fits(schema map[string]any, v any, at string) error {
	if ref, ok := schema["$ref"].(string); ok {
		return d.fits(d.Components.Schemas[ref[strings.LastIndex(ref, "/")+1:]], v, at)
	}
	types := []string{}
	switch t := schema["type"].(type) {
	case string:
		types = append(types, t)
	case []any:
		for _, one := range t {
			types = append(types, one.(string))
		}
	}
	kind := "null"
	switch x := v.(type) {
	case map[string]any:
		kind = "object"
	case []any:
		kind = "array"
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case float64:
		kind = "number"
		if x == float64(int64(x)) && slices.Contains(types, "integer") {
			kind = "integer"
		}
	}
	if len(types) > 0 && !slices.Contains(types, kind) {
		return fmt.Errorf("%s is %s, not %v", at, kind, types)
	}
	if choices, ok := schema["enum"].([]any); ok && !slices.Contains(choices, v) {
		return fmt.Errorf("%s is not one of %v", at, choices)
	}
	if s, ok := v.(string); ok && schema["format"] == "date-time" {
		if _, err := time.Parse(time.RFC3339Nano, s); err != nil {
			return fmt.Errorf("%s is no time", at)
		}
	}
	switch x := v.(type) {
	case []any:
		items, _ := schema["items"].(map[string]any)
		for i, one := range x {
			if err := d.fits(items, one, at+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, there := x[name.(string)]; !there {
				return fmt.Errorf("%s lacks %s", at, name)
			}
		}
		for name, one := range x {
			p, known := properties[name].(map[string]any)
			if !known {
				extra, ok := schema["additionalProperties"].(map[string]any)
				if !ok && (schema["additionalProperties"] == false || len(properties) > 0) {
					return fmt.Errorf("%s has %s, which is not described", at, name)
				}
				p = extra
			}
			if err := d.fits(p, one, at+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}

// The comparison itself notices what it is for.
func TestConforms(t *testing.T) {
	var d description
	require.NoError(t, json.Unmarshal([]byte(`{"paths":{"/v3/x/{id}":{"get":{"responses":{
		"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/X"}}}},"default":{"content":{"application/json":{"schema":{"type":"object"}}}}}}}},
		"components":{"schemas":{"X":{"type":"object","additionalProperties":false,"required":["a"],"properties":{
			"a":{"type":"string","enum":["x","y"]},"n":{"type":["integer","null"]},"at":{"type":"string","format":"date-time"},"l":{"type":"array","items":{"type":"boolean"}}}}}}}`), &d))
	for body, good := range map[string]bool{
		`{"a":"x"}`: true, `{"a":"y","n":null,"l":[true],"at":"2026-01-01T00:00:00Z"}`: true, `{"a":"x","n":3}`: true,
		`{}`: false, `{"a":"z"}`: false, `{"a":1}`: false, `{"a":"x","n":1.5}`: false, `{"a":"x","l":[1]}`: false, `{"a":"x","b":1}`: false,
		`{"a":"x","at":"today"}`: false, `[]`: false,
	} {
		err := d.conforms("GET", "/v3/x/1/", answer{200, http.Header{"Content-Type": {"application/json"}}, []byte(body)})
		require.Equal(t, good, err == nil, "%s: %v", body, err)
	}
	require.Error(t, d.conforms("GET", "/v3/x/1", answer{201, http.Header{"Content-Type": {"application/json"}}, []byte(`{}`)}))
	require.NoError(t, d.conforms("GET", "/v3/x/1", answer{404, http.Header{"Content-Type": {"application/json"}}, []byte(`{}`)}))
}

// Every operation has been called and answered well by the tests of this file,
// through the generated client, and the page for people shows every one.
func TestClientSpeaksToServer(t *testing.T) {
	s := start(t)
	hooks := newReceiver(t, nil)
	called := map[string]bool{}
	var d description
	s.call("GET", "/openapi.json", nil, &d)
	c := &client.Client{BaseURL: s.base, Key: s.key, HTTP: &http.Client{Transport: watcher{t, d, called}}}
	ctx := t.Context()

	created, err := c.CreateSession(ctx, client.CreateRequest{
		Locale: "sv", RelayState: "r-1", AnalysisTypes: []string{"document"}, Target: "https://a.example/", TargetError: "https://a.example/e",
		Webhook: hooks.URL, Metadata: map[string]any{"a": "b"}, Expected: &client.Expected{LastName: "Eriksson"}, IP: "192.0.2.1", AppID: "com.example.shop",
	}, client.IdempotencyKey("k"))
	require.NoError(t, err)
	again, err := c.CreateSession(ctx, client.CreateRequest{}, client.IdempotencyKey("k"))
	var refused *client.Error
	require.ErrorAs(t, err, &refused)
	require.Nil(t, again)
	require.True(t, refused.Has("IDEMPOTENCY_KEY_REUSED"))
	live, err := c.CreateLivenessSession(ctx, client.LivenessRequest{Options: "NoDocument", AvailableActions: []string{"FollowText"}})
	require.NoError(t, err)
	challenge, err := c.CreateChallenge(ctx, live.ID)
	require.NoError(t, err)
	require.Len(t, challenge.Actions, 3)
	_, err = c.AddFrames(ctx, live.ID, client.FramesRequest{Token: challenge.Token, Frames: []client.FrameRequest{{Jpeg: []byte("\xff\xd8\xff\xe0")}}})
	require.NoError(t, err)
	recorded, err := c.FinishRecording(ctx, live.ID, client.RecordingRequest{Token: challenge.Token, Parts: 1})
	require.NoError(t, err)
	require.Len(t, recorded.Images, 1)

	doc, err := c.UploadDocument(ctx, created.ID, client.UploadDocumentQuery{DocumentType: "document_front", Reference: "p"}, bytes.NewReader(picture))
	require.NoError(t, err)
	require.Equal(t, "image/png", doc.MediaType)
	an, err := c.StartAnalysis(ctx, created.ID, client.AnalysisRequest{})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		st, err := c.GetStatus(ctx, created.ID)
		return err == nil && st.Status == "Accepted"
	}, 10*time.Second, 20*time.Millisecond)
	r, err := c.GetResult(ctx, created.ID, client.GetResultQuery{})
	require.NoError(t, err)
	require.Equal(t, "ERIKSSON", r.Identity.LastName)
	require.Equal(t, "L898902C36UTO7408122F9904159ZE184226B<<<<<10", r.Document.MRZ.Lines[1])
	one, err := c.GetAnalysis(ctx, created.ID, an.ID, client.GetAnalysisQuery{})
	require.NoError(t, err)
	require.Equal(t, r.Document, one.Result.Document)
	_, err = c.ListAnalyses(ctx, created.ID)
	require.NoError(t, err)
	picture2, err := c.GetImage(ctx, created.ID, doc.ID)
	require.NoError(t, err)
	data, err := io.ReadAll(picture2)
	require.NoError(t, err)
	require.NoError(t, picture2.Close())
	require.Equal(t, picture, data)
	list, err := c.ListSessions(ctx, client.ListSessionsQuery{RelayState: "r-1"})
	require.NoError(t, err)
	require.Len(t, list.Sessions, 1)
	hooks.wait(t, 1)
	sent, err := c.ListWebhooks(ctx, created.ID)
	require.NoError(t, err)
	_, err = c.ResendWebhook(ctx, created.ID, sent.Webhooks[0].ID)
	require.NoError(t, err)
	hooks.wait(t, 2) // before it is erased with its session
	_, err = c.ListEvents(ctx, created.ID)
	require.NoError(t, err)
	all, err := c.ExportSession(ctx, created.ID)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, all)
	require.NoError(t, err)
	require.NoError(t, all.Close())
	one4, err := c.StartForgery(ctx, bytes.NewReader(picture))
	require.NoError(t, err)
	_, err = c.GetForgery(ctx, one4.ID, client.GetForgeryQuery{Locale: "de"})
	require.NoError(t, err)
	_, err = c.CancelSession(ctx, live.ID)
	require.NoError(t, err)
	_, err = c.EraseSession(ctx, created.ID)
	require.NoError(t, err)

	set, err := c.ChangeSettings(ctx, client.Settings{Attempts: new(int64(5)), LinkTTL: "48h", Webhook: hooks.URL}, client.IfMatch(`"1"`))
	require.NoError(t, err)
	require.EqualValues(t, 2, set.Revision)
	require.Equal(t, "48h0m0s", set.Effective.LinkTTL)
	_, err = c.GetSettings(ctx, client.GetSettingsQuery{Revision: "1"})
	require.NoError(t, err)
	key, err := c.CreateKey(ctx, client.KeyRequest{Kind: "publishable", Test: true, Label: "page"})
	require.NoError(t, err)
	next, err := c.RotateKey(ctx, key.ID, client.RotateRequest{Grace: "1h"})
	require.NoError(t, err)
	_, err = c.EndKey(ctx, next.ID)
	require.NoError(t, err)
	_, err = c.ListKeys(ctx)
	require.NoError(t, err)
	shown, err := c.CreateSession(ctx, client.CreateRequest{AnalysisTypes: []string{"selfie"}})
	require.NoError(t, err)
	_, err = c.UploadDocument(ctx, shown.ID, client.UploadDocumentQuery{DocumentType: "selfie"}, bytes.NewReader(picture))
	require.NoError(t, err)
	blocked, err := c.BlockFace(ctx, client.BlockFaceQuery{}, client.BlockFaceRequest{SessionID: shown.ID, Note: "n"})
	require.NoError(t, err)
	faces, err := c.ListBlockedFaces(ctx)
	require.NoError(t, err)
	require.Equal(t, "n", faces.Faces[0].Note)
	faces, err = c.UnblockFace(ctx, blocked.ID)
	require.NoError(t, err)
	require.Empty(t, faces.Faces)
	_, err = c.ListPolicies(ctx)
	require.NoError(t, err)
	_, err = c.TestWebhook(ctx, client.TestWebhookRequest{})
	require.NoError(t, err)
	hooks.wait(t, 3)
	_, err = c.ListDeliveries(ctx, client.ListDeliveriesQuery{Limit: "1"})
	require.NoError(t, err)
	st := openStore(t, s)
	_, err = st.NoteAttempt(ctx, merchant.Development, "https://gone.example", false, time.Now(), 1, 0)
	require.NoError(t, err)
	_, err = c.ResumeWebhooks(ctx, client.ResumeRequest{Origin: "https://gone.example"})
	require.NoError(t, err)
	_, err = c.CreateWebhookSecret(ctx)
	require.NoError(t, err)
	_, err = c.ListWebhookSecrets(ctx)
	require.NoError(t, err)
	_, err = c.RetireWebhookSecrets(ctx)
	require.NoError(t, err)
	g := newGateway(t)
	_, err = c.ChangeSettings(ctx, client.Settings{Sms: &client.SMSSettings{URL: g.URL}})
	require.NoError(t, err)
	kept, err := c.SetSmsSecret(ctx, client.SMSSecretRequest{Secret: "Basic x"})
	require.NoError(t, err)
	require.True(t, kept.SecretSet)
	tried, err := c.TestSms(ctx, client.SMSTestRequest{Number: "+46701740605"})
	require.NoError(t, err)
	require.Equal(t, "sent", tried.Outcome)
	_, err = c.ForgetSmsSecret(ctx)
	require.NoError(t, err)
	kept, err = c.GetSms(ctx)
	require.NoError(t, err)
	require.False(t, kept.SecretSet)
	trail, err := c.ListChanges(ctx, client.ListChangesQuery{Limit: "100"})
	require.NoError(t, err)
	require.Greater(t, len(trail.Changes), 5)

	page := s.call("GET", "/v3/docs", nil, nil)
	require.Contains(t, page.Header.Get("Content-Type"), "text/html")
	require.NotContains(t, string(page.Body), "<script")
	require.NotRegexp(t, `(src|href)="(https?:)?//`, string(page.Body), "it needs nothing from elsewhere")
	for path, methods := range d.Paths {
		if strings.HasPrefix(path, "/v3/eid/") || strings.HasPrefix(path, "/api/") {
			continue
		}
		require.Contains(t, string(page.Body), path)
		for method := range methods {
			require.True(t, called[strings.ToUpper(method)+" "+path], "%s %s was not called; have %v", method, path, slices.Sorted(maps.Keys(called)))
		}
	}
}

// watcher notes which operations are called with success, and compares every
// answer with its description.
type watcher struct {
	t      *testing.T
	d      description
	called map[string]bool
}

func (w watcher) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(data))
	require.NoError(w.t, w.d.conforms(r.Method, r.URL.Path, answer{res.StatusCode, res.Header, data}))
	for template := range w.d.Paths {
		if res.StatusCode < 300 && templateOf(template).MatchString(r.URL.Path) {
			if strings.HasSuffix(template, "}") && !strings.HasSuffix(r.URL.Path, "-") && w.d.Paths[r.URL.Path] != nil {
				continue // a fixed address is not the one with a hole
			}
			w.called[r.Method+" "+template] = true
		}
	}
	return res, nil
}
