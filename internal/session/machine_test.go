package session_test

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/report"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func begin(r session.Request) session.Session {
	return session.New("00000000-0000-4000-8000-000000000001", merchant.Merchant{ID: "m"}, r, now)
}

func doc(id, kind string) session.Document { return session.Document{ID: id, Type: kind} }

// step is something that is done to a session.
type step func(session.Session) (session.Session, error)

func add(id, kind string, by session.Actor) step {
	return func(s session.Session) (session.Session, error) { return s.Add(doc(id, kind), by, now) }
}

func choose(t string) step {
	return func(s session.Session) (session.Session, error) { return s.Choose(t, session.Person, now) }
}

func submit(id string, by session.Actor) step {
	return func(s session.Session) (session.Session, error) { return s.Submit(id, s.AnalysisTypes, by, now) }
}

func finish(id string, st report.Status, retryable ...bool) step {
	d := report.Decision{Result: st}
	for i, r := range retryable {
		d.Reasons = append(d.Reasons, report.Reason{Code: strconv.Itoa(i), Retryable: r})
	}
	return func(s session.Session) (session.Session, error) { return s.Finish(id, report.New(), d, now) }
}

func cancel(by session.Actor) step {
	return func(s session.Session) (session.Session, error) { return s.Cancel(by, now) }
}

func expire(s session.Session) (session.Session, error) { return s.Expire(s.ExpiresAt) }

func later(fn step) step { // after the session's time is over
	return func(s session.Session) (session.Session, error) {
		s.ExpiresAt = now
		return fn(s)
	}
}

func TestMachine(t *testing.T) {
	const p, c = session.Person, session.Client
	front, api := add("f", session.Front, p), add("f", session.Front, c)
	tests := []struct {
		name   string
		steps  []step
		status report.Status
		err    error // of the last step
	}{
		{"new", nil, report.Created, nil},
		{"chosen", []step{choose(report.Passport)}, report.Created, nil},
		{"uploaded", []step{front}, report.ReadyToStart, nil},
		{"nothing to submit", []step{submit("a", p)}, report.Created, session.ErrIncomplete},
		{"nothing to submit, client", []step{submit("a", c)}, report.Created, session.ErrIncomplete},
		{"one side of two", []step{choose(report.IdentityCard), front, submit("a", p)}, report.ReadyToStart, session.ErrIncomplete},
		{"one side of two, client", []step{choose(report.IdentityCard), front, submit("a", c)}, report.Pending, nil},
		{"both sides", []step{choose(report.IdentityCard), front, add("b", session.Back, p), submit("a", p)}, report.Pending, nil},
		{"other type drops uploads", []step{front, choose(report.IdentityCard)}, report.Created, nil},
		{"same type keeps them", []step{choose(report.Passport), front, choose(report.Passport)}, report.ReadyToStart, nil},
		{"submitted twice", []step{front, submit("a", p), submit("b", p)}, report.Pending, session.ErrRunning},
		{"person uploads while pending", []step{front, submit("a", p), add("g", session.Front, p)}, report.Pending, session.ErrRunning},
		{"client uploads while pending", []step{front, submit("a", p), add("g", session.Front, c)}, report.Pending, nil},
		{"cancelled while pending", []step{front, submit("a", p), cancel(p)}, report.Pending, session.ErrRunning},
		{"accepted", []step{front, submit("a", p), finish("a", report.Accepted)}, report.Accepted, nil},
		{"review", []step{front, submit("a", p), finish("a", report.Review, true)}, report.Review, nil},
		{"failed", []step{front, submit("a", p), finish("a", report.Failed, true)}, report.Failed, nil},
		{"declined for good", []step{front, submit("a", p), finish("a", report.Declined, true, false)}, report.Declined, nil},
		{"declined, may retry", []step{front, submit("a", p), finish("a", report.Declined, true)}, report.ReadyToStart, nil},
		{"declined, client asked", []step{front, submit("a", c), finish("a", report.Declined, true)}, report.Declined, nil},
		{"last attempt", []step{
			front, submit("a", p), finish("a", report.Declined, true), submit("b", p), finish("b", report.Declined, true),
			submit("c", p), finish("c", report.Declined, true),
		}, report.Declined, nil},
		{"declined, too late to retry", []step{front, submit("a", p), later(finish("a", report.Declined, true))}, report.Declined, nil},
		{"finished twice", []step{front, submit("a", p), finish("a", report.Accepted), finish("a", report.Declined)}, report.Accepted, session.ErrClosed},
		{"finished unknown", []step{front, submit("a", p), finish("x", report.Accepted)}, report.Pending, session.ErrNotFound},
		{"person goes on after the end", []step{front, submit("a", p), finish("a", report.Accepted), add("g", session.Front, p)}, report.Accepted, session.ErrClosed},
		{"person submits after the end", []step{front, submit("a", p), finish("a", report.Accepted), submit("b", p)}, report.Accepted, session.ErrClosed},
		{"client goes on after the end", []step{api, submit("a", c), finish("a", report.Declined), add("g", session.Front, c), submit("b", c)}, report.Pending, nil},
		{"cancelled", []step{cancel(p)}, report.Cancelled, nil},
		{"client after cancel", []step{cancel(p), api}, report.Cancelled, session.ErrClosed},
		{"expired", []step{front, expire}, report.Timeout, nil},
		{"expire when pending", []step{front, submit("a", p), expire}, report.Pending, session.ErrRunning},
		{"person too late", []step{later(front)}, report.Created, session.ErrExpired},
		{"client too late", []step{later(api)}, report.Created, session.ErrClosed},
		{"many documents", many(session.MaxDocuments+1, func(i int) step {
			return func(s session.Session) (session.Session, error) {
				return s.Add(session.Document{ID: strconv.Itoa(i), Type: session.Front, Reference: strconv.Itoa(i)}, c, now)
			}
		}), report.ReadyToStart, session.ErrTooMany},
		{"many uploads", many(session.MaxUploads+1, func(i int) step { return add(strconv.Itoa(i), session.Front, p) }), report.ReadyToStart, session.ErrTooMany},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := begin(session.Request{}), error(nil)
			for i, do := range tt.steps {
				require.NoError(t, err, "step %d", i)
				before := s
				if s, err = do(s); err != nil {
					s = before
				}
			}
			require.ErrorIs(t, errors.Join(err), tt.err)
			require.Equal(t, tt.err == nil, err == nil)
			require.Equal(t, tt.status, s.Status)
			require.Equal(t, s.Closed(), !s.FinishedAt.IsZero())
		})
	}
}

