package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"idproof/internal/merchant"
	"idproof/internal/policy"
	"idproof/internal/session"
	"idproof/report"
)

// SettingsResponse is a merchant with its settings.
type SettingsResponse struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Revision  int64             `json:"revision" doc:"Grows with every change; also the ETag. A session keeps the revision that it began with."`
	Settings  merchant.Settings `json:"settings" doc:"As they were set; what is missing has its default"`
	Effective merchant.Settings `json:"effective" doc:"With every default"`
	Errors    []report.Error    `json:"errors"`
}

// KeyItem is a key without its secret.
type KeyItem struct {
	ID        string           `json:"id"`
	Kind      merchant.KeyKind `json:"kind" enum:"secret,publishable"`
	Test      bool             `json:"test"`
	Label     string           `json:"label"`
	Hint      string           `json:"hint" doc:"How the key ends"`
	CreatedAt time.Time        `json:"created_at"`
	EndsAt    *time.Time       `json:"ends_at,omitempty"`
}

// KeysResponse is the keys of a merchant, oldest first.
type KeysResponse struct {
	Keys   []KeyItem      `json:"keys"`
	Errors []report.Error `json:"errors"`
}

// KeyRequest asks for a new key.
type KeyRequest struct {
	Kind  merchant.KeyKind `json:"kind,omitempty" enum:"secret,publishable" doc:"Default: secret"`
	Test  bool             `json:"test,omitempty"`
	Label string           `json:"label,omitempty" doc:"Your own name for it, at most 100 characters"`
}

// RotateRequest asks for a key in the place of another.
type RotateRequest struct {
	Grace merchant.Duration `json:"grace,omitzero" doc:"How long the old key still works, such as 24h; default: not at all; at most 720h"`
}

// NewKeyResponse is a new key; it is shown only now.
type NewKeyResponse struct {
	KeyItem

	Key    string         `json:"key"`
	Errors []report.Error `json:"errors"`
}

// AuditItem is a change of the merchant.
type AuditItem struct {
	At      time.Time       `json:"at"`
	Who     string          `json:"who" doc:"key:<id>, user:<id> of the console, cli:<user> or system"`
	Action  string          `json:"action"`
	Subject string          `json:"subject,omitempty"`
	Detail  json.RawMessage `json:"detail,omitempty"`
}

// AuditResponse is a page of the merchant's audit trail, newest first.
type AuditResponse struct {
	Changes []AuditItem    `json:"changes"`
	Next    string         `json:"next,omitempty"`
	Errors  []report.Error `json:"errors"`
}

// PoliciesResponse is the presets of the policy and the reasons they speak of.
type PoliciesResponse struct {
	Presets []policy.Preset `json:"presets"`
	Reasons []policy.Rule   `json:"reasons"`
	Errors  []report.Error  `json:"errors"`
}

