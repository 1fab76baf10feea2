package api

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/internal/store"
	"idproof/internal/webhook"
	"idproof/report"
)

// DeliveryItem is a webhook in the merchant's log.
type DeliveryItem struct {
	ID         string              `json:"id" doc:"The webhook-id"`
	SessionID  string              `json:"session_id"`
	Event      string              `json:"event"`
	State      store.DeliveryState `json:"state" enum:"pending,delivered,gone,given_up,paused"`
	Origin     string              `json:"origin" doc:"Scheme and host of the receiver"`
	Test       bool                `json:"test"`
	Tries      int                 `json:"tries"`
	CreatedAt  time.Time           `json:"created_at"`
	FinishedAt *time.Time          `json:"finished_at,omitempty"`
}

// EndpointItem is a receiver that fails.
type EndpointItem struct {
	Origin       string     `json:"origin"`
	Failures     int        `json:"failures" doc:"In a row"`
	FailingSince time.Time  `json:"failing_since"`
	PausedAt     *time.Time `json:"paused_at,omitempty"`
}

// DeliveriesResponse is a page of the merchant's webhooks, newest first.
type DeliveriesResponse struct {
	Webhooks []DeliveryItem `json:"webhooks"`
	Failing  []EndpointItem `json:"failing" doc:"Receivers that fail; the paused ones get nothing until they are resumed"`
	Next     string         `json:"next,omitempty"`
	Errors   []report.Error `json:"errors"`
}

// TestWebhookRequest asks for a webhook to try a receiver.
type TestWebhookRequest struct {
	URL string `json:"url,omitempty" doc:"Default: the webhook of the merchant's settings"`
}

// TestWebhookResponse names the test session whose webhooks are sent.
type TestWebhookResponse struct {
	SessionID string         `json:"session_id" doc:"Its webhooks are in the merchant's log"`
	Errors    []report.Error `json:"errors"`
}

// ResumeRequest names a receiver.
type ResumeRequest struct {
	Origin string `json:"origin" example:"https://shop.example"`
}

// ResumeResponse says how many webhooks had waited.
type ResumeResponse struct {
	Resent int            `json:"resent"`
	Errors []report.Error `json:"errors"`
}

// SecretsResponse is the webhook secrets of a merchant; the secret itself is
// shown only when it is made.
type SecretsResponse struct {
	Hints  []string       `json:"hints" doc:"How each secret ends, the newest first; webhooks are signed with all of them"`
	Secret string         `json:"secret,omitempty" doc:"The new one"`
	Errors []report.Error `json:"errors"`
}

func (a *API) webhookRoutes(h huma.API, op func(id, method, path, summary string) huma.Operation) {
	list := op("list-deliveries", "", "/webhooks", "List the webhooks of all sessions, newest first")
	list.Parameters = []*huma.Param{
		query("state", "Only of this state"), query("event", "Only of this event"),
		query("cursor", "The next of the page before"), query("limit", "Webhooks of a page, 1 to 100; default 20"),
	}
	read(a, h, secret, list, a.deliveries)
	test := op("test-webhook", http.MethodPost, "/webhooks/test", "Send webhooks of a made-up session, to try the receiver")
	test.RequestBody = &huma.RequestBody{Content: jsonOf[TestWebhookRequest](h)}
	test.Responses = answers[TestWebhookResponse](h, "202", "They are on their way")
	a.add(h, secret, test, a.testWebhook)
	resume := op("resume-webhooks", http.MethodPost, "/webhooks/resume", "Send to a paused receiver again, first what waited")
	resume.RequestBody = &huma.RequestBody{Required: true, Content: jsonOf[ResumeRequest](h)}
	resume.Responses = answers[ResumeResponse](h, "200", "They are on their way")
	a.add(h, secret, resume, a.resume)

	read(a, h, manager, op("list-webhook-secrets", "", "/webhook-secrets", "List the webhook secrets by their ends"), a.secrets)
	rotate := op("create-webhook-secret", http.MethodPost, "/webhook-secrets", "Add a webhook secret; the old ones go on signing")
	rotate.Responses = answers[SecretsResponse](h, "201", "The secrets, with the new one, which is shown only now")
	a.add(h, manager, rotate, a.rotateSecret)
	retire := op("retire-webhook-secrets", http.MethodDelete, "/webhook-secrets", "Retire all webhook secrets but the newest")
	retire.Responses = answers[SecretsResponse](h, "200", "What is left")
	a.add(h, manager, retire, a.retireSecrets)
}

