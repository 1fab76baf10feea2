package mrz

// values are the characters' values in a check digit (ICAO 9303-3, 4.9); -1
// outside the alphabet.
var values = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i := range 36 {
		t[alphabet[i]] = int8(i)
	}
	t['<'] = 0
	return t
}()

// CheckDigit returns the check digit of s, '0' to '9' (ICAO 9303-3, 4.9). It
// reports false when s holds a character outside A-Z, 0-9 and '<'.
func CheckDigit(s string) (byte, bool) {
	var c summer
	c.add(s)
	return c.digit()
}

// summer adds up a check digit over several pieces of text.
type summer struct {
	sum    int
	weight uint8 // of the next character: 0 for 7, then 3, then 1
	bad    bool  // a character was outside the alphabet
	filled bool  // a character was not a filler
}

func (c *summer) add(s string) {
	sum, weight := c.sum, c.weight
	for i := range len(s) {
		v := int(values[s[i]])
		if v < 0 {
			c.bad = true
			v = 0
		}
		if s[i] != '<' {
			c.filled = true
		}
		switch weight {
		case 0:
			v *= 7
			weight = 1
		case 1:
			v *= 3
			weight = 2
		default:
			weight = 0
		}
		sum += v
	}
	c.sum, c.weight = sum, weight
}

func (c *summer) digit() (byte, bool) {
	if c.bad {
		return 0, false
	}
	return byte('0' + c.sum%10), true
}

// Check is one check digit of a document.
type Check struct {
	// Field is what the digit protects; FieldComposite for the overall digit.
	Field Field
	// Line and Pos say where the digit stands, counted from zero.
	Line, Pos int
	// Printed is the character that stands there. Computed is what should stand
	// there: '0' to '9', or 0 when characters outside the MRZ alphabet make it
	// impossible to say.
	Printed, Computed byte
	// OK says that Printed is right. It can be so when the two differ: '<' is as
	// good as '0' for empty optional data (CheckSpec.BlankOK).
	OK bool
}

// check works out one check digit of parsed lines. The second result says that
// the digit is right only if the filler in front of a long number's rest is
// counted in (see CheckSpec).
func (c *CheckSpec) check(lines []string) (Check, bool) {
	k := Check{Field: c.Field, Line: c.Line, Pos: c.Pos, Printed: lines[c.Line][c.Pos]}
	var sum summer
	for _, s := range c.Spans {
		sum.add(lines[s.Line][s.Start : s.Start+s.Len])
	}
	if n := c.longRest(lines); n > 0 {
		with := sum
		rest := lines[c.Long.Line][c.Long.Start : c.Long.Start+n-1]
		sum.add(rest)
		k.Line, k.Pos = c.Long.Line, c.Long.Start+n-1
		k.Printed = lines[k.Line][k.Pos]
		k.Computed, _ = sum.digit()
		k.OK = k.Computed != 0 && k.Printed == k.Computed
		if !k.OK {
			with.add("<")
			with.add(rest)
			if d, ok := with.digit(); ok && d == k.Printed {
				k.Computed, k.OK = d, true
				return k, true
			}
		}
		return k, false
	}
	k.Computed, _ = sum.digit()
	k.OK = k.Computed != 0 && k.Printed == k.Computed ||
		c.BlankOK && k.Printed == '<' && !sum.filled && !sum.bad
	return k, false
}

// longRest returns how many characters of c.Long hold the rest of a long
// document number and its check digit: at least two, or 0 when the number ends
// where it should.
func (c *CheckSpec) longRest(lines []string) int {
	if c.Long.Len == 0 || lines[c.Line][c.Pos] != '<' {
		return 0
	}
	head := c.Spans[0]
	if lines[head.Line][head.Start+head.Len-1] == '<' {
		return 0
	}
	rest := lines[c.Long.Line][c.Long.Start : c.Long.Start+c.Long.Len]
	n := 0
	for n < len(rest) && rest[n] != '<' {
		n++
	}
	if n < 2 || rest[n-1] < '0' || rest[n-1] > '9' {
		return 0
	}
	return n
}