// merchantRoutes are the operations on the caller's own merchant.
func (a *API) merchantRoutes(h huma.API) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/v3/merchant" + path, Summary: summary, Tags: []string{"merchant"}, Parameters: pathParams(path)}
	}
	get := op("get-settings", "", "/settings", "Get the merchant's settings")
	get.Parameters = []*huma.Param{query("revision", "An earlier revision")}
	read(a, h, secret, get, a.settings)

	set := op("change-settings", http.MethodPatch, "/settings", "Change some settings")
	set.Parameters = []*huma.Param{{Name: "If-Match", In: "header", Description: "Change only when this is still the revision", Schema: &huma.Schema{Type: "string"}}}
	set.RequestBody = &huma.RequestBody{Required: true, Content: jsonOf[merchant.Settings](h)}
	set.Description = "Fields that are given replace those of the same name; null gives the default back."
	set.Responses = answers[SettingsResponse](h, "200", "The settings")
	a.add(h, manager, set, a.changeSettings)

	read(a, h, secret, op("list-keys", "", "/keys", "List the keys"), a.keys)
	key := op("create-key", http.MethodPost, "/keys", "Make a key")
	key.RequestBody = &huma.RequestBody{Content: jsonOf[KeyRequest](h)}
	key.Responses = answers[NewKeyResponse](h, "201", "The key, which is shown only now")
	a.add(h, manager, key, a.createKey)
	rotate := op("rotate-key", http.MethodPost, "/keys/{keyId}/rotate", "Make a key in the place of another")
	rotate.RequestBody = &huma.RequestBody{Content: jsonOf[RotateRequest](h)}
	rotate.Responses = answers[NewKeyResponse](h, "201", "The new key, which is shown only now")
	a.add(h, manager, rotate, a.rotateKey)
	end := op("end-key", http.MethodDelete, "/keys/{keyId}", "End a key at once")
	end.Responses = answers[KeysResponse](h, "200", "The keys")
	a.add(h, manager, end, a.endKey)

	a.webhookRoutes(h, op)
	a.smsRoutes(h, op)
	a.faceRoutes(h, op)
	changes := op("list-changes", "", "/audit", "List who changed what of the merchant, newest first")
	changes.Parameters = []*huma.Param{query("cursor", "The next of the page before"), query("limit", "Changes of a page, 1 to 100; default 20")}
	read(a, h, secret, changes, a.audit)
	read(a, h, secret, op("list-policies", "", "/policies", "List the presets of the policy and every reason"), a.policies)
}

func settingsResponse(m merchant.Merchant) *SettingsResponse {
	return &SettingsResponse{ID: m.ID, Name: m.Name, Revision: m.Revision, Settings: m.Settings, Effective: m.Settings.WithDefaults(), Errors: none}
}

func (a *API) settings(r *http.Request) (*SettingsResponse, error) {
	m := caller(r.Context()).Merchant
	if s := r.URL.Query().Get("revision"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 1 || n > m.Revision {
			return nil, session.ErrRoute.Say("The merchant's settings have no such revision.")
		}
		if m, err = a.Merchants.MerchantAt(r.Context(), m.ID, n); err != nil {
			return nil, err
		}
	}
	return settingsResponse(m), nil
}

func revisionTag(n int64) string { return `"` + strconv.FormatInt(n, 10) + `"` }

