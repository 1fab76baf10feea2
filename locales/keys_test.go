package locales_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"idproof/engine/face"
	"idproof/engine/quality"
	"idproof/internal/policy"
	"idproof/internal/session"
	"idproof/locales"
	"idproof/report"
)

// built are the keys that are put together at run time: the beginning with all its ends.
func built(t *testing.T) map[string][]string {
	t.Helper()
	types := []string{report.Passport, report.IdentityCard, report.DrivingLicense, report.ResidencePermit, report.Visa, report.Other}
	sides := []string{"front", "back"}
	reasons := []string{"other"} // for codes without words of their own
	for _, r := range policy.Rules() {
		reasons = append(reasons, strings.ToLower(r.Code))
	}
	causes, err := os.ReadFile("../web/src/capture/cause.ts")
	if err != nil {
		t.Fatal(err)
	}
	union := regexp.MustCompile(`(?m)^export type Cause = (.*);$`).FindSubmatch(causes)
	if union == nil {
		t.Fatal("cause.ts has no type Cause")
	}
	return map[string][]string{
		"type.":        types,
		"upload.":      {report.Passport, report.Visa},
		"upload.hint.": {report.Passport, report.Visa, "front", "back", "selfie"},
		"quality.": {
			quality.Dark, quality.Bright, quality.Glare, quality.Blurred, quality.Covered, quality.CutOff, quality.LowResolution,
			quality.Tilted, quality.WrongSide, session.NoDocument, session.TypeNotAccepted, session.CountryNotAccepted,
			face.ReasonNoFace, face.ReasonTooSmall, face.ReasonTurned, face.ReasonUnclear, "several_faces", // see engine.Glance
		},
		"reason.": reasons,
		"field.": {
			"type", "full_name", "first_name", "last_name", "date_of_birth", "gender", "nationality", "personal_number",
			"document_number", "issuing_country", "date_of_issue", "date_of_expiry",
		},
		"side.":                    {session.Front, session.Back, session.Selfie, session.Recording},
		"gender.":                  {"M", "F", "X"},
		"camera.cause.":            strings.Split(strings.ReplaceAll(string(union[1]), `"`, ""), " | "),
		"upload.identity_card.":    sides,
		"upload.driving_license.":  sides,
		"upload.residence_permit.": sides,
		"upload.other.":            sides,
	}
}

// Every key is used by a page or its script, and what they use is there.
func TestKeysAndUsesAgree(t *testing.T) {
	all, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	english := all.Find("en")
	groups := map[string]bool{}
	for _, key := range english.Keys() {
		group, _, _ := strings.Cut(key, ".")
		groups[group] = true
	}
	used := map[string]bool{}
	for start, ends := range built(t) {
		for _, end := range ends {
			used[start+end] = true
		}
	}
	outcome := func(name string) { used[name+".title"], used[name+".lead"] = true, true }
	literal := regexp.MustCompile("[\"'`]([a-z]+(?:\\.[a-zA-Z_]+)+)[\"'`]")
	notice := regexp.MustCompile(`\.notice\(.*?, "([a-z_]+)"|name(?: :=|, | =) "([a-z]+)"`)
	for _, dir := range []string{"../internal/flow", "../web/src/flow", "../web/src/capture", "../web/src/liveness"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".test.ts") || strings.HasSuffix(path, ".css") {
				return err
			}
			data, err := os.ReadFile(path)
			for _, m := range literal.FindAllSubmatch(data, -1) {
				key := string(m[1])
				group, _, _ := strings.Cut(key, ".")
				if !groups[group] || strings.HasSuffix(key, ".html") {
					continue
				}
				if english.Has(key + ".title") {
					outcome(key)
				}
				if english.Has(key) || !english.Has(key+".title") {
					used[key] = true
				}
			}
			for _, m := range notice.FindAllSubmatch(data, -1) {
				outcome("notice." + string(m[1]) + string(m[2]))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for key := range used {
		if !english.Has(key) && !strings.HasPrefix(key, "reason.") { // see flow's TestEveryReasonHasWords
			t.Errorf("%s is used and not there", key)
		}
	}
	for _, key := range english.Keys() {
		if !used[key] {
			t.Errorf("%s is there and not used", key)
		}
	}
}
