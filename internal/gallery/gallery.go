// Package gallery looks for one face among many: those of a merchant's earlier
// sessions, and those that the merchant has put on a block list.
//
// It is off until a merchant's settings turn it on, and it looks at one
// merchant's faces only, live and test ones apart. Whoever looks alike need not
// be the same person: what it finds asks a person to look, and no policy
// declines anyone for it. What is kept of a face is a template ([face.Template]),
// sealed; that of a session goes when the pictures of the person go, by erasing
// or by the merchant's retention, one of the block list when it is taken off.
//
// [Store] keeps faces, [Index] finds those near to one. [Memory] is the index
// that comes with the program: exact, and good to a million faces for each
// merchant. A vector database can stand behind the same interface.
package gallery

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"idproof/engine/face"
	"idproof/internal/merchant"
	"idproof/report"
)

// Kind says why a face is kept.
type Kind string

// The kinds.
const (
	Seen    Kind = "seen"    // in a session
	Blocked Kind = "blocked" // put on the block list
)

// Set is faces that are looked through together.
type Set struct {
	MerchantID string
	Test       bool
	Kind       Kind
}

// Face is a face that is kept.
type Face struct {
	Set

	// Number is given by the store and grows; a face that takes another's place
	// gets a new one.
	Number    int64
	ID        string        // that of its session, or of its entry on the block list
	Model     string        // version of the network; templates of others cannot be compared
	Template  face.Template // of length 1
	Note      string        // the merchant's own, on the block list
	CreatedAt time.Time
}

// ErrNotFound says that there is no such face.
var ErrNotFound = errors.New("gallery: not found")

// Store keeps faces, their templates and notes sealed.
type Store interface {
	// KeepFace keeps a face, in the place of that of the same set and id. A face
	// seen in a session whose pictures of the person were erased is not kept, and
	// no error. A face of the block list is written into the merchant's audit trail.
	KeepFace(ctx context.Context, f Face) error
	// Faces returns the faces of a set and model (empty: any) whose numbers are
	// above after, by number, at most limit.
	Faces(ctx context.Context, s Set, model string, after int64, limit int) ([]Face, error)
	// FacesOf returns those of these numbers that are still there, in any order.
	FacesOf(ctx context.Context, s Set, numbers []int64) ([]Face, error)
	// FaceNumbers returns the numbers of a set and model (empty: any).
	FaceNumbers(ctx context.Context, s Set, model string) ([]int64, error)
	// FaceOf returns the face of that id, or ErrNotFound.
	FaceOf(ctx context.Context, s Set, id string) (Face, error)
	// ForgetFace forgets a face, or returns ErrNotFound. One of the block list is
	// written into the merchant's audit trail.
	ForgetFace(ctx context.Context, s Set, id string) error
}

// Hit is a face that an [Index] found.
type Hit struct {
	ID         string
	Similarity float64 // cosine, of the templates as they are kept
}

// Index finds the faces of a set that are near to one. It may lag behind the
// store by what is being kept at the same moment, and never finds a face that
// the store has forgotten.
type Index interface {
	// Near returns the faces at least so similar, the most similar first, at most
	// most, and among how many it has looked; least is asked once for that number.
	Near(ctx context.Context, s Set, model string, t face.Template, least func(faces int) float64, most int) (hits []Hit, faces int, err error)
}

// Eye makes templates of pictures; the engine is one.
type Eye interface {
	// Face returns the template of the most prominent face of a picture and the
	// version of the network, or why there is none: a reason of package face.
	Face(ctx context.Context, picture []byte) (t face.Template, model, reason string, err error)
}

// Visit is a session that shows a face.
type Visit struct {
	SessionID, MerchantID string
	Test                  bool
	At                    time.Time
	Template              face.Template // nil: no face that can be compared
	Model                 string
}

// Gallery keeps and finds faces.
type Gallery struct {
	Store Store
	Index Index
	Eye   Eye // may be nil where nothing is put on a block list
}

