package flow

import (
	"slices"

	"idproof/internal/session"
	"idproof/report"
)

// page is the last part of the address of one of a session's pages.
type page string

const (
	pageDocument page = "document"
	pageFront    page = "front"
	pageBack     page = "back"
	pageCheck    page = "check"
	pageResult   page = "result"
	pageCancel   page = "cancel"
	pageLeave    page = "leave"
)

// The two sides of a document, as the service names their pictures.
const (
	front = "document_front"
	back  = "document_back"
)

// sides says which picture is given on which page.
var sides = map[page]string{pageFront: front, pageBack: back}

// sidePage is the page on which a side's picture is given.
func sidePage(side string) page {
	if side == back {
		return pageBack
	}
	return pageFront
}

// current is the page where a session stands:
//
//	no type chosen                     document
//	a picture is missing               front, back
//	all there, analysis not started    the last picture, with "continue"
//	analysis running                   check
//	asked for better pictures          result, with "take a new picture"
//	closed, however                    result
func current(st *session.State) page {
	switch {
	case st.Closed:
		return pageResult
	case running(st):
		return pageCheck
	case st.DocumentType == "":
		return pageDocument
	case len(st.Missing) > 0:
		return sidePage(st.Missing[0])
	case asksAgain(st):
		return pageResult
	case len(st.Sides) > 0:
		return sidePage(st.Sides[len(st.Sides)-1])
	default:
		return pageFront
	}
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
	case pageDocument, pageCancel:
		return !st.Closed && !running(st)
	case pageFront, pageBack:
		return !st.Closed && !running(st) && st.DocumentType != "" && slices.Contains(st.Sides, sides[p])
	case pageLeave:
		return st.Closed && st.ReturnURL != ""
	default:
		return p == current(st)
	}
}

// after is the page that follows a side's picture; submit is true when there
// is none and the pictures are complete.
func after(side string, st *session.State) (next page, submit bool) {
	i := slices.Index(st.Sides, side)
	if i >= 0 && i+1 < len(st.Sides) {
		return sidePage(st.Sides[i+1]), false
	}
	if len(st.Missing) > 0 {
		return sidePage(st.Missing[0]), false
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
