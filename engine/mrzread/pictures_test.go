package mrzread_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"idproof/engine/model"
	"idproof/engine/mrzread"
	"idproof/engine/ocr"
	"idproof/engine/raster"
	"idproof/mrz"
)

type entry struct {
	File, Class string
	MRZ         *struct {
		Type  string
		Lines []string
		Valid bool `json:"all_check_digits_valid"`
	}
}

// TestDevelopmentPictures reads the collected pictures, where they are at hand,
// and guards what was reached; "idproof eval" is the full measurement.
func TestDevelopmentPictures(t *testing.T) {
	root := os.Getenv("IDPROOF_DATA")
	if root == "" {
		root = "../../../shared/data"
	}
	data, err := os.ReadFile(filepath.Join(root, "manifest.json"))
	if err != nil {
		t.Skip("the development pictures are not here: ", err)
	}
	var all []entry
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	rt, err := model.Open("", 2)
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	det, err := ocr.NewDetector(rt)
	if err != nil {
		t.Fatal(err)
	}
	var recs []*ocr.Recognizer
	names := os.Getenv("RECS")
	if names == "" {
		names = "ppocr3_latin,ppocr4_rec"
	}
	for _, n := range strings.Split(names, ",") {
		rec, err := ocr.NewRecognizer(rt, n)
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	reader := mrzread.NewReader(recs...)
	now := time.Now()
	var exact, valid, found, wrong, wrongSure, repaired, falseAlarms, certain int
	var tDec, tDet, tRead time.Duration
	n := 0
	for _, e := range all {
		if e.Class != "mrz" && e.Class != "negative" {
			continue
		}
		if f := os.Getenv("ONLY"); f != "" && !strings.Contains(e.File, f) {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(root, e.File))
		if err != nil {
			t.Fatal(err)
		}
		t0 := time.Now()
		pages, err := raster.Decode(t.Context(), raw, raster.DefaultLimits())
		if err != nil {
			fmt.Printf("%-50s %v\n", e.File, err)
			continue
		}
		im := pages[0].Image
		t1 := time.Now()
		lines, err := det.Detect(t.Context(), im)
		if err != nil {
			t.Fatal(err)
		}
		t2 := time.Now()
		got, err := mrzread.Find(t.Context(), reader, det, im, im.Gray(), lines)
		if err != nil {
			t.Fatal(err)
		}
		t3 := time.Now()
		tDec += t1.Sub(t0)
		tDet += t2.Sub(t1)
		tRead += t3.Sub(t2)
		n++
		if e.Class == "negative" {
			if got != nil {
				falseAlarms++
				fmt.Printf("FALSE %-50s %v %.2f\n", e.File, got.Lines, got.LogLik)
			}
			continue
		}
		if got == nil {
			fmt.Printf("NONE  %-50s lines %d\n", e.File, len(lines))
			continue
		}
		found++
		d := mrz.ParseAs(got.Layout.Format, got.Lines, now)
		ok := true
		for _, c := range d.Checks {
			ok = ok && c.OK
		}
		same := strings.Join(got.Lines, "\n") == strings.Join(e.MRZ.Lines, "\n")
		if ok && e.MRZ.Valid {
			valid++
		}
		if same && e.MRZ.Valid {
			exact++
			if got.Certain {
				certain++
			}
		}
		mark := "ok   "
		switch {
		case ok && !e.MRZ.Valid:
			mark = "REPAIR"
			repaired++
		case ok && !same && got.Certain:
			mark = "SURE!"
			wrongSure++
		case ok && !same:
			mark = "wrong"
			wrong++
		case !same:
			mark = "diff "
		}
		if !same || testing.Verbose() {
			fmt.Printf("%s %-45s %s/%s ll %.2f pitch %.1f certain %v valid %v/%v rep %v\n", mark, filepath.Base(e.File), got.Layout.Format, e.MRZ.Type, got.LogLik, got.Pitch, got.Certain, ok, e.MRZ.Valid, got.Repairs)
			if !same {
				for i := range max(len(e.MRZ.Lines), len(got.Lines)) {
					var a, b string
					if i < len(got.Lines) {
						a = got.Lines[i]
					}
					if i < len(e.MRZ.Lines) {
						b = e.MRZ.Lines[i]
					}
					if a != b {
						fmt.Printf("      %s\n      %s\n", a, b)
					}
				}
			}
		}
	}
	fmt.Printf("pictures %d found %d valid %d exact %d (certain %d) wrong-uncertain %d wrong-sure %d repaired %d false %d; decode %v detect %v read %v\n",
		n, found, valid, exact, certain, wrong, wrongSure, repaired, falseAlarms, tDec/time.Duration(n), tDet/time.Duration(n), tRead/time.Duration(n))
}
