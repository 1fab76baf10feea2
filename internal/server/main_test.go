package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"idproof/engine"
	"idproof/engine/face"
	"idproof/internal/config"
	"idproof/internal/server"
	"idproof/internal/store/pgtest"
	"idproof/internal/telemetry"
	"idproof/report"
)

// TestMain lets the test binary be the server too: the tests of crashes start
// it again with childDir set, and kill it.
func TestMain(m *testing.M) {
	run := childWorker
	if dir := os.Getenv(childDir); dir != "" {
		run = func() error { return child(dir) }
	}
	if os.Getenv(childDir) != "" || os.Getenv(childArgs) != "" {
		if err := run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(pgtest.Around(m))
}

// fakeEngine answers with what read returns, or with a good specimen.
type fakeEngine struct {
	mu    sync.Mutex
	calls int
	read  func(ctx context.Context, in []engine.Input, o engine.Options) (*report.Result, error)
}

func (f *fakeEngine) Analyze(ctx context.Context, in []engine.Input, o engine.Options) (*report.Result, error) {
	f.mu.Lock()
	f.calls++
	read := f.read
	f.mu.Unlock()
	if read != nil {
		return read(ctx, in, o)
	}
	return goodReport(), nil
}

// Face sees a face in every picture, told apart by its last byte.
func (f *fakeEngine) Face(_ context.Context, picture []byte) (face.Template, string, string, error) {
	t := make(face.Template, face.TemplateSize)
	t[picture[len(picture)-1]] = 1
	return t, "1", "", nil
}

// goodReport is the passport of ICAO 9303-4 appendix B, with a longer life.
func goodReport() *report.Result {
	r := report.New()
	age := 52
	r.Identity = &report.Identity{
		CountryCode: "UTO", FirstName: "ANNA MARIA", LastName: "ERIKSSON", FullName: "ANNA MARIA ERIKSSON",
		DateOfBirth: "1974-08-12", Age: &age, Gender: "F", Nationality: "UTO",
	}
	r.Document = &report.Document{
		Type: report.Passport, IssuingCountry: "UTO", DocumentNumber: "L898902C3", DateOfExpiry: "2099-04-15",
		MRZ: &report.MRZ{
			Format: "TD3", Valid: true, Certainty: report.Printed, Repaired: []report.Repair{}, Regions: []report.Quad{},
			Lines:       []string{"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F9904159ZE184226B<<<<<10"},
			CheckDigits: []report.CheckDigit{{Field: "document_number", Printed: "6", Computed: "6", OK: true}},
		},
	}
	d := report.NewDocumentSummary()
	d.Pages = append(d.Pages, report.Page{Width: 8, Height: 8})
	d.Fields["Surname"] = "ERIKSSON"
	r.AnalysisSummary.Document = d
	r.Steps = []report.Step{{Name: "decode", Seconds: .01}}
	return r
}

// picture is a PNG of 1×1.
var picture = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82")

// service is a server under test.
type service struct {
	t      *testing.T
	dir    string
	data   string // address of the database
	base   string
	key    string
	engine *fakeEngine
	logs   *lockedBuffer
	stop   func()

	described func() description // of the API, as the server serves it
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// configure is the configuration that `idproof serve` would have with those arguments.
func configure(args ...string) (config.Config, error) {
	var c config.Config
	k, err := kong.New(&c)
	if err != nil {
		return c, err
	}
	_, err = k.Parse(args)
	return c, err
}

// start runs a server on a fresh folder until the test ends.
func start(t *testing.T, args ...string) *service {
	t.Helper()
	return startIn(t, t.TempDir(), args...)
}

func startIn(t *testing.T, dir string, args ...string) *service {
	t.Helper()
	s := &service{t: t, dir: dir, engine: &fakeEngine{}, logs: &lockedBuffer{}}
	c, err := configure(append([]string{"--data-dir", dir, "--listen", "127.0.0.1:0"}, args...)...)
	require.NoError(t, err)
	s.data = c.Database()
	log := telemetry.Logger(telemetry.Config{LogLevel: slog.LevelDebug}, s.logs)
	srv, err := server.New(t.Context(), c, server.Deps{Engine: s.engine, Log: log, Now: time.Now, Version: "test"})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(30 * time.Second):
			t.Error("the server did not stop")
		}
		http.DefaultClient.CloseIdleConnections()
	})
	t.Cleanup(s.stop)
	s.base, s.key = srv.Welcome().BaseURL, srv.Welcome().Key
	s.described = sync.OnceValue(func() (d description) {
		res, err := http.Get(s.base + "/openapi.json")
		require.NoError(t, err)
		defer res.Body.Close()
		require.NoError(t, json.NewDecoder(res.Body).Decode(&d))
		return d
	})
	return s
}