func (a *API) changeSettings(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON(w, r)
	if err != nil {
		return err
	}
	id := caller(r.Context()).ID
	err = a.Merchants.UpdateMerchant(r.Context(), id, func(m merchant.Merchant) (merchant.Merchant, error) {
		if want := r.Header.Get("If-Match"); want != "" && want != "*" && want != revisionTag(m.Revision) {
			return m, session.ErrPrecondition
		}
		next, err := m.Settings.With(body)
		if err != nil { // it names fields and our own limits; values are the caller's own settings
			return m, session.ErrInvalid.Say(strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		m.Settings = next
		return m, nil
	})
	if err != nil {
		return err
	}
	m, err := a.Merchants.Merchant(r.Context(), id)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", revisionTag(m.Revision))
	writeJSON(w, http.StatusOK, settingsResponse(m))
	return nil
}

func keyItem(k merchant.Key) KeyItem {
	return KeyItem{ID: k.ID, Kind: k.Kind, Test: k.Test, Label: k.Label, Hint: k.Hint, CreatedAt: k.CreatedAt, EndsAt: orNil(k.EndsAt)}
}

func (a *API) keys(r *http.Request) (*KeysResponse, error) {
	all, err := a.Merchants.Keys(r.Context(), caller(r.Context()).ID)
	if err != nil {
		return nil, err
	}
	out := &KeysResponse{Keys: []KeyItem{}, Errors: none}
	for _, k := range all {
		out.Keys = append(out.Keys, keyItem(k))
	}
	return out, nil
}

// readInto reads a JSON body into v; an empty one leaves it as it is.
func readInto(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := readJSON(w, r)
	if err != nil || len(strings.TrimSpace(string(body))) == 0 {
		return err
	}
	if json.Unmarshal(body, v) != nil {
		return session.ErrInvalid.Say("The body must be a JSON object as the API guide describes it.")
	}
	return nil
}

func (a *API) createKey(w http.ResponseWriter, r *http.Request) error {
	in := KeyRequest{Kind: merchant.Secret}
	if err := readInto(w, r, &in); err != nil {
		return err
	}
	if (in.Kind != merchant.Secret && in.Kind != merchant.Publishable) || len(in.Label) > 100 {
		return session.ErrInvalid.Say("kind must be secret or publishable, and label at most 100 characters.")
	}
	out, err := a.newKey(r, merchant.Key{Kind: in.Kind, Test: in.Test, Label: in.Label})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, out)
	return nil
}

// newKey makes a key like k.
func (a *API) newKey(r *http.Request, k merchant.Key) (*NewKeyResponse, error) {
	k.MerchantID = caller(r.Context()).ID
	k, key := k.Issue(a.Sessions.Now())
	err := a.Merchants.InsertKey(r.Context(), k, merchant.HashKey(key))
	return &NewKeyResponse{KeyItem: keyItem(k), Key: key, Errors: none}, err
}

var errNoKey = session.ErrRoute.Say("The merchant has no such key.")

func (a *API) rotateKey(w http.ResponseWriter, r *http.Request) error {
	var in RotateRequest
	if err := readInto(w, r, &in); err != nil {
		return err
	}
	if in.Grace < 0 || time.Duration(in.Grace) > 30*24*time.Hour {
		return session.ErrInvalid.Say("grace must be from 0s to 720h.")
	}
	all, err := a.Merchants.Keys(r.Context(), caller(r.Context()).ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(k merchant.Key) bool { return k.ID == r.PathValue("keyId") })
	if i < 0 || !all[i].Active(a.Sessions.Now()) {
		return errNoKey
	}
	// The old one ends only after the new one is there.
	out, err := a.newKey(r, all[i])
	if err == nil {
		err = a.Merchants.EndKey(r.Context(), all[i].MerchantID, all[i].ID, a.Sessions.Now().Add(time.Duration(in.Grace)))
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, out)
	return nil
}

func (a *API) endKey(w http.ResponseWriter, r *http.Request) error {
	err := a.Merchants.EndKey(r.Context(), caller(r.Context()).ID, r.PathValue("keyId"), a.Sessions.Now())
	if errors.Is(err, merchant.ErrNotFound) {
		return errNoKey
	}
	if err != nil {
		return err
	}
	out, err := a.keys(r)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func (a *API) audit(r *http.Request) (*AuditResponse, error) {
	limit, errs := pageSize(r.URL.Query())
	var before int64
	if c := r.URL.Query().Get("cursor"); c != "" {
		var err error
		if before, err = strconv.ParseInt(c, 10, 64); err != nil || before < 1 {
			errs = append(errs, session.ErrInvalid.Say("cursor must be the next of another page."))
		}
	}
	if len(errs) > 0 {
		return nil, problem(errs...)
	}
	all, err := a.Merchants.Audit(r.Context(), caller(r.Context()).ID, before, limit+1)
	if err != nil {
		return nil, err
	}
	out := &AuditResponse{Changes: []AuditItem{}, Errors: none}
	for i, c := range all {
		if i == limit {
			out.Next = strconv.FormatInt(all[limit-1].ID, 10)
			break
		}
		out.Changes = append(out.Changes, AuditItem{At: c.At, Who: c.Who, Action: c.Action, Subject: c.Subject, Detail: c.Detail})
	}
	return out, nil
}

func (a *API) policies(*http.Request) (*PoliciesResponse, error) {
	return &PoliciesResponse{Presets: policy.Presets(), Reasons: policy.Rules(), Errors: none}, nil
}