func many(n int, fn func(int) step) []step {
	all := make([]step, n)
	for i := range all {
		all[i] = fn(i)
	}
	return all
}

// Whatever happens, in whatever order: finished analyses never change, a closed
// session says so once, and changing a session leaves the value it was made of alone.
func TestMachineProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := begin(session.Request{})
		actors := []session.Actor{session.Person, session.Client}
		results := []report.Status{report.Accepted, report.Declined, report.Review, report.Failed}
		for i := range rapid.IntRange(1, 30).Draw(t, "steps") {
			id := strconv.Itoa(i)
			by := rapid.SampledFrom(actors).Draw(t, "by")
			var do step
			switch rapid.IntRange(0, 5).Draw(t, "do") {
			case 0:
				do = choose(rapid.SampledFrom(merchant.DocumentTypes).Draw(t, "type"))
			case 1, 2:
				do = add(id, rapid.SampledFrom(session.UploadTypes).Draw(t, "kind"), by)
			case 3:
				do = submit(id, by)
			case 4:
				if a, ok := s.Running(); ok {
					id = a.ID
				}
				do = finish(id, rapid.SampledFrom(results).Draw(t, "result"), rapid.Bool().Draw(t, "retryable"))
			case 5:
				if rapid.IntRange(0, 9).Draw(t, "rarely") > 0 {
					continue
				}
				do = cancel(by)
			}
			copied := fmt.Sprintf("%+v", s)
			next, err := do(s.Settled())
			require.Equal(t, copied, fmt.Sprintf("%+v", s), "the value before is as it was")
			if err != nil {
				continue
			}
			for i, a := range s.Analyses {
				if !a.FinishedAt.IsZero() {
					require.Equal(t, a, next.Analyses[i])
				}
			}
			ends := 0
			for _, e := range next.Events() {
				if e.Kind == session.Ended {
					ends++
				}
			}
			require.Equal(t, next.Closed() && !s.Closed(), ends == 1)
			require.LessOrEqual(t, ends, 1)
			_, running := next.Running()
			require.Equal(t, next.Status == report.Pending, running)
			s = next.Settled()
		}
	})
}

