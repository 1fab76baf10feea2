package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/internal/sms"
	"idproof/report"
)

// SMSResponse says what the merchant's text messages go through.
type SMSResponse struct {
	Through   string         `json:"through" enum:"own,server,none" doc:"The merchant's own gateway (the setting sms), the server's, or none: then no messages are offered"`
	SecretSet bool           `json:"secret_set" doc:"Whether the own gateway gets a secret. The secret itself is never shown."`
	ChangedAt *time.Time     `json:"secret_changed_at,omitempty"`
	Errors    []report.Error `json:"errors"`
}

// SMSSecretRequest gives the secret of the merchant's own gateway.
type SMSSecretRequest struct {
	Secret string `json:"secret" doc:"The whole value of the header, such as Basic QUM…"`
}

// SMSTestRequest asks for a text message.
type SMSTestRequest struct {
	Number string `json:"number" example:"+46701740605" doc:"With + and country code, digits only"`
}

// SMSTestResponse says what came of it.
type SMSTestResponse struct {
	Outcome string         `json:"outcome" enum:"sent,status,redirect,private_address,dns,tls,timeout,connection"`
	Status  int            `json:"status,omitempty" doc:"That the gateway answered, when it did not take the message"`
	Errors  []report.Error `json:"errors"`
}

func (a *API) smsRoutes(h huma.API, op func(id, method, path, summary string) huma.Operation) {
	read(a, h, secret, op("get-sms", "", "/sms", "Tell what text messages go through"), a.sms)
	set := op("set-sms-secret", http.MethodPut, "/sms/secret", "Set or replace the secret of the own gateway")
	set.Description = "It is sent to the origin of the address that the setting sms has now, and to no other: after a change of the origin it has to be set again."
	set.RequestBody = &huma.RequestBody{Required: true, Content: jsonOf[SMSSecretRequest](h)}
	set.Responses = answers[SMSResponse](h, "200", "It is set")
	a.add(h, manager, set, a.setSMSSecret)
	forget := op("forget-sms-secret", http.MethodDelete, "/sms/secret", "Forget the secret of the own gateway")
	forget.Responses = answers[SMSResponse](h, "200", "It is gone")
	a.add(h, manager, forget, a.forgetSMSSecret)
	test := op("test-sms", http.MethodPost, "/sms/test", "Send a text message through the own gateway, to try it")
	test.RequestBody = &huma.RequestBody{Required: true, Content: jsonOf[SMSTestRequest](h)}
	test.Responses = answers[SMSTestResponse](h, "200", "What came of it")
	a.add(h, manager, test, a.testSMS)
}

func (a *API) smsResponse(m merchant.Merchant) *SMSResponse {
	out := &SMSResponse{Through: a.SMS.Through(m.SMS()), SecretSet: m.Settings.SMS.Has(m.SMSSecret), Errors: none}
	if out.SecretSet {
		out.ChangedAt = orNil(m.SMSSecret.SetAt)
	}
	return out
}

func (a *API) sms(r *http.Request) (*SMSResponse, error) {
	return a.smsResponse(caller(r.Context()).Merchant), nil
}

var errNoGateway = session.ErrMissingConfig.Say("Set sms.url in the merchant's settings first.")

func (a *API) setSMSSecret(w http.ResponseWriter, r *http.Request) error {
	var in SMSSecretRequest
	if err := readInto(w, r, &in); err != nil {
		return err
	}
	return a.changeSMSSecret(w, r, func(s sms.Settings) (sms.Secret, error) {
		made, err := s.NewSecret(in.Secret, a.Sessions.Now())
		switch {
		case errors.Is(err, sms.ErrNoGateway):
			return made, errNoGateway
		case err != nil:
			return made, session.ErrInvalid.Say("secret must be 1 to 4096 printable characters of ASCII, without a space at its ends.")
		}
		return made, nil
	})
}

func (a *API) forgetSMSSecret(w http.ResponseWriter, r *http.Request) error {
	return a.changeSMSSecret(w, r, func(sms.Settings) (sms.Secret, error) { return sms.Secret{}, nil })
}

func (a *API) changeSMSSecret(w http.ResponseWriter, r *http.Request, fn func(sms.Settings) (sms.Secret, error)) error {
	var m merchant.Merchant
	err := a.Merchants.UpdateMerchant(r.Context(), caller(r.Context()).ID, func(old merchant.Merchant) (merchant.Merchant, error) {
		var err error
		old.SMSSecret, err = fn(old.Settings.SMS)
		m = old
		return old, err
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, a.smsResponse(m))
	return nil
}

// testSMS tries the own gateway only: the server's is the operator's, who pays
// for what it sends.
func (a *API) testSMS(w http.ResponseWriter, r *http.Request) error {
	var in SMSTestRequest
	if err := readInto(w, r, &in); err != nil {
		return err
	}
	c := caller(r.Context())
	switch {
	case c.Settings.SMS.URL == "":
		return errNoGateway
	case !sms.IsNumber(in.Number):
		return session.ErrInvalid.Say("number must be like +46701740605.")
	case a.Limits.Message(w, r, c.ID):
		return session.ErrRateLimited
	}
	out := SMSTestResponse{Outcome: "sent", Errors: none}
	err := a.SMS.SendOwn(r.Context(), c.SMS(), in.Number, sms.Test)
	var failed *sms.FailedError
	if errors.As(err, &failed) {
		out.Outcome, out.Status, err = failed.Reason, failed.Status, nil
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}
