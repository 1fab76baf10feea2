package analysis

import (
	"context"
	"slices"

	"idproof/engine/authenticity"
	"idproof/internal/gallery"
	"idproof/internal/history"
	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/report"
)

// suspect adds to a forgery detection what earlier sessions of the merchant saw,
// and names the risk by the merchant's thresholds.
func (w *Worker) suspect(ctx context.Context, sess session.Session, a session.Analysis, set merchant.Forgery, r *report.Result) error {
	f := r.AnalysisSummary.Forgery
	if f == nil {
		return nil
	}
	set = set.ByDefault()
	if set.History == "on" {
		h := history.History{Store: w.History}
		v := history.Visit{SessionID: sess.ID, AnalysisID: a.ID, Address: sess.Private.IP, At: a.RequestedAt, Alike: alike(r)}
		if err := h.Look(ctx, v, r); err != nil {
			return err
		}
	} else {
		history.Off(f)
	}
	history.Settle(f, set.Thresholds())
	authenticity.Into(r, set.Thresholds())
	return nil
}

// alike are the earlier sessions that show the same face; nil: nobody compared.
func alike(r *report.Result) []string {
	f := r.AnalysisSummary.FaceSearch
	if f == nil || f.Result == report.NotPossible {
		return nil
	}
	i := slices.IndexFunc(f.Searches, func(s report.FaceSetSearch) bool { return s.Kind == string(gallery.Seen) })
	if i < 0 {
		return nil
	}
	ids := []string{}
	for _, m := range f.Searches[i].Matches {
		ids = append(ids, m.SessionID)
	}
	return ids
}
