package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Sign sets the headers that prove who sent a webhook, in two forms, each with
// one signature for every secret.
//
// Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature, the
// HMAC-SHA256 of "<id>.<timestamp>.<body>" under the bytes that the secret
// encodes behind "whsec_".
//
// X-ZignSec-Hmac-SHA256: t=<timestamp>,v1=<hex>, the HMAC-SHA256 of
// "<timestamp>.<body>" under the secret's characters as they are shown.
func Sign(h http.Header, id string, at time.Time, body []byte, secrets []string) {
	t := strconv.FormatInt(at.Unix(), 10)
	var standard []string
	legacy := []string{"t=" + t}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			continue
		}
		standard = append(standard, "v1,"+base64.StdEncoding.EncodeToString(mac(key, id+"."+t+".", body)))
		legacy = append(legacy, "v1="+hex.EncodeToString(mac([]byte(secret), t+".", body)))
	}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", t)
	h.Set("webhook-signature", strings.Join(standard, " "))
	h.Set("X-ZignSec-Hmac-SHA256", strings.Join(legacy, ","))
}

func mac(key []byte, prefix string, body []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(prefix))
	m.Write(body)
	return m.Sum(nil)
}
