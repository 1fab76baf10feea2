package demo

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"idproof/locales"
	"idproof/report"
)

// suspicion is a forgery detection as the result page shows it.
type suspicion struct {
	Score, Mark string
	Risk, Trust int
	Lang        string // of titles and descriptions
	Signs       []sign
	Sheets      []sheet
	Unasked     []report.Skipped
}

// sign is an indicator; N leads to its regions.
type sign struct {
	report.Indicator

	N        int
	Mark     string
	Evidence string // address of the picture that shows it; may be empty
}

// sheet is a picture with the regions of its signs.
type sheet struct {
	Picture       string
	Width, Height int
	Outlines      []outline
}

type outline struct {
	N      int
	Mark   string
	Points string // of an SVG polygon
	X, Y   float64
	Size   int // of the number beside it
}

// suspicionOf puts together what the result says, in that language; nil when
// nobody asked.
func suspicionOf(r *report.Result, l *locales.Locale) *suspicion {
	f := r.AnalysisSummary.Forgery
	if f == nil {
		return nil
	}
	at := func(image string) string {
		return "/demo/picture?" + url.Values{"id": {r.ID}, "image": {image}}.Encode()
	}
	out := &suspicion{Score: f.Score, Mark: riskMark(f.Score), Risk: f.RiskScore, Trust: f.TrustScore, Lang: l.Tag, Unasked: f.NotPerformed}
	f = f.Each(func(i *report.Indicator) { locales.Explain(l.Code, i) })
	for n, i := range f.Indicators {
		s := sign{Indicator: i, N: n + 1, Mark: typeMark(i.Type)}
		if i.Image != "" {
			s.Evidence = at(i.Image)
		}
		out.Signs = append(out.Signs, s)
	}
	if r.AnalysisSummary.Document == nil {
		return out
	}
	for _, p := range r.AnalysisSummary.Document.Pages {
		s := sheet{Width: p.Width, Height: p.Height}
		// A page without its picture is one of a PDF, or gone.
		if slices.ContainsFunc(r.Images, func(im report.Image) bool { return im.ID == p.Image }) {
			s.Picture = at(p.Image)
		}
		for _, i := range out.Signs {
			if i.Page == p.Page {
				s.add(i)
			}
		}
		if s.Picture != "" && p.Width > 0 && len(s.Outlines) > 0 {
			out.Sheets = append(out.Sheets, s)
		}
	}
	return out
}

// add draws the regions of a sign.
func (s *sheet) add(i sign) {
	for _, q := range i.Regions {
		s.Outlines = append(s.Outlines, outline{
			N: i.N, Mark: i.Mark, Points: q.Points(), X: q[0][0], Y: q[0][1], Size: max(s.Width, s.Height) / 40,
		})
	}
}

func riskMark(score string) string {
	switch score {
	case "HighRisk":
		return "bad"
	case "Warning":
		return "warn"
	case "Trusted":
		return "ok"
	}
	return ""
}

func typeMark(kind string) string {
	switch kind {
	case "RISK":
		return "bad"
	case "TRUST":
		return "ok"
	}
	return ""
}

// picture hands on a picture of a session, which only a key gets.
func (h *handler) picture(w http.ResponseWriter, r *http.Request) {
	path := "/v3/scanning/" + url.PathEscape(r.URL.Query().Get("id")) + "/images/" + url.PathEscape(r.URL.Query().Get("image"))
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, h.o.API+path, nil) //nolint:gosec // to the operator's own API
	if err != nil {
		http.NotFound(w, r)
		return
	}
	req.Header.Set("Authorization", h.o.Key)
	res, err := h.o.Client.Do(req) //nolint:gosec // as above
	if err != nil {
		h.broken(w, r, err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	kind := res.Header.Get("Content-Type")
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "image/") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	w.Header().Set("Cache-Control", "private, no-store")
	_, _ = io.Copy(w, res.Body) // a reader who left
}