func (a *API) deliveries(r *http.Request) (*DeliveriesResponse, error) {
	q := r.URL.Query()
	limit, errs := pageSize(q)
	at, id, e := cursor(q.Get("cursor"))
	if e != nil {
		errs = append(errs, e)
	}
	state := store.DeliveryState(q.Get("state"))
	states := []store.DeliveryState{"", store.DeliveryPending, store.DeliveryDelivered, store.DeliveryGone, store.DeliveryGivenUp, store.DeliveryPaused}
	if !slices.Contains(states, state) {
		errs = append(errs, session.ErrInvalid.Say("state must be pending, delivered, gone, given_up or paused."))
	}
	if len(errs) > 0 {
		return nil, problem(errs...)
	}
	m := caller(r.Context())
	all, err := a.Webhooks.List(r.Context(), store.DeliveryFilter{
		MerchantID: m.ID, State: state, Event: q.Get("event"), AfterTime: at, AfterID: id, Limit: limit + 1,
	})
	if err != nil {
		return nil, err
	}
	failing, err := a.Webhooks.Endpoints(r.Context(), m.ID)
	if err != nil {
		return nil, err
	}
	out := &DeliveriesResponse{Webhooks: []DeliveryItem{}, Failing: []EndpointItem{}, Errors: none}
	for _, e := range failing {
		out.Failing = append(out.Failing, EndpointItem{e.Origin, e.Failures, e.FailingSince, orNil(e.PausedAt)})
	}
	for i, d := range all {
		if i == limit {
			out.Next = cursorOf(all[limit-1].CreatedAt, all[limit-1].ID)
			break
		}
		out.Webhooks = append(out.Webhooks, DeliveryItem{
			ID: d.ID, SessionID: d.SessionID, Event: d.Event, State: d.State, Origin: d.Origin, Test: d.Test, Tries: d.Tries,
			CreatedAt: d.CreatedAt, FinishedAt: orNil(d.FinishedAt),
		})
	}
	return out, nil
}

func (a *API) testWebhook(w http.ResponseWriter, r *http.Request) error {
	var in TestWebhookRequest
	if err := readInto(w, r, &in); err != nil {
		return err
	}
	id, err := webhook.Try(r.Context(), a.Sessions, caller(r.Context()).Merchant, in.URL)
	var wrong webhook.RequestError
	if errors.As(err, &wrong) {
		return problem(wrong...)
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusAccepted, TestWebhookResponse{SessionID: id, Errors: none})
	return nil
}

func (a *API) resume(w http.ResponseWriter, r *http.Request) error {
	var in ResumeRequest
	if err := readInto(w, r, &in); err != nil {
		return err
	}
	u, err := url.Parse(in.Origin)
	if err != nil || merchant.Origin(u) != in.Origin || u.Host == "" {
		return session.ErrInvalid.Say("origin must be like https://shop.example.")
	}
	n, err := a.Webhooks.Resume(r.Context(), caller(r.Context()).ID, in.Origin, a.Sessions.Now())
	if errors.Is(err, merchant.ErrNotFound) {
		return session.ErrRoute.Say("No receiver of that origin is failing.")
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, ResumeResponse{Resent: n, Errors: none})
	return nil
}

func secretsResponse(m merchant.Merchant) *SecretsResponse {
	out := &SecretsResponse{Hints: []string{}, Errors: none}
	for _, s := range m.WebhookSecrets {
		out.Hints = append(out.Hints, merchant.Hint(s))
	}
	return out
}

func (a *API) secrets(r *http.Request) (*SecretsResponse, error) {
	return secretsResponse(caller(r.Context()).Merchant), nil
}

func (a *API) rotateSecret(w http.ResponseWriter, r *http.Request) error {
	var made string
	m, err := a.changeSecrets(r, func(m merchant.Merchant) (_ merchant.Merchant, err error) {
		m, made, err = m.AddWebhookSecret()
		return m, err
	})
	if errors.Is(err, merchant.ErrSecretsFull) {
		return session.ErrInvalid.Say("There are three secrets already; retire the old ones first.")
	}
	if err != nil {
		return err
	}
	out := secretsResponse(m)
	out.Secret = made
	writeJSON(w, http.StatusCreated, out)
	return nil
}

func (a *API) retireSecrets(w http.ResponseWriter, r *http.Request) error {
	m, err := a.changeSecrets(r, func(m merchant.Merchant) (merchant.Merchant, error) { return m.RetireWebhookSecrets(), nil })
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, secretsResponse(m))
	return nil
}

func (a *API) changeSecrets(r *http.Request, fn func(merchant.Merchant) (merchant.Merchant, error)) (m merchant.Merchant, err error) {
	err = a.Merchants.UpdateMerchant(r.Context(), caller(r.Context()).ID, func(old merchant.Merchant) (merchant.Merchant, error) {
		var err error
		m, err = fn(old)
		return m, err
	})
	return m, err
}
