package console

import (
	"errors"
	"net/http"

	"idproof/internal/staff"
)

func (h *handler) showSignIn(w http.ResponseWriter, r *http.Request) {
	if _, err := h.visitor(r); err == nil {
		http.Redirect(w, r, "/console", http.StatusSeeOther)
		return
	}
	out := h.newView(nil, "", "signin.title")
	out.Said, out.Page = h.told(r), ""
	h.render(w, r, http.StatusOK, "sign-in", out)
}

func (h *handler) signIn(w http.ResponseWriter, r *http.Request) {
	out := h.newView(nil, "", "signin.title")
	out.Page = r.PostFormValue("email")
	if h.Limits.SignIn(w, r) {
		out.Wrong = h.texts.text("signin.busy")
		h.render(w, r, http.StatusTooManyRequests, "sign-in", out)
		return
	}
	secret, err := h.Staff.SignIn(r.Context(), r.PostFormValue("email"), r.PostFormValue("password"))
	if errors.Is(err, staff.ErrRefused) {
		out.Wrong = h.texts.text("signin.refused")
		h.render(w, r, http.StatusUnauthorized, "sign-in", out)
		return
	}
	if err != nil {
		h.answer(w, r, nil, err)
		return
	}
	h.enter(w, r, secret)
}

// enter gives the browser its new visit in the place of the one it had.
func (h *handler) enter(w http.ResponseWriter, r *http.Request, secret string) {
	if old, err := r.Cookie(h.cookie()); err == nil {
		if err := h.Staff.SignOut(r.Context(), old.Value); err != nil {
			h.answer(w, r, nil, err)
			return
		}
	}
	h.setCookie(w, secret)
	http.Redirect(w, r, "/console", http.StatusSeeOther)
}

// invitation finds whom a link is for, or answers.
func (h *handler) invitation(w http.ResponseWriter, r *http.Request) (staff.User, bool) {
	if h.Limits.SignIn(w, r) {
		h.notice(w, r, nil, http.StatusTooManyRequests, "busy")
		return staff.User{}, false
	}
	u, err := h.Staff.Invited(r.Context(), r.PathValue("secret"))
	switch {
	case errors.Is(err, staff.ErrNotFound):
		h.notice(w, r, nil, http.StatusNotFound, "welcome.gone")
	case err != nil:
		h.answer(w, r, nil, err)
	}
	return u, err == nil
}

func (h *handler) showWelcome(w http.ResponseWriter, r *http.Request) {
	if u, ok := h.invitation(w, r); ok {
		out := h.newView(nil, "", "welcome.title")
		out.Page = u.Email
		h.render(w, r, http.StatusOK, "welcome", out)
	}
}

func (h *handler) welcome(w http.ResponseWriter, r *http.Request) {
	u, ok := h.invitation(w, r)
	if !ok {
		return
	}
	password := r.PostFormValue("password")
	var secret string
	var err error
	wrong := ""
	if password == r.PostFormValue("again") {
		secret, err = h.Staff.Accept(r.Context(), r.PathValue("secret"), password)
	} else {
		wrong = "welcome.differ"
	}
	switch {
	case errors.Is(err, staff.ErrShort):
		wrong = "welcome.short"
	case errors.Is(err, staff.ErrLong):
		wrong = "welcome.long"
	case errors.Is(err, staff.ErrCommon):
		wrong = "welcome.common"
	case errors.Is(err, staff.ErrNotFound):
		h.notice(w, r, nil, http.StatusNotFound, "welcome.gone")
		return
	case err != nil:
		h.answer(w, r, nil, err)
		return
	}
	if wrong != "" {
		out := h.newView(nil, "", "welcome.title")
		out.Page, out.Wrong = u.Email, h.texts.text(wrong)
		h.render(w, r, http.StatusBadRequest, "welcome", out)
		return
	}
	h.enter(w, r, secret)
}

func (h *handler) home(w http.ResponseWriter, r *http.Request, v *visit) error {
	if v.Role == staff.Admin {
		return seeOther(w, r, "/console/settings/"+h.groups[0].ID, "")
	}
	h.render(w, r, http.StatusOK, "home", h.newView(v, "home", "home.title"))
	return nil
}

func (h *handler) account(w http.ResponseWriter, r *http.Request, v *visit) error {
	h.render(w, r, http.StatusOK, "account", h.newView(v, "account", "account.title"))
	return nil
}

func (h *handler) signOut(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := h.Staff.SignOut(r.Context(), v.secret); err != nil {
		return err
	}
	h.setCookie(w, "")
	return seeOther(w, r, "/console/sign-in", "signin.ended")
}

func (h *handler) signOutEverywhere(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := h.Staff.SignOutEverywhere(r.Context(), v.ID); err != nil {
		return err
	}
	h.setCookie(w, "")
	return seeOther(w, r, "/console/sign-in", "signin.ended")
}
