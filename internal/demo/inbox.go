package demo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// delivery is one webhook that came in.
type delivery struct {
	At      time.Time
	ID      string // webhook-id
	Event   string
	Session string
	Bytes   int
	body    json.RawMessage
}

// Body is the webhook's JSON, made readable.
func (d delivery) Body() string { return indent(d.body) }

// capacity is how many webhooks the inbox keeps, the newest.
const capacity = 100

// inbox keeps the newest webhooks in memory.
type inbox struct {
	mu   sync.Mutex
	list []delivery
}

// add keeps a webhook; one that was delivered before is kept once.
func (i *inbox) add(d delivery) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if d.ID != "" && slices.ContainsFunc(i.list, func(old delivery) bool { return old.ID == d.ID }) {
		return
	}
	i.list = append(i.list, d)
	if len(i.list) > capacity {
		i.list = slices.Delete(i.list, 0, len(i.list)-capacity)
	}
}

// of returns a session's webhooks, oldest first.
func (i *inbox) of(session string) []delivery {
	i.mu.Lock()
	defer i.mu.Unlock()
	var out []delivery
	for _, d := range i.list {
		if d.Session == session {
			out = append(out, d)
		}
	}
	return out
}

// webhook receives one. A merchant's server does the same: check the
// signature, keep it, answer at once.
func (h *handler) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<20))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	if !signed(r.Header, body, h.o.WebhookSecrets, h.o.Now()) {
		http.Error(w, "bad signature", http.StatusUnauthorized)
		return
	}
	var message struct {
		Event string `json:"event"`
		ID    string `json:"id"`
	}
	if err := json.Unmarshal(body, &message); err != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	h.inbox.add(delivery{
		At: h.o.Now(), ID: r.Header.Get("webhook-id"), Event: message.Event, Session: message.ID,
		Bytes: len(body), body: body,
	})
	w.WriteHeader(http.StatusNoContent)
}

// tolerance is how old a webhook may be, against replays.
const tolerance = 5 * time.Minute

// signed checks a webhook as Standard Webhooks prescribes.
func signed(head http.Header, body []byte, secrets []string, now time.Time) bool {
	id, stamp := head.Get("webhook-id"), head.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			continue
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + "."))
		mac.Write(body)
		want := mac.Sum(nil)
		for signature := range strings.FieldsSeq(head.Get("webhook-signature")) {
			got, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(signature, "v1,"))
			if err == nil && strings.HasPrefix(signature, "v1,") && hmac.Equal(got, want) {
				return true
			}
		}
	}
	return false
}