func TestReturnURL(t *testing.T) {
	tests := []struct {
		name, target, targetError string
		status                    report.Status
		want                      string // before what is added; "" none
		failed                    bool
	}{
		{"none", "", "", report.Accepted, "", false},
		{"plain", "https://a.example/x", "", report.Accepted, "https://a.example/x?", false},
		{"query and fragment stay", "https://a.example/x?b=%20c&a#frag", "", report.Declined, "https://a.example/x?b=%20c&a&", false},
		{"cancel goes to target_error", "https://a.example/x", "https://a.example/e", report.Cancelled, "https://a.example/e?", true},
		{"cancel without target_error", "https://a.example/x", "", report.Timeout, "https://a.example/x?", true},
		{"only target_error", "", "https://a.example/e", report.Failed, "https://a.example/e?", true},
		{"only target_error, accepted", "", "https://a.example/e", report.Accepted, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := begin(session.Request{Private: session.Private{RelayState: "a b&c", Target: tt.target, TargetError: tt.targetError}})
			s.Status = tt.status
			got := s.ReturnURL()
			if tt.want == "" {
				require.Empty(t, got)
				return
			}
			require.Contains(t, got, tt.want)
			u, err := url.Parse(got)
			require.NoError(t, err)
			q := u.Query()
			require.Equal(t, []string{"a b&c", "a b&c", s.ID, string(tt.status)}, []string{q.Get("relay_state"), q.Get("relaystate"), q.Get("id"), q.Get("status")})
			require.Equal(t, tt.failed, q.Has("error"))
			if u2, _ := url.Parse(tt.target); u2.Fragment != "" {
				require.Equal(t, u2.Fragment, u.Fragment)
			}
		})
	}
}

func TestLocale(t *testing.T) {
	for in, want := range map[string]string{
		"en": "en", "EN": "en", "se": "se", "sv": "se", "sv-SE": "se", "el": "gr", "GR": "gr", "cs_CZ": "cz", "cz": "cz",
		"de-AT": "de", "zh": "", "": "", "english": "",
	} {
		require.Equal(t, want, session.Locale(in), in)
	}
}

func TestStateOfOverdueSession(t *testing.T) {
	s := begin(session.Request{Private: session.Private{TargetError: "https://a.example/e"}})
	st := s.StateFor(merchant.Merchant{Name: "Shop"}, nil, s.ExpiresAt)
	require.Equal(t, report.Timeout, st.Status)
	require.True(t, st.Closed)
	require.Contains(t, st.ReturnURL, "status=Timeout")
	require.Equal(t, "Shop", st.Merchant)
	require.Equal(t, report.Created, s.StateFor(merchant.Merchant{}, nil, now).Status)
}

// Whatever bytes a request is made of, it is understood or refused, and what is
// refused is never quoted.
func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(`{"locale":"en","target":"https://a.example","expected":{"date_of_birth":"1974-08-12"}}`))
	f.Add([]byte(`{"metadata":{"a":[1,2,{"b":null}]},"analysis_types":["fraud"]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, errs := session.ParseRequest(body, merchant.Merchant{}, true)
		for _, e := range errs {
			require.NotEmpty(t, e.Code)
			require.Less(t, len(e.Description), 200)
		}
		for _, u := range []string{r.Target, r.TargetError, r.Webhook} {
			if u != "" {
				_, err := url.Parse(u)
				require.NoError(t, err)
			}
		}
	})
}

// A selfie says more than a frame of a recording, and a newer one more than an
// older one.
func TestPerson(t *testing.T) {
	of := func(types ...string) session.Session {
		var s session.Session
		for n, typ := range types {
			s.Documents = append(s.Documents, session.Document{ID: strconv.Itoa(n), Type: typ})
		}
		return s
	}
	for _, tt := range []struct {
		name string
		s    session.Session
		want string
	}{
		{"nothing", of(session.Front), ""},
		{"the newest selfie", of(session.Selfie, session.Front, session.Selfie), "2"},
		{"a frame", of(session.Front, session.Frame, session.Frame), "2"},
		{"a selfie before newer frames", of(session.Selfie, session.Frame), "0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, ok := tt.s.Person()
			require.Equal(t, tt.want, d.ID)
			require.Equal(t, tt.want != "", ok)
		})
	}
}
