package flow

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"idproof/internal/session"
	"idproof/report"
)

// accept lists what the file dialogue offers. The types beside the endings,
// because phones know the one and desktops the other.
const accept = "image/jpeg,image/png,image/webp,image/heic,image/heif,image/tiff,image/gif,image/bmp,application/pdf," +
	".jpg,.jpeg,.png,.webp,.heic,.heif,.tif,.tiff,.pdf"

// faceAccept is the same for a face, which no PDF shows.
const faceAccept = "image/jpeg,image/png,image/webp,image/heic,image/heif,.jpg,.jpeg,.png,.webp,.heic,.heif"

// What makes a picture good.
var (
	documentTips = []string{"upload.tip_corners", "upload.tip_glare", "upload.tip_sharp"}
	faceTips     = []string{"upload.tip_face_light", "upload.tip_face_bare", "upload.tip_face_alone"}
)

// pictureText is the key of the words above a picture to give.
func pictureText(documentType string, p page) string {
	if p == pageSelfie {
		return "upload.selfie"
	}
	switch documentType {
	case report.Passport, report.Visa:
		return "upload." + documentType
	case report.IdentityCard, report.DrivingLicense, report.ResidencePermit:
		return "upload." + documentType + "." + string(p)
	}
	return "upload.other." + string(p)
}

// art names the drawing of a document's side.
func art(documentType string, p page) string {
	switch p {
	case pageBack:
		return "back"
	case pageSelfie, pageLiveness:
		return "face"
	}
	return documentType
}

// resume leads to where the session is; to the welcome before anything was done.
func (h *handler) resume(w http.ResponseWriter, r *http.Request, v *visit) {
	p := current(&v.state)
	if !v.begun && (p == pageDocument || (v.state.NoDocument && len(v.state.Documents) == 0)) {
		p = pageWelcome
	}
	http.Redirect(w, r, v.at(p), http.StatusSeeOther)
}

// elsewhere sends a request for a page that the state does not allow to where
// the session is, and tells whether it did.
func (h *handler) elsewhere(w http.ResponseWriter, r *http.Request, v *visit, p page) bool {
	if allowed(p, &v.state) {
		return false
	}
	http.Redirect(w, r, v.at(current(&v.state)), http.StatusSeeOther)
	return true
}

func (h *handler) showTypes(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pageDocument) || h.notBegun(w, r, v) {
		return
	}
	h.renderTypes(w, r, v, http.StatusOK, "")
}

func (h *handler) renderTypes(w http.ResponseWriter, r *http.Request, v *visit, status int, problem string) {
	out := h.newView(v, pageDocument, v.text("choose.page"))
	out.Problem = problem
	for _, t := range v.state.DocumentTypes {
		hint := "choose.hint.two"
		if t == report.Passport || t == report.Visa {
			hint = "choose.hint.one"
		}
		out.Types = append(out.Types, choice{
			Type: t, Name: typeName(v.locale, t), Hint: v.text(hint), Chosen: t == v.state.DocumentType,
		})
	}
	out.Countries = countries(r, v)
	h.render(w, r, status, "document", out, v.state.FrameOrigins)
}

func (h *handler) chooseType(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pageDocument) || h.notBegun(w, r, v) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	chosen, issuer := r.PostFormValue("type"), r.PostFormValue("country")
	known := slices.ContainsFunc(countries(r, v), func(c country) bool { return c.Code == issuer })
	if !slices.Contains(v.state.DocumentTypes, chosen) || issuer != "" && !known {
		h.renderTypes(w, r, v, http.StatusBadRequest, v.text("error.type"))
		return
	}
	if issuer != v.state.Country {
		st, err := h.sessions.SelectCountry(r.Context(), v.id, issuer)
		if err != nil {
			h.refused(w, r, v, pageDocument, err)
			return
		}
		v.state = st
	}
	// Choosing the same again keeps the pictures.
	if chosen != v.state.DocumentType {
		st, err := h.sessions.SelectDocumentType(r.Context(), v.id, chosen)
		if err != nil {
			h.refused(w, r, v, pageDocument, err)
			return
		}
		v.state = st
	}
	next := pagePictures
	if all := wanted(&v.state); len(all) > 0 {
		next = sidePage(all[0])
	}
	http.Redirect(w, r, v.at(next), http.StatusSeeOther)
}

