package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"idproof/internal/merchant"
	"idproof/internal/store"
	"idproof/internal/webhook"
)

// webhooksPage is what the page of webhooks shows.
type webhooksPage struct {
	Receiver string
	Hints    []string
	Full     bool // no more secrets
	Made     string
	Failing  []store.Endpoint
	States   []store.DeliveryState
	State    store.DeliveryState
	Log      []store.Listed
	Next     string // address of older ones
}

// deliveriesOfPage is how many webhooks a page has.
const deliveriesOfPage = 25

var deliveryStates = []store.DeliveryState{
	store.DeliveryPending, store.DeliveryDelivered, store.DeliveryPaused, store.DeliveryGone, store.DeliveryGivenUp,
}

func (h *handler) showWebhooks(w http.ResponseWriter, r *http.Request, v *visit) error {
	out := h.newView(v, "webhooks", "hooks.title")
	out.Said = h.told(r, "n", countOf(r.URL.Query().Get("n")))
	return h.renderWebhooks(w, r, http.StatusOK, out, "")
}

// countOf is a number that an address brings, or nothing else.
func countOf(s string) string {
	if len(s) > 9 || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}

func (h *handler) renderWebhooks(w http.ResponseWriter, r *http.Request, status int, out *view, made string) error {
	q := r.URL.Query()
	m := out.Visit.merchant
	p := webhooksPage{Receiver: m.Settings.Webhook, Made: made, States: deliveryStates, State: store.DeliveryState(q.Get("state"))}
	if p.State != "" && !slices.Contains(deliveryStates, p.State) {
		return errNotFound
	}
	for _, s := range m.WebhookSecrets {
		p.Hints = append(p.Hints, merchant.Hint(s))
	}
	p.Full = len(p.Hints) >= merchant.MaxWebhookSecrets
	f := store.DeliveryFilter{MerchantID: m.ID, State: p.State, Limit: deliveriesOfPage + 1}
	if before, id, ok := strings.Cut(q.Get("before"), "~"); ok {
		at, err := time.Parse(time.RFC3339Nano, before)
		if err != nil || len(id) != 36 {
			return errNotFound
		}
		f.AfterTime, f.AfterID = at, id
	}
	var err error
	if p.Log, err = h.Webhooks.List(r.Context(), f); err != nil {
		return err
	}
	if p.Failing, err = h.Webhooks.Endpoints(r.Context(), m.ID); err != nil {
		return err
	}
	if len(p.Log) > deliveriesOfPage {
		p.Log = p.Log[:deliveriesOfPage]
		last := p.Log[deliveriesOfPage-1]
		next := url.Values{"before": {last.CreatedAt.UTC().Format(time.RFC3339Nano) + "~" + last.ID}}
		if p.State != "" {
			next.Set("state", string(p.State))
		}
		p.Next = "/console/webhooks?" + next.Encode() + "#log"
	}
	out.Page = p
	h.render(w, r, status, "webhooks", out)
	return nil
}

func (h *handler) testWebhook(w http.ResponseWriter, r *http.Request, v *visit) error {
	_, err := webhook.Try(r.Context(), h.Sessions, v.merchant, "")
	var wrong webhook.RequestError
	if errors.As(err, &wrong) {
		out := h.newView(v, "webhooks", "hooks.title")
		out.Wrong = wrong[0].Description
		return h.renderWebhooks(w, r, http.StatusBadRequest, out, "")
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/console/webhooks", "hooks.tested")
}

func (h *handler) rotateSecret(w http.ResponseWriter, r *http.Request, v *visit) error {
	var made string
	err := h.Merchants.UpdateMerchant(r.Context(), v.merchant.ID, func(m merchant.Merchant) (_ merchant.Merchant, err error) {
		m, made, err = m.AddWebhookSecret()
		v.merchant = m
		return m, err
	})
	out := h.newView(v, "webhooks", "hooks.title")
	switch {
	case errors.Is(err, merchant.ErrSecretsFull):
		out.Wrong = h.texts.text("hooks.full")
		return h.renderWebhooks(w, r, http.StatusBadRequest, out, "")
	case err != nil:
		return err
	}
	return h.renderWebhooks(w, r, http.StatusCreated, out, made)
}

func (h *handler) retireSecrets(w http.ResponseWriter, r *http.Request, v *visit) error {
	err := h.Merchants.UpdateMerchant(r.Context(), v.merchant.ID, func(m merchant.Merchant) (merchant.Merchant, error) {
		return m.RetireWebhookSecrets(), nil
	})
	if err != nil {
		return err
	}
	return seeOther(w, r, "/console/webhooks", "hooks.retired")
}

func (h *handler) resume(w http.ResponseWriter, r *http.Request, v *visit) error {
	n, err := h.Webhooks.Resume(r.Context(), v.merchant.ID, r.PostFormValue("origin"), h.Now())
	if err != nil {
		return err
	}
	return seeOther(w, r, "/console/webhooks", "hooks.resumed", "n", strconv.Itoa(n))
}

// delivery finds a webhook of the person's merchant with its attempts.
func (h *handler) delivery(r *http.Request, v *visit) (store.Delivery, webhook.Delivery, error) {
	d, err := h.Deliveries.Delivery(r.Context(), r.PathValue("id"))
	if err != nil {
		return d, webhook.Delivery{}, err
	}
	if d.MerchantID != v.merchant.ID {
		return d, webhook.Delivery{}, errNotFound
	}
	all, err := h.Webhooks.Of(r.Context(), d.SessionID)
	if err != nil {
		return d, webhook.Delivery{}, err
	}
	i := slices.IndexFunc(all, func(one webhook.Delivery) bool { return one.ID == d.ID })
	if i < 0 {
		return d, webhook.Delivery{}, errNotFound
	}
	return d, all[i], nil
}

func (h *handler) showDelivery(w http.ResponseWriter, r *http.Request, v *visit) error {
	d, log, err := h.delivery(r, v)
	if err != nil {
		return err
	}
	out := h.newView(v, "webhooks", "hooks.one")
	out.Said = h.told(r)
	out.Page = struct {
		webhook.Delivery

		SessionID, Origin string
	}{log, d.SessionID, originOf(d.URL)}
	h.render(w, r, http.StatusOK, "delivery", out)
	return nil
}

// originOf is what may be shown of an address; the rest may speak of a person.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return merchant.Origin(u)
}

func (h *handler) resend(w http.ResponseWriter, r *http.Request, v *visit) error {
	d, _, err := h.delivery(r, v)
	if err != nil {
		return err
	}
	if err := h.Webhooks.Resend(r.Context(), d.SessionID, d.ID); err != nil {
		return err
	}
	return seeOther(w, r, "/console/webhooks/"+d.ID, "hooks.resent")
}
