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

// Live is the result of a liveness check that found a person; the others are
// "Spoof" and [NotPossible].
const Live = "Live"

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
	// Match is the ghost compared with the portrait.
	Match *FaceMatch `json:"match,omitempty"`
}

// LivenessSummary says whether a living person was in front of the camera.
type LivenessSummary struct {
	Status  Status   `json:"status"`
	Mode    string   `json:"mode"`  // passive or active
	Score   float64  `json:"score"` // 0 (a picture of a person) to 1 (a person)
	Result  string   `json:"result"`
	Reason  string   `json:"reason,omitempty"` // a stable code
	Actions []string `json:"actions"`          // that were asked for and shown
	Checks  []Check  `json:"checks"`           // the signals, each with its measurements
}

// ForgerySummary says what speaks for and against the genuineness of the
// pictures.
type ForgerySummary struct {
	State        string      `json:"state"` // Finished
	Score        string      `json:"score"` // None, Normal, Trusted, Warning, HighRisk
	RiskScore    int         `json:"riskScore"`
	TrustScore   int         `json:"trustScore"`
	Indicators   []Indicator `json:"indicators"` // the weightiest first
	NotPerformed []Skipped   `json:"notPerformed,omitempty"`
}

// Indicator is one thing that was noticed, with its evidence.
type Indicator struct {
	ID          string         `json:"indicatorId"`
	Title       string         `json:"title"`
	Description string         `json:"description"`
	Type        string         `json:"type"`       // RISK, TRUST or INFO
	Category    string         `json:"category"`   // file, modifications, capture or data
	Score       int            `json:"score"`      // 0 to 100
	Confidence  int            `json:"confidence"` // 0 to 100
	Page        int            `json:"page"`
	Regions     []Quad         `json:"regions,omitempty"`
	Metadata    map[string]any `json:"metadata"`
	// Picture is a small PNG that shows the evidence; absent where there is nothing to see.
	Picture []byte `json:"picture,omitempty"`
}

// Skipped is a question that could not be asked of a picture.
type Skipped struct {
	ID     string `json:"indicatorId"`
	Page   int    `json:"page"`
	Reason string `json:"reason"`
}

// WithoutPictures is the summary without its pictures, for where they are too
// large or too personal to go.
func (f *ForgerySummary) WithoutPictures() *ForgerySummary {
	out := *f
	out.Indicators = slices.Clone(f.Indicators)
	for i := range out.Indicators {
		out.Indicators[i].Picture = nil
	}
	return &out
}
