package flow

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"idproof/internal/session"
	"idproof/report"
)

// fake is one session in memory, with the rules of the real service that the
// pages depend on. Its secret is "secret", every token is "token-N".
type fake struct {
	mu      sync.Mutex
	st      session.State
	tokens  []string
	files   map[string][]byte
	result  *report.Result
	expired bool
	fail    error         // of every call
	refuse  error         // of uploads
	look    *session.Look // at the next pictures; nil: there is none
	changed chan struct{}
	max     int64
}

var now = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func newFake() *fake {
	return &fake{
		st: session.State{
			ID: "7d0c2a54-3f0e-4a51-9c1f-3b3c3f1f7a10", Version: 1, Status: report.Created, Merchant: "Example Bank",
			DocumentTypes: []string{report.Passport, report.IdentityCard, report.DrivingLicense},
			AttemptsLeft:  3, ExpiresAt: now.Add(time.Hour),
		},
		files: map[string][]byte{}, result: &report.Result{RelayState: "order-1"},
		changed: make(chan struct{}, 1), max: 1 << 20,
	}
}

// change alters the state as the service would.
func (f *fake) change(fn func(st *session.State)) session.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	fn(&f.st)
	f.st.Version++
	f.st.Missing = nil
	for _, side := range f.st.Sides {
		if !given(side, &f.st) {
			f.st.Missing = append(f.st.Missing, side)
		}
	}
	select {
	case f.changed <- struct{}{}:
	default:
	}
	return f.copy()
}

func (f *fake) copy() session.State {
	st := f.st
	st.Documents = slices.Clone(st.Documents)
	return st
}

func (f *fake) NewLink(context.Context, string) (string, error) {
	return "http://127.0.0.1:8080/flow/secret", f.open()
}

func (f *fake) Consent(context.Context, string, string) (session.State, error) {
	return f.change(func(st *session.State) { st.ConsentWanted = false }), f.open()
}

func (f *fake) MaxUpload() int64 { return f.max }

func (f *fake) StartFromToken(_ context.Context, secret string) (string, session.State, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.fail != nil:
		return "", session.State{}, f.fail
	case secret != "secret":
		return "", session.State{}, session.ErrNotFound
	case f.expired:
		return "", session.State{}, session.ErrExpired
	}
	token := "token-" + strconv.Itoa(len(f.tokens))
	f.tokens = append(f.tokens, token)
	return token, f.copy(), nil
}

func (f *fake) Authorize(_ context.Context, id, token string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.fail != nil:
		return f.fail
	case id != f.st.ID || !slices.Contains(f.tokens, token):
		return session.ErrNotFound
	case f.expired:
		return session.ErrExpired
	}
	return nil
}

func (f *fake) State(context.Context, string) (session.State, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.copy(), f.fail
}

func (f *fake) open() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.st.Closed:
		return session.ErrClosed
	case f.st.Status == report.Pending:
		return session.ErrRunning
	}
	return f.fail
}

func (f *fake) SelectDocumentType(_ context.Context, _, documentType string) (session.State, error) {
	if err := f.open(); err != nil {
		return session.State{}, err
	}
	return f.change(func(st *session.State) {
		st.DocumentType, st.Documents, st.Sides = documentType, nil, session.Sides(documentType)
	}), nil
}

func (f *fake) Upload(_ context.Context, _, documentType string, r io.Reader) (session.Document, error) {
	if err := f.open(); err != nil {
		return session.Document{}, err
	}
	if f.refuse != nil {
		return session.Document{}, f.refuse
	}
	data, err := io.ReadAll(io.LimitReader(r, f.max+1))
	switch {
	case err != nil:
		return session.Document{}, err
	case len(data) == 0:
		return session.Document{}, session.ErrInvalid
	case int64(len(data)) > f.max:
		return session.Document{}, session.ErrTooLarge
	}
	d := session.Document{ID: documentType + "-id", Type: documentType, MediaType: http.DetectContentType(data)}
	if d.MediaType == "text/plain; charset=utf-8" {
		return session.Document{}, session.ErrUnsupported
	}
	f.change(func(st *session.State) {
		st.Documents = slices.DeleteFunc(st.Documents, func(old session.Document) bool { return old.Type == documentType })
		st.Documents = append(st.Documents, d)
		st.Status = report.ReadyToStart
		f.files[d.ID] = data
	})
	return d, nil
}

func (f *fake) SelectCountry(_ context.Context, _, country string) (session.State, error) {
	return f.change(func(st *session.State) { st.Country = country }), f.open()
}

func (f *fake) AddPart(_ context.Context, _ string, r io.Reader) (string, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	name := "part-" + strconv.Itoa(len(f.files))
	f.files[name] = data
	return name, nil
}

func (f *fake) UploadParts(ctx context.Context, id, documentType string, parts []string) (session.Document, error) {
	var all []byte
	for _, p := range parts {
		data, ok := f.files[p]
		if !ok {
			return session.Document{}, session.ErrNotFound
		}
		all = append(all, data...)
	}
	return f.Upload(ctx, id, documentType, bytes.NewReader(all))
}

// Look finds what the test has put into looks for the next picture.
func (f *fake) Look(ctx context.Context, _, document string) (session.State, error) {
	if f.look == nil {
		return f.State(ctx, "")
	}
	l := *f.look
	return f.change(func(st *session.State) {
		l.Document = document
		st.Looks = append(slices.DeleteFunc(slices.Clone(st.Looks), func(old session.Look) bool { return old.Document == document }), l)
	}), nil
}

func (f *fake) KeepPicture(_ context.Context, _, document string) (session.State, error) {
	return f.change(func(st *session.State) {
		for i := range st.Looks {
			st.Looks[i].Kept = st.Looks[i].Kept || st.Looks[i].Document == document
		}
	}), f.open()
}

func (f *fake) Picture(_ context.Context, _, id string) (io.ReadCloser, session.Document, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.st.Documents {
		if d.ID == id {
			return io.NopCloser(bytes.NewReader(f.files[id])), d, nil
		}
	}
	return nil, session.Document{}, session.ErrNotFound
}

func (f *fake) Submit(ctx context.Context, _ string) (session.State, error) {
	if err := f.open(); err != nil {
		return session.State{}, err
	}
	if st, _ := f.State(ctx, ""); len(st.Missing) > 0 {
		return session.State{}, session.ErrIncomplete
	}
	return f.change(func(st *session.State) {
		st.Status, st.Reasons, st.AttemptsLeft = report.Pending, nil, st.AttemptsLeft-1
	}), nil
}

func (f *fake) Cancel(context.Context, string) (session.State, error) {
	if err := f.open(); err != nil {
		return session.State{}, err
	}
	return f.finish(report.Cancelled), nil
}

func (f *fake) finish(status report.Status, reasons ...report.Reason) session.State {
	return f.change(func(st *session.State) {
		st.Status, st.Reasons, st.Progress, st.Closed = status, reasons, nil, status != report.ReadyToStart
		if st.Closed {
			st.ReturnURL = "https://shop.example/back?id=1&status=" + string(status)
		}
	})
}

func (f *fake) Subscribe(ctx context.Context, _ string) (<-chan session.State, error) {
	out := make(chan session.State)
	go func() {
		defer close(out)
		for {
			st, _ := f.State(ctx, "")
			select {
			case out <- st:
			case <-ctx.Done():
				return
			}
			if st.Closed {
				return
			}
			select {
			case <-f.changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func (f *fake) Outcome(context.Context, string) (*report.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.result, f.fail
}
