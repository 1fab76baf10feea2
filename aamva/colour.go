package aamva

import "strings"

// The colours of ANSI D-20, as the standard takes them over (D.12.3).
var (
	eyeColours = map[string]string{
		"BLK": "black", "BLU": "blue", "BRO": "brown", "DIC": "dichromatic", "GRY": "grey",
		"GRN": "green", "HAZ": "hazel", "MAR": "maroon", "PNK": "pink", "UNK": "unknown",
	}
	hairColours = map[string]string{
		"BAL": "bald", "BLK": "black", "BLN": "blond", "BRO": "brown", "GRY": "grey",
		"RED": "red", "SDY": "sandy", "WHI": "white", "UNK": "unknown",
	}
	// What is printed in their place.
	colourHabits = map[string]string{
		"BL": "BLU", "BLACK": "BLK", "BLUE": "BLU", "BR": "BRO", "BRN": "BRO", "BROWN": "BRO",
		"GR": "GRN", "GREEN": "GRN", "GRAY": "GRY", "GREY": "GRY", "HZ": "HAZ", "HZL": "HAZ", "HAZEL": "HAZ",
		"BK": "BLK", "GY": "GRY", "BLD": "BAL", "BALD": "BAL", "BLO": "BLN", "BLOND": "BLN", "BLONDE": "BLN",
		"SANDY": "SDY", "WHITE": "WHI", "WHT": "WHI", "PINK": "PNK", "MAROON": "MAR",
		"DICHROMATIC": "DIC", "UNKNOWN": "UNK", "RD": "RED",
	}
)

// colour brings a colour to its code.
func colour(v string, codes map[string]string) string {
	v = strings.ToUpper(v)
	if codes[v] != "" {
		return v
	}
	if c := colourHabits[v]; codes[c] != "" {
		return c
	}
	return v
}

// ColourName returns the English name of a colour's code, "" for no code.
func ColourName(code string) string {
	if n := eyeColours[code]; n != "" {
		return n
	}
	return hairColours[code]
}