func (h *handler) showUpload(side string) func(http.ResponseWriter, *http.Request, *visit) {
	return func(w http.ResponseWriter, r *http.Request, v *visit) {
		if h.elsewhere(w, r, v, sidePage(side)) {
			return
		}
		h.renderUpload(w, r, v, side, http.StatusOK, "")
	}
}

func (h *handler) renderUpload(w http.ResponseWriter, r *http.Request, v *visit, side string, status int, problem string) {
	p, st := sidePage(side), &v.state
	heading := v.text(pictureText(st.DocumentType, p))
	out := h.newView(v, p, heading)
	out.Heading, out.Problem = heading, problem
	out.Hint = v.text(hintText(st.DocumentType, p))
	out.Change = len(st.DocumentTypes) > 1
	out.Art, out.Action, out.Accept = art(st.DocumentType, p), v.at(p), accept
	out.Facing, out.Label, out.Question, out.Tips = "environment", v.text("upload.label"), v.text("upload.check"), documentTips
	if side == selfie {
		out.Facing, out.Label, out.Question, out.Tips = "user", v.text("upload.label.selfie"), v.text("upload.check.selfie"), faceTips
		out.Accept = faceAccept
	}
	out.Other = v.offersPhone()
	out.MaxBytes = h.sessions.MaxUpload()
	out.MaxMB = out.MaxBytes >> 20
	// After a decline the one picture there is is the one that was not good enough.
	if d := documentOf(side, st); d != nil && !r.URL.Query().Has("again") && (!asksAgain(st) || len(wanted(st)) > 1) {
		if l := lookAt(side, st); l.Poor() {
			out.Poor, out.Stopped, out.Marks, out.Faults = true, l.Stopped, marksOf(l), faultTexts(v.locale, l.Faults)
			out.Heading = v.text("gate.warn")
			if l.Stopped {
				out.Heading = v.text("gate.stop")
			}
			out.Title = out.Heading
		}
		out.Stored = true
		if browserShows(d.MediaType) {
			out.Picture = v.base + "picture/" + d.ID
		}
		next, submit := after(st)
		out.Next, out.NextSubmits = v.at(next), submit
	}
	out.Texts = map[string]string{}
	for _, key := range scriptTexts {
		out.Texts[key] = v.text(key)
	}
	h.render(w, r, status, "upload", out, st.FrameOrigins)
}

// scriptTexts are the words that the upload form's script needs.
var scriptTexts = []string{
	"upload.preview_alt", "upload.sending", "upload.storing", "upload.lost", "upload.retrying", "upload.offline", "upload.busy",
	"error.several", "error.empty", "error.too_large", "error.unsupported", "error.network", "error.internal",
	"capture.start", "capture.search", "capture.dark", "capture.edge", "capture.near", "capture.far", "capture.tilt",
	"capture.glare", "capture.still", "capture.blur", "capture.good",
	"capture.bright", "capture.face", "capture.face_near", "capture.face_far", "capture.centre", "capture.shadow",
	"camera.cause.insecure", "camera.cause.frame", "camera.cause.denied", "camera.cause.none", "camera.cause.busy",
	"camera.cause.unsupported", "camera.cause.failed",
}

func hintText(documentType string, p page) string {
	switch {
	case p == pageSelfie:
		return "upload.hint.selfie"
	case documentType == report.Passport || documentType == report.Visa:
		return "upload.hint." + documentType
	case p == pageBack:
		return "upload.hint.back"
	}
	return "upload.hint.front"
}

// browserShows tells whether browsers can draw a media type.
func browserShows(mediaType string) bool {
	switch mediaType {
	case "image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp":
		return true
	}
	return false
}

var errNoPicture = &session.Error{Code: "PICTURE_MISSING", Description: "the form came without a file"}

// upload takes one picture, and starts the analysis when it was the last one.
func (h *handler) upload(side string) func(http.ResponseWriter, *http.Request, *visit) {
	return func(w http.ResponseWriter, r *http.Request, v *visit) {
		p := sidePage(side)
		if !allowed(p, &v.state) {
			h.goTo(w, r, v, current(&v.state))
			return
		}
		d, err := h.receive(r, v.id, side)
		if err != nil {
			// Browsers show a broken connection rather than the answer when
			// they could not send everything, so hear them out, within reason.
			_, _ = io.CopyN(io.Discard, r.Body, 4*h.sessions.MaxUpload())
			h.refused(w, r, v, p, err)
			return
		}
		st, err := h.sessions.Look(r.Context(), v.id, d.ID)
		if err != nil {
			h.refused(w, r, v, p, err)
			return
		}
		if err := h.goOn(w, r, v, st); err != nil {
			h.refused(w, r, v, p, err)
		}
	}
}