// answer is what the server answered, read to its end.
type answer struct {
	StatusCode int
	Header     http.Header
	Body       []byte
}

// call makes a request and decodes the answer into out, if any.
func (s *service) call(method, path string, body any, out any) answer {
	s.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		require.NoError(s.t, err)
		r = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, r)
	require.NoError(s.t, err)
	req.Header.Set("Authorization", s.key)
	req.Header.Set("Content-Type", "application/json")
	return s.do(req, out)
}

func (s *service) do(req *http.Request, out any) answer {
	s.t.Helper()
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	if out != nil {
		require.NoError(s.t, json.Unmarshal(data, out), "%s", data)
	}
	got := answer{res.StatusCode, res.Header, data}
	if s.described != nil {
		require.NoError(s.t, s.described().conforms(req.Method, req.URL.Path, got), "%s", data)
	}
	return got
}

// form is a multipart body with one file in the part document.
func form(t *testing.T, name string, data []byte) (body io.Reader, contentType string) {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	part, err := w.CreateFormFile("document", name)
	require.NoError(t, err)
	_, err = part.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return &buf, w.FormDataContentType()
}

func (s *service) upload(path string, data []byte, out any) answer {
	s.t.Helper()
	body, contentType := form(s.t, "passport.jpg", data)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+path, body)
	require.NoError(s.t, err)
	req.Header.Set("Authorization", s.key)
	req.Header.Set("Content-Type", contentType)
	return s.do(req, out)
}

// create begins a session and returns its id and link.
func (s *service) create(body any) (id, link string) {
	s.t.Helper()
	var out struct {
		ID          string `json:"id"`
		RedirectURL string `json:"redirect_url"`
	}
	res := s.call("POST", "/v3/scanning", body, &out)
	require.Equal(s.t, http.StatusOK, res.StatusCode)
	return out.ID, out.RedirectURL
}

// analyse uploads a picture to the session and starts an analysis.
func (s *service) analyse(id string) (analysisID string) {
	s.t.Helper()
	res := s.upload("/v3/scanning/"+id+"/documents?documentType=document_front", picture, nil)
	require.Equal(s.t, http.StatusCreated, res.StatusCode)
	var out struct {
		ID string `json:"id"`
	}
	res = s.call("POST", "/v3/scanning/"+id+"/analyses/", "{}", &out)
	require.Equal(s.t, http.StatusCreated, res.StatusCode)
	return out.ID
}

// finished waits for the result of the session.
func (s *service) finished(id string) *report.Result {
	s.t.Helper()
	var r *report.Result
	require.Eventually(s.t, func() bool {
		r = new(report.Result)
		s.call("GET", "/v3/scanning/"+id, nil, r)
		return r.FinishedAt != nil
	}, 2*time.Minute, 20*time.Millisecond)
	return r
}

// received is a webhook that arrived.
type received struct {
	Header http.Header
	Body   []byte
}

// receiver takes webhooks; answer may be nil, then it answers 204.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got []received
}

func newReceiver(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *receiver {
	t.Helper()
	rc := &receiver{}
	rc.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rc.mu.Lock()
		rc.got = append(rc.got, received{r.Header.Clone(), body})
		n := len(rc.got)
		rc.mu.Unlock()
		if answer != nil {
			answer(n, w, r)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(rc.Close)
	return rc
}

func (rc *receiver) all() []received {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return append([]received(nil), rc.got...)
}

func (rc *receiver) wait(t *testing.T, n int) []received {
	t.Helper()
	require.Eventually(t, func() bool { return len(rc.all()) >= n }, 30*time.Second, 20*time.Millisecond)
	return rc.all()
}

// childDir names the data folder of a server that runs as a process of its own.
const childDir = "IDPROOF_TEST_CHILD"

// child is that server. Its engine takes two seconds and says when it begins
// by adding a line to the file "begun" in the data folder.
func child(dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	c, err := configure("--data-dir", dir, "--listen", os.Getenv(childDir+"_LISTEN"))
	if err != nil {
		return err
	}
	slow := &fakeEngine{read: func(ctx context.Context, _ []engine.Input, _ engine.Options) (*report.Result, error) {
		f, err := os.OpenFile(filepath.Join(dir, "begun"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(f, "begun")
		f.Close()
		select {
		case <-time.After(2 * time.Second):
			return goodReport(), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	log := telemetry.Logger(telemetry.Config{}, os.Stderr)
	srv, err := server.New(ctx, c, server.Deps{Engine: slow, Log: log, Now: time.Now, Version: "test"})
	if err != nil {
		return err
	}
	return srv.Run(ctx)
}
