package classify

import (
	"bufio"
	_ "embed" // data
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"idproof/mrz"
)

var (
	//go:embed data/signs.txt
	signData string
	//go:embed data/regions.txt
	regionData string
	//go:embed data/numbers.txt
	numberData string
)

// knowledge is the data of this package.
type knowledge struct {
	signs   map[string]string // of licences: sign to issuer
	regions map[string]string // name in small letters without spaces to ISO 3166-2
	postal  map[string]string // US two-letter code to ISO 3166-2
	alpha2  map[string]string // ISO 3166-1 to ICAO 9303-3
	numbers []numberForm
}

type numberForm struct {
	typ, issuer string
	weight      float64
	form        *regexp.Regexp
}

func readKnowledge() (*knowledge, error) {
	k := &knowledge{signs: map[string]string{}, regions: map[string]string{}, postal: map[string]string{}, alpha2: map[string]string{}}
	for _, s := range mrz.States() {
		if s.Issues && !s.Withdrawn && s.Alpha2 != "" && k.alpha2[s.Alpha2] == "" {
			k.alpha2[s.Alpha2] = s.Code
		}
	}
	err := rows(signData, 2, func(f []string) error {
		if _, ok := mrz.StateName(f[1]); !ok {
			return fmt.Errorf("no state has the code %q", f[1])
		}
		k.signs[f[0]] = f[1]
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("signs: %w", err)
	}
	err = rows(regionData, 2, func(f []string) error {
		k.regions[letters(f[1])] = f[0]
		if code, ok := strings.CutPrefix(f[0], "US-"); ok {
			k.postal[code] = f[0]
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("regions: %w", err)
	}
	err = rows(numberData, 4, func(f []string) error {
		w, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			return err
		}
		re, err := regexp.Compile(`(?:^|[\s:.])` + f[3] + `(?:$|[\s,.])`)
		k.numbers = append(k.numbers, numberForm{f[0], f[1], w, re})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("numbers: %w", err)
	}
	return k, nil
}

// issuer returns the code of ICAO 9303-3 for an issuer as zones print it: some
// cards have the two letters of ISO 3166-1, and INTERPOL had letters of its own.
func (k *knowledge) issuer(printed string) (code string, known bool) {
	if _, ok := mrz.StateName(printed); ok {
		return printed, true
	}
	switch {
	case printed == "DEU":
		return "D", true
	case printed == "INP":
		return "XPO", true
	case len(printed) == 2:
		if code, ok := k.alpha2[printed]; ok {
			return code, true
		}
	}
	return printed, false
}

// country is the ICAO code of the country of a region.
func (k *knowledge) country(region string) string {
	if strings.HasPrefix(region, "CA-") {
		return "CAN"
	}
	return "USA"
}

// rows calls f with the fields of every row that is no comment; the last field
// runs to the end of the row.
func rows(data string, fields int, f func([]string) error) error {
	s := bufio.NewScanner(strings.NewReader(data))
	for s.Scan() {
		row := strings.TrimSpace(s.Text())
		if row == "" || row[0] == '#' {
			continue
		}
		parts := strings.SplitN(row, " ", fields)
		if len(parts) != fields {
			return fmt.Errorf("row %q", row)
		}
		if err := f(parts); err != nil {
			return fmt.Errorf("row %q: %w", row, err)
		}
	}
	return s.Err()
}
