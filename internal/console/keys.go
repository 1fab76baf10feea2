package console

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"idproof/internal/merchant"
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
	key := merchant.NewKeyOf(kind, p.Test)
	k := merchant.Key{
		ID: uuid.NewString(), MerchantID: v.merchant.ID, Kind: kind, Test: p.Test, Label: p.Label, Hint: merchant.Hint(key),
		CreatedAt: h.Now().UTC().Truncate(time.Microsecond),
	}
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
	Changes []merchant.Change
	Me      string
	Next    int64 // to go on from; 0: there is no more
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
	p := changesPage{Changes: all, Me: "user:" + v.ID}
	if len(all) > changesOfPage {
		p.Changes, p.Next = all[:changesOfPage], all[changesOfPage-1].ID
	}
	out := h.newView(v, "changes", "changes.title")
	out.Page = p
	h.render(w, r, http.StatusOK, "changes", out)
	return nil
}
