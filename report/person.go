package report

import "slices"

// SelfieSummary says whether the person of the selfie is the document's.
type SelfieSummary struct {
	Status      Status    `json:"status"`
	FaceMatch   FaceMatch `json:"face_match"`
	FaceQuality []Check   `json:"face_quality"` // of the selfie, after ISO/IEC 29794-5
	// Portraits are the faces of the document: the holder's first, then its ghosts.
	Portraits []Portrait `json:"portraits,omitempty"`
	Faces     int        `json:"faces"`            // on the selfie
	Region    *Quad      `json:"region,omitempty"` // of the selfie's face that was compared
}

// How a comparison of faces can end.
const (
	Match       = "Match"
	NoMatch     = "NoMatch"
	NotPossible = "NotPossible"
)

// Results of a liveness check: a person, or a picture of one; the third is [NotPossible].
const (
	Live  = "Live"
	Spoof = "Spoof"
)

// FaceMatch is the comparison of two faces.
type FaceMatch struct {
	// Score is 0 to 100 on a scale of rarity, Threshold the score from which it
	// is a match, which FalseMatchRate of all strangers reach.
	Score          float64 `json:"score"`
	Threshold      float64 `json:"threshold"`
	FalseMatchRate float64 `json:"false_match_rate"`
	Result         string  `json:"result"`
	Reason         string  `json:"reason,omitempty"` // of NotPossible: a stable code
}

// Portrait is one face on the document.
type Portrait struct {
	Page   int  `json:"page"`
	Region Quad `json:"region"`
	Ghost  bool `json:"ghost"` // a second, smaller or paler picture of the holder
	// Match is the ghost compared with the portrait, as two photographs would be.
	Match *FaceMatch `json:"match,omitempty"`
	// Likeness says whether the ghost shows the holder: same, differs or unclear.
	// Ghosts are made of the portrait's own picture, so this is the surer answer.
	Likeness string `json:"likeness,omitempty"`
	// What a forgery detection needs to know beside it, which never leaves:
	// the similarity of ghost and portrait, -1 to 1, the contrast of the ghost over
	// the portrait's, and the distance of its eyes in pixels of the picture.
	Similarity, Contrast, Eyes float64 `json:"-"`
}

// FaceSearch says whether the person of the selfie was seen before by the same
// merchant. It can be wrong about people who look alike, so nobody is declined
// for it by itself.
type FaceSearch struct {
	Result   string          `json:"result"` // New, SeenBefore, Blocked or NotPossible
	Searches []FaceSetSearch `json:"searches"`
}

// Results of a search for a face, the gravest last; a further one is [NotPossible].
const (
	FaceNew        = "New"
	FaceSeenBefore = "SeenBefore"
	FaceBlocked    = "Blocked"
)

// FaceSetSearch is a look through the faces of earlier sessions, or through the
// block list.
type FaceSetSearch struct {
	Kind  string `json:"kind"`  // seen or blocked
	Faces int    `json:"faces"` // that were compared
	// Threshold is the score from which a face is found, and FalseMatchRate the
	// part of strangers that reach it: the more faces, the fewer.
	Threshold      float64    `json:"threshold"`
	FalseMatchRate float64    `json:"false_match_rate"`
	Matches        []FaceSeen `json:"matches"` // the most alike first, at most five
}

// FaceSeen is a face that looks the same.
type FaceSeen struct {
	SessionID string  `json:"session_id,omitempty"` // of the earlier session
	EntryID   string  `json:"entry_id,omitempty"`   // of the entry on the block list
	Score     float64 `json:"score"`                // as of [FaceMatch]
}

// LivenessSummary says whether a living person was in front of the camera.
type LivenessSummary struct {
	Status Status  `json:"status"`
	Mode   string  `json:"mode"`  // passive or active
	Score  float64 `json:"score"` // 0 (a picture of a person) to 1 (a person)
	Result string  `json:"result"`
	Reason string  `json:"reason,omitempty"` // a stable code
	// Actions are those that were asked for, in order; none in passive mode.
	Actions []LivenessAction `json:"actions"`
	Checks  []Check          `json:"checks"` // those of the recording, then the signals, each with its measurements
}

// LivenessAction is one movement that was asked for.
type LivenessAction struct {
	Action  string   `json:"action"` // TurnLeft, TurnRight, LookUp, MoveTowardsCamera or MoveAwayFromCamera
	Result  Outcome  `json:"result"` // passed, failed or not_performed
	Reason  string   `json:"reason,omitempty"`
	Seconds *float64 `json:"seconds,omitempty"` // of the recording, when it was seen
	Reached *float64 `json:"reached,omitempty"` // degrees, or the size of the face over that at the start
}

// Camera is what a page noticed of a camera; browsers may keep it to themselves.
type Camera struct {
	Virtual   bool    `json:"virtual"` // its name is that of a program
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	FrameRate float64 `json:"frame_rate"`
	Jitter    float64 `json:"jitter"` // deviation of the time between frames over its mean; 0: not measured
}

// ForgerySummary says what speaks for and against the genuineness of the
// pictures.
type ForgerySummary struct {
	State     string `json:"state"` // Finished
	Score     string `json:"score"` // None, Normal, Trusted, Warning, HighRisk
	RiskScore int    `json:"riskScore"`
	// PictureRiskScore is RiskScore without what is known of other sessions;
	// absent where that changes nothing.
	PictureRiskScore *int        `json:"pictureRiskScore,omitempty"`
	TrustScore       int         `json:"trustScore"`
	Indicators       []Indicator `json:"indicators"` // the weightiest first
	// Performed are the ids of the questions that were asked of at least one picture.
	Performed    []string  `json:"performed,omitempty"`
	NotPerformed []Skipped `json:"notPerformed,omitempty"`
}

// Indicator is one thing that was noticed, with its evidence.
type Indicator struct {
	ID          string         `json:"indicatorId"`
	Title       string         `json:"title"`
	Description string         `json:"description"`
	Type        string         `json:"type"`       // RISK, TRUST or INFO
	Category    string         `json:"category"`   // file, modifications, capture, data or history
	Score       int            `json:"score"`      // 0 to 100
	Confidence  int            `json:"confidence"` // 0 to 100
	Page        int            `json:"page"`
	Regions     []Quad         `json:"regions,omitempty"`
	Metadata    map[string]any `json:"metadata"`
	// Image is the id, in [Result.Images], of a small PNG that shows the evidence,
	// and ImageURL where it is to be had. Both are empty where there is nothing to
	// see, and when used as a library: then Picture is that PNG.
	Image    string `json:"image,omitempty"`
	ImageURL string `json:"imageUrl,omitempty"`
	Picture  []byte `json:"picture,omitempty"`
}

// EvidenceImage is the [Image.Type] of a picture that shows the evidence of an [Indicator].
const EvidenceImage = "evidence"

// Skipped is a question that could not be asked of a picture.
type Skipped struct {
	ID     string `json:"indicatorId"`
	Page   int    `json:"page"`
	Reason string `json:"reason"`
}

// Each returns the summary with its indicators changed by fn; the summary itself
// stays as it is.
func (f *ForgerySummary) Each(fn func(*Indicator)) *ForgerySummary {
	out := *f
	out.Indicators = slices.Clone(f.Indicators)
	for i := range out.Indicators {
		fn(&out.Indicators[i])
	}
	return &out
}

// WithoutPictures is the summary without its pictures and the way to them, for
// where they are too personal to go.
func (f *ForgerySummary) WithoutPictures() *ForgerySummary {
	return f.Each(func(i *Indicator) { i.Picture, i.Image, i.ImageURL = nil, "", "" })
}
