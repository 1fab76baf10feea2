package flow

import (
	"slices"

	"idproof/internal/session"
	"idproof/report"
)

// page is the last part of the address of one of a session's pages.
type page string

const (
	pageWelcome  page = "welcome"
	pageDevice   page = "device"
	pageDocument page = "document"
	pageFront    page = "front"
	pageBack     page = "back"
	pageSelfie   page = "selfie"
	pagePictures page = "pictures"
	pageCheck    page = "check"
	pageResult   page = "result"
	pageCancel   page = "cancel"
	pageLeave    page = "leave"
)

// The uploads that the pages ask for, as the service names them.
const (
	front  = session.Front
	back   = session.Back
	selfie = session.Selfie
)

// sides says which picture is given on which page.
var sides = map[page]string{pageFront: front, pageBack: back, pageSelfie: selfie}

// sidePage is the page on which a picture is given.
func sidePage(side string) page {
	switch side {
	case back:
		return pageBack
	case selfie:
		return pageSelfie
	case recording:
		return pageLiveness
	}
	return pageFront
}

// wanted are the pictures that the session asks for, in order: the sides of the
// document, then the face where that is to be looked at, then the movements.
func wanted(st *session.State) []string {
	all := slices.Clone(st.Sides)
	if asksSelfie(st) {
		all = append(all, selfie)
	}
	if st.Recording {
		all = append(all, recording)
	}
	return all
}

// asksFace tells whether the person is to show their face.
func asksFace(st *session.State) bool { return asksSelfie(st) || st.Recording }

// asksSelfie tells whether they are to do so with one picture.
func asksSelfie(st *session.State) bool {
	return slices.Contains(st.AnalysisTypes, "selfie") || (slices.Contains(st.AnalysisTypes, "liveness") && !st.Recording)
}

// missing are the wanted pictures that are not there, or not good enough.
func missing(st *session.State) []string {
	return slices.DeleteFunc(wanted(st), func(side string) bool { return given(side, st) })
}

// current is the page where a session stands:
//
//	no type chosen                     document
//	a picture is missing               front, back, selfie, liveness
//	all there, analysis not started    pictures; the picture itself when there is only one
//	analysis running                   check
//	asked for better pictures          result, with "take a new picture"
//	closed, however                    result
//
// Before the first there are welcome and device, which change nothing.
func current(st *session.State) page {
	if st.Closed {
		return pageResult
	}
	if running(st) {
		return pageCheck
	}
	if !chosen(st) {
		return pageDocument
	}
	if m := missing(st); len(m) > 0 {
		return sidePage(m[0])
	}
	if asksAgain(st) {
		return pageResult
	}
	return review(st)
}

// review is the page on which complete pictures are looked at before they are
// checked.
func review(st *session.State) page {
	if all := wanted(st); len(all) == 1 {
		return sidePage(all[0])
	}
	return pagePictures
}

// steps are the pages that the person is told the number of: a page for each
// picture, then the one on which several are looked at. The choice of the
// document is none of them, since what follows depends on it.
func steps(st *session.State) []page {
	var all []page
	for _, side := range wanted(st) {
		all = append(all, sidePage(side))
	}
	if len(all) > 1 {
		all = append(all, pagePictures)
	}
	return all
}

// running tells whether an analysis is under way.
func running(st *session.State) bool { return !st.Closed && st.Status == report.Pending }

// asksAgain tells whether the last analysis ended with the wish for better pictures.
func asksAgain(st *session.State) bool {
	return !st.Closed && !running(st) && len(st.Reasons) > 0
}

// allowed tells whether a page can be shown in that state, so that the back
// button and old tabs work where they make sense.
func allowed(p page, st *session.State) bool {
	switch p {
	case pageWelcome, pageDevice, pageCancel:
		return !st.Closed && !running(st)
	case pageDocument:
		return !st.Closed && !running(st) && !st.NoDocument
	case pageFront, pageBack, pageSelfie:
		return !st.Closed && !running(st) && chosen(st) && slices.Contains(wanted(st), sides[p])
	case pageLiveness:
		return !st.Closed && !running(st) && chosen(st) && st.Recording
	case pagePictures:
		return !st.Closed && !running(st) && chosen(st) && len(missing(st)) == 0 && review(st) == p
	case pageLeave:
		return st.Closed && st.ReturnURL != ""
	default:
		return p == current(st)
	}
}

// after is the page that follows a picture; submit is true when it was the only
// one, which the person has just looked at.
func after(st *session.State) (next page, submit bool) {
	if m := missing(st); len(m) > 0 {
		return sidePage(m[0]), false
	}
	if len(wanted(st)) > 1 {
		return pagePictures, false
	}
	return pageCheck, true
}

// documentOf returns the picture of a side, or nil.
func documentOf(side string, st *session.State) *session.Document {
	for i := range st.Documents {
		if st.Documents[i].Type == side {
			return &st.Documents[i]
		}
	}
	return nil
}