const (
	// alarms is how many strangers a look through a whole set may find, on
	// average; so the larger the set, the more alike two faces must be.
	alarms = 0.01
	most   = 5 // faces of each kind that are reported
)

// Look compares the face of a session with those kept, and keeps it if that is
// wanted. It keeps first: of two sessions at the same time at least one finds
// the other.
func (g *Gallery) Look(ctx context.Context, v Visit, want merchant.FaceSettings) (*report.FaceSearch, error) {
	out := &report.FaceSearch{Result: report.NotPossible, Searches: []report.FaceSetSearch{}}
	if v.Template == nil {
		return out, nil
	}
	if want.Seen {
		f := Face{Set: Set{v.MerchantID, v.Test, Seen}, ID: v.SessionID, Model: v.Model, Template: v.Template, CreatedAt: v.At}
		if err := g.Store.KeepFace(ctx, f); err != nil {
			return nil, fmt.Errorf("gallery: %w", err)
		}
	}
	out.Result = report.FaceNew
	for _, k := range []struct {
		kind   Kind
		wanted bool
		found  string
	}{{Seen, want.Seen, report.FaceSeenBefore}, {Blocked, want.Blocked, report.FaceBlocked}} { // the gravest last
		if !k.wanted {
			continue
		}
		s, err := g.search(ctx, v, k.kind)
		if err != nil {
			return nil, err
		}
		out.Searches = append(out.Searches, s)
		if len(s.Matches) > 0 {
			out.Result = k.found
		}
	}
	return out, nil
}

func (g *Gallery) search(ctx context.Context, v Visit, k Kind) (out report.FaceSetSearch, err error) {
	set := Set{v.MerchantID, v.Test, k}
	atLeast := func(faces int) float64 { return face.SimilarityOf(Rate(faces)) }
	// One more: the session's own face is among those that were seen.
	hits, size, err := g.Index.Near(ctx, set, v.Model, v.Template, atLeast, most+1)
	if err != nil {
		return out, fmt.Errorf("gallery: %w", err)
	}
	rate := Rate(size)
	tenth := func(x float64) float64 { return math.Round(x*10) / 10 }
	out = report.FaceSetSearch{Kind: string(k), Faces: size, Threshold: tenth(face.Threshold(rate)), FalseMatchRate: rate, Matches: []report.FaceSeen{}}
	if k == Seen {
		out.Faces-- // its own
	}
	for _, h := range hits {
		if h.ID == v.SessionID || len(out.Matches) == most {
			continue
		}
		m := report.FaceSeen{Score: tenth(face.ScoreOf(h.Similarity))}
		if k == Seen {
			m.SessionID = h.ID
		} else {
			m.EntryID = h.ID
		}
		out.Matches = append(out.Matches, m)
	}
	out.Faces = max(out.Faces, 0)
	return out, nil
}

// Rate is the false-match rate at which a face is looked for among so many: at
// most one stranger in a hundred looks, and never more than in a comparison of two.
func Rate(faces int) float64 { return min(face.DefaultFalseMatchRate, alarms/float64(max(faces, 1))) }

// NoFaceError says why a picture has no face that can be compared.
type NoFaceError struct{ Reason string } // of package face

func (e *NoFaceError) Error() string { return "gallery: no face that can be compared: " + e.Reason }

// Block puts the face of a picture on a block list, with a note of the
// merchant's own. It returns a [NoFaceError] where there is none.
func (g *Gallery) Block(ctx context.Context, merchantID string, test bool, picture []byte, note string, at time.Time) (Face, error) {
	t, model, reason, err := g.Eye.Face(ctx, picture)
	if err != nil {
		return Face{}, err
	}
	if t == nil {
		return Face{}, &NoFaceError{reason}
	}
	f := Face{
		Set: Set{merchantID, test, Blocked}, ID: uuid.NewString(), Model: model, Template: t, Note: note,
		CreatedAt: at.UTC().Truncate(time.Microsecond),
	}
	return f, g.Store.KeepFace(ctx, f)
}
