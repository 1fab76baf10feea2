package eval_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"idproof/engine"
	"idproof/eval"
	"idproof/report"
)

// parrot reads the same passport from every picture; an engine.Engine does better.
type parrot struct{}

func (parrot) Analyze(context.Context, []engine.Input, engine.Options) (*report.Result, error) {
	res := report.New()
	res.Document = &report.Document{MRZ: &report.MRZ{
		Format: "TD3", Valid: true, Certainty: report.Printed,
		Lines: []string{"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"},
	}}
	return res, nil
}

func ExampleRun() {
	dir, err := os.MkdirTemp("", "eval")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	manifest := `[
	  {"file": "passport.png", "class": "mrz", "mrz": {"type": "TD3", "all_check_digits_valid": true, "lines": [
	    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
	    "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]}},
	  {"file": "wall.png", "class": "negative"}
	]`
	for name, text := range map[string]string{"manifest.json": manifest, "passport.png": "…", "wall.png": "…"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}

	m, err := eval.Load(filepath.Join(dir, "manifest.json"))
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := eval.Run(context.Background(), parrot{}, m, eval.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range out.Rows {
		fmt.Println(out.Rows[i].File, out.Rows[i].Verdict())
	}
	fmt.Println("exact:", out.Summary.Exact, "of", out.Summary.Truth)
	fmt.Println("false alarms:", out.Summary.FalseAlarms, "of", out.Summary.Negatives)
	// Output:
	// passport.png exact
	// wall.png ALARM
	// exact: 1 of 1
	// false alarms: 1 of 1
}
