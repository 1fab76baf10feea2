package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"idproof/internal/merchant"
	"idproof/internal/staff"
)

// keysPage is what the page of keys shows.
type keysPage struct {
	Keys  []keyLine
	Made  string // the new key; shown once
	Kind  string
	Test  bool
	Label string
}

type keyLine struct {
	merchant.Key

	Over bool // it does not work any more
}

func (h *handler) showKeys(w http.ResponseWriter, r *http.Request, v *visit) error {
	out := h.newView(v, "keys", "keys.title")
	out.Said = h.told(r)
	return h.renderKeys(w, r, http.StatusOK, out, keysPage{Kind: string(merchant.Secret)})
}

func (h *handler) renderKeys(w http.ResponseWriter, r *http.Request, status int, out *view, p keysPage) error {
	all, err := h.Merchants.Keys(r.Context(), out.Visit.merchant.ID)
	if err != nil {
		return err
	}
	var over []keyLine
	for _, k := range all {
		if k.Active(h.Now()) {
			p.Keys = append(p.Keys, keyLine{Key: k})
		} else {
			over = append(over, keyLine{k, true})
		}
	}
	p.Keys = append(p.Keys, over...)
	out.Page = p
	h.render(w, r, status, "keys", out)
	return nil
}

func (h *handler) makeKey(w http.ResponseWriter, r *http.Request, v *visit) error {
	out := h.newView(v, "keys", "keys.title")
	p := keysPage{Kind: r.PostFormValue("kind"), Test: r.PostFormValue("mode") == "test", Label: r.PostFormValue("label")}
	kind := merchant.KeyKind(p.Kind)
	if kind != merchant.Secret && kind != merchant.Publishable {
		return errNotFound
	}
	if len(p.Label) > 100 {
		out.Wrong = h.texts.text("keys.badlabel")
		return h.renderKeys(w, r, http.StatusBadRequest, out, p)
	}
	k, key := merchant.Key{MerchantID: v.merchant.ID, Kind: kind, Test: p.Test, Label: p.Label}.Issue(h.Now())
	if err := h.Merchants.InsertKey(r.Context(), k, merchant.HashKey(key)); err != nil {
		return err
	}
	return h.renderKeys(w, r, http.StatusCreated, out, keysPage{Made: key, Kind: string(merchant.Secret)})
}

func (h *handler) endKey(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := h.Merchants.EndKey(r.Context(), v.merchant.ID, r.PathValue("id"), h.Now()); err != nil {
		return err
	}
	return seeOther(w, r, "/console/keys", "keys.ended")
}

// changesPage is what the page of changes shows.
type changesPage struct {
	Changes []changeLine
	Next    int64 // to go on from; 0: there is no more
}

type changeLine struct {
	merchant.Change

	By       string   // who, as people say it
	Settings []string // that were changed
}

// changesOfPage is how many changes a page has.
const changesOfPage = 50

func (h *handler) changes(w http.ResponseWriter, r *http.Request, v *visit) error {
	var before int64
	if s := r.URL.Query().Get("before"); s != "" {
		var err error
		if before, err = strconv.ParseInt(s, 10, 64); err != nil || before < 1 {
			return errNotFound
		}
	}
	all, err := h.Merchants.Audit(r.Context(), v.merchant.ID, before, changesOfPage+1)
	if err != nil {
		return err
	}
	people, err := h.Staff.People(r.Context(), v.merchant.ID)
	if err != nil {
		return err
	}
	var p changesPage
	if len(all) > changesOfPage {
		all, p.Next = all[:changesOfPage], all[changesOfPage-1].ID
	}
	for _, c := range all {
		line := changeLine{Change: c, By: h.by(c.Who, v, people)}
		var detail struct {
			Settings []string `json:"settings"`
		}
		if len(c.Detail) > 0 && json.Unmarshal(c.Detail, &detail) == nil {
			line.Settings = detail.Settings
		}
		p.Changes = append(p.Changes, line)
	}
	out := h.newView(v, "changes", "changes.title")
	out.Page = p
	h.render(w, r, http.StatusOK, "changes", out)
	return nil
}

// by is who made a change, as people say it.
func (h *handler) by(who string, v *visit, people []staff.User) string {
	kind, id, _ := strings.Cut(who, ":")
	switch kind {
	case "user":
		if id == v.ID {
			return h.texts.text("changes.you")
		}
		if i := slices.IndexFunc(people, func(u staff.User) bool { return u.ID == id }); i >= 0 {
			return people[i].Email
		}
		return h.texts.text("changes.gone")
	case "cli":
		return h.texts.text("changes.cli", "name", id)
	case "key":
		return h.texts.text("changes.key", "id", id)
	}
	return h.texts.text("changes.system")
}