// receive streams the form's file to the service.
func (h *handler) receive(r *http.Request, id, side string) (session.Document, error) {
	var none session.Document
	form, err := r.MultipartReader()
	if err != nil {
		return none, errNoPicture
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return none, errNoPicture
		}
		if err != nil {
			return none, errInterrupted
		}
		if part.FormName() == "parts" {
			return h.join(r, id, side, part)
		}
		if part.FormName() == "capture" {
			h.noteCapture(r, side, part)
			continue
		}
		if part.FormName() != "document" || part.FileName() == "" {
			continue
		}
		body := &watched{Reader: part}
		d, err := h.sessions.Upload(r.Context(), id, side, body)
		if err != nil && body.broken {
			return none, errInterrupted
		}
		return d, err
	}
}

// A session may send so many pieces of pictures in the time after which those
// that belong to nothing are deleted.
const (
	partsEach = 600
	partsLife = time.Hour
)

// part keeps a piece of a picture.
func (h *handler) part(w http.ResponseWriter, r *http.Request, v *visit) {
	if !h.parts.take(v.id, h.now()) {
		h.refused(w, r, v, current(&v.state), session.ErrRateLimited)
		return
	}
	body := &watched{Reader: r.Body}
	name, err := h.sessions.AddPart(r.Context(), v.id, body)
	if err != nil && body.broken && !errors.Is(err, session.ErrTooLarge) {
		err = errInterrupted
	}
	if err != nil {
		h.refused(w, r, v, current(&v.state), err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"part": name})
}

// join makes a picture of the pieces whose names r lists.
func (h *handler) join(r *http.Request, id, side string, list io.Reader) (session.Document, error) {
	names, err := io.ReadAll(io.LimitReader(list, 8<<10))
	if err != nil {
		return session.Document{}, errInterrupted
	}
	d, err := h.sessions.UploadParts(r.Context(), id, side, strings.Fields(string(names)))
	if errors.Is(err, session.ErrNotFound) {
		err = errInterrupted // they have been away too long
	}
	return d, err
}

var errInterrupted = &session.Error{Code: "UPLOAD_INTERRUPTED", Description: "the connection ended before the picture did"}

// watched remembers whether reading failed because of the connection, so
// that the person is told to send again and not that the picture is bad.
type watched struct {
	io.Reader
	broken bool
}

func (p *watched) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		p.broken = true
	}
	return n, err
}

// showPictures shows all pictures once more before they are checked.
func (h *handler) showPictures(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pagePictures) {
		return
	}
	h.renderPictures(w, r, v, http.StatusOK, "")
}

func (h *handler) renderPictures(w http.ResponseWriter, r *http.Request, v *visit, status int, problem string) {
	out := h.newView(v, pagePictures, v.text("pictures.title"))
	out.Problem = problem
	out.Change = len(v.state.DocumentTypes) > 1
	for _, side := range wanted(&v.state) {
		d := documentOf(side, &v.state)
		if d == nil {
			continue
		}
		p := sidePage(side)
		given := picture{Name: v.text("side." + side), Art: art(v.state.DocumentType, p), Again: v.at(p) + "?again"}
		if browserShows(d.MediaType) {
			given.Address = v.base + "picture/" + d.ID
		}
		out.Pictures = append(out.Pictures, given)
	}
	h.render(w, r, status, "pictures", out, v.state.FrameOrigins)
}

// submit starts the analysis of pictures that are all there.
func (h *handler) submit(w http.ResponseWriter, r *http.Request, v *visit) {
	if err := h.start(r, v); err != nil {
		h.refused(w, r, v, current(&v.state), err)
		return
	}
	h.goTo(w, r, v, current(&v.state))
}

// start submits the session; that somebody else did so first is as good.
func (h *handler) start(r *http.Request, v *visit) error {
	st, err := h.sessions.Submit(r.Context(), v.id)
	if errors.Is(err, session.ErrRunning) || errors.Is(err, session.ErrClosed) {
		st, err = h.sessions.State(r.Context(), v.id)
	}
	if err == nil {
		v.state = st
	}
	return err
}

