package api

import (
	"archive/zip"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"idproof/internal/session"
	"idproof/report"
)

// EventItem is an entry of a session's audit trail.
type EventItem struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Actor   string    `json:"actor" enum:"person,client,system"`
	Who     string    `json:"who,omitempty" doc:"Which key, when it was by API"`
	Subject string    `json:"subject,omitempty" doc:"Id of the document or analysis, version of the consent"`
}

// EventsResponse is the audit trail of a session, oldest first.
type EventsResponse struct {
	ID     string         `json:"id"`
	Events []EventItem    `json:"events"`
	Errors []report.Error `json:"errors"`
}

// privacyRoutes are the operations by which a person's rights are honoured.
func (a *API) privacyRoutes(h huma.API, op func(id, method, path, summary string) huma.Operation) {
	erase := op("erase-session", http.MethodDelete, "/{id}", "Erase everything personal of a session")
	erase.Description = "Pictures, results, what was said of the person, webhooks and links go for good; an open session is cancelled. That there was a session, its states and its audit trail stay until the merchant's retention ends."
	erase.Responses = answers[report.Result](h, "200", "What is left of the session")
	a.add(h, secret, erase, a.ends(a.Sessions.Erase))

	export := op("export-session", http.MethodGet, "/{id}/export", "Download everything that is kept of a session")
	export.Responses = answers[RequestError](h, "default", "What is wrong")
	export.Responses["200"] = &huma.Response{Description: "A ZIP of JSON files and the pictures", Content: map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
	a.add(h, secret, export, a.export)

	read(a, h, secret, op("list-events", "", "/{id}/events", "List who did what with the session, oldest first"), a.events)
}

func (a *API) events(r *http.Request) (*EventsResponse, error) {
	s, err := a.session(r)
	if err != nil {
		return nil, err
	}
	all, err := a.Sessions.Events(r.Context(), s.ID)
	if err != nil {
		return nil, err
	}
	out := &EventsResponse{ID: s.ID, Events: []EventItem{}, Errors: none}
	for _, e := range all {
		item := EventItem{At: e.At, Kind: e.Kind, Actor: string(e.Actor), Subject: e.Subject}
		if strings.HasPrefix(e.Who, "key:") {
			item.Who = e.Who
		}
		out.Events = append(out.Events, item)
	}
	return out, nil
}

// export streams all that is kept of a session; nothing of it touches the disk.
func (a *API) export(w http.ResponseWriter, r *http.Request) error {
	s, err := a.session(r)
	if err != nil {
		return err
	}
	if err := a.Sessions.Exported(r.Context(), s.ID, session.Client); err != nil {
		return err
	}
	result, err := a.result(r)
	if err != nil {
		return err
	}
	events, err := a.events(r)
	if err != nil {
		return err
	}
	hooks, err := a.webhooks(r)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="session-`+s.ID+`.zip"`)
	h.Set("Cache-Control", "private, no-store")
	z := zip.NewWriter(w)
	if err := a.pack(z, r, s, map[string]any{"result.json": result, "events.json": events, "webhooks.json": hooks, "request.json": s.Private}); err == nil {
		err = z.Close()
		if err == nil {
			return nil
		}
	}
	// The answer has begun; only a broken connection can still say it.
	a.Log.ErrorContext(r.Context(), "export broke off", "session", s.ID)
	panic(http.ErrAbortHandler)
}

func (a *API) pack(z *zip.Writer, r *http.Request, s session.Session, files map[string]any) error {
	for _, an := range s.Analyses {
		out := analysisResponse(s, an)
		var err error
		if out.Result, err = a.Sessions.AnalysisResult(r.Context(), s, an); err != nil {
			return err
		}
		files["analyses/"+an.ID+".json"] = out
	}
	for name, v := range files {
		f, err := z.Create(name)
		if err != nil {
			return err
		}
		e := json.NewEncoder(f)
		e.SetIndent("", "  ")
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	for _, d := range s.AllDocuments() {
		name := "pictures/" + d.Type + "-" + d.ID
		if ext, err := mime.ExtensionsByType(d.MediaType); err == nil && len(ext) > 0 {
			name += ext[0]
		}
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: d.CreatedAt})
		if err != nil {
			return err
		}
		p, _, err := a.Sessions.Image(r.Context(), s, d.ID)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, p)
		_ = p.Close()
		if err != nil {
			return err
		}
	}
	return nil
}