// goOn leads to what follows a picture, when the session is st, and starts the
// analysis when that was all that was missing.
func (h *handler) goOn(w http.ResponseWriter, r *http.Request, v *visit, st session.State) error {
	v.state = st
	next, submit := after(&st)
	if submit {
		if err := h.start(r, v); err != nil {
			return err
		}
		next = current(&v.state)
	}
	h.goTo(w, r, v, next)
	return nil
}

// goTo leads to a page: with a redirect, or by telling the page's script.
func (h *handler) goTo(w http.ResponseWriter, r *http.Request, v *visit, p page) {
	if wantsJSON(r) {
		writeJSON(w, http.StatusOK, map[string]string{"next": v.at(p)})
		return
	}
	http.Redirect(w, r, v.at(p), http.StatusSeeOther)
}

// problems says, for each error of the service that a person can do something
// about, which words tell them.
var problems = map[string]struct {
	key    string
	status int
}{
	errNoPicture.Code:           {"error.missing", http.StatusBadRequest},
	errInterrupted.Code:         {"error.interrupted", http.StatusBadRequest},
	session.ErrTooLarge.Code:    {"error.too_large", http.StatusRequestEntityTooLarge},
	session.ErrUnsupported.Code: {"error.unsupported", http.StatusUnsupportedMediaType},
	session.ErrInvalid.Code:     {"error.empty", http.StatusBadRequest},
	session.ErrIncomplete.Code:  {"error.incomplete", http.StatusConflict},
	session.ErrTooMany.Code:     {"error.attempts", http.StatusConflict},
	session.ErrUnavailable.Code: {"error.busy", http.StatusServiceUnavailable},
	session.ErrRateLimited.Code: {"error.busy", http.StatusTooManyRequests},
}

// refused tells a person why something could not be done, on the page where
// they did it.
func (h *handler) refused(w http.ResponseWriter, r *http.Request, v *visit, p page, err error) {
	if r.Context().Err() != nil {
		return
	}
	switch {
	case errors.Is(err, session.ErrClosed), errors.Is(err, session.ErrRunning):
		// Somebody was faster, here or on another device. The session's page says it all.
		if st, err := h.sessions.State(r.Context(), v.id); err == nil {
			v.state = st
		}
		h.goTo(w, r, v, current(&v.state))
		return
	case errors.Is(err, session.ErrExpired):
		h.notice(w, r, http.StatusGone, "expired", &v.state)
		return
	}
	var mendable *session.Error
	if !errors.As(err, &mendable) || problems[mendable.Code].key == "" {
		h.broken(w, r, err)
		return
	}
	problem := problems[mendable.Code]
	if problem.status == http.StatusServiceUnavailable {
		h.log.WarnContext(r.Context(), "not available", "route", r.Pattern, "error", err)
	}
	if problem.key == "error.busy" {
		w.Header().Set("Retry-After", "5")
	}
	text := v.text(problem.key, "mb", h.sessions.MaxUpload()>>20)
	if wantsJSON(r) {
		writeError(w, problem.status, strings.TrimPrefix(problem.key, "error."), text)
		return
	}
	if side, ok := sides[p]; ok {
		h.renderUpload(w, r, v, side, problem.status, text)
		return
	}
	if p == pagePictures {
		h.renderPictures(w, r, v, problem.status, text)
		return
	}
	h.renderTypes(w, r, v, problem.status, text)
}

// picture shows a picture that was sent.
func (h *handler) picture(w http.ResponseWriter, r *http.Request, v *visit) {
	body, d, err := h.sessions.Picture(r.Context(), v.id, r.PathValue("document"))
	if errors.Is(err, session.ErrNotFound) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		h.broken(w, r, err)
		return
	}
	defer func() { _ = body.Close() }()
	if !browserShows(d.MediaType) {
		http.NotFound(w, r)
		return
	}
	head := w.Header()
	head.Set("Content-Type", d.MediaType)
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Cache-Control", "no-store")
	if _, err := io.Copy(w, body); err != nil && r.Context().Err() == nil {
		h.log.ErrorContext(r.Context(), "picture not sent", "error", err)
	}
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	head := w.Header()
	head.Set("Content-Type", "application/json; charset=utf-8")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

func writeError(w http.ResponseWriter, status int, code, text string) {
	writeJSON(w, status, map[string]any{"errors": []map[string]string{{"code": code, "description": text}}})
}
