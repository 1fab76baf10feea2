package forgery

import (
	"encoding/binary"
	"errors"
)

// coefficients are the quantised DCT coefficients of a JPEG's first component,
// the luma: what the file says before it becomes pixels. Re-deriving them from
// pixels would add the noise of rounding, which hides what is looked for here.
type coefficients struct {
	bw, bh int        // blocks
	q      [64]uint16 // steps, natural order
	c      []int16    // 64 a block, natural order, rows of blocks
}

// block returns the coefficients of the block in column x and row y.
func (c *coefficients) block(x, y int) []int16 {
	i := 64 * (y*c.bw + x)
	return c.c[i : i+64 : i+64]
}

// errJPEG is a file whose coefficients cannot be read: damaged, arithmetic
// coding, lossless, 12 bits.
var errJPEG = errors.New("its JPEG coding is damaged or unusual")

const maxBlocks = 210e6 / 64

// huffman is a decoding table: eight bits at once, longer codes one by one.
type huffman struct {
	fast            [256]uint16 // length<<8 | value; 0: longer
	min, max, first [17]int32   // of codes of each length; first value's index
	values          [256]byte
}

type jpegComponent struct {
	id, h, v, tq byte
	bw, bh       int // blocks that the picture covers
	pw, ph       int // blocks of whole MCUs
	dc, ac       int
	pred         int32
}

// jpegReader decodes entropy-coded segments (ITU-T T.81 annexes F and G).
type jpegReader struct {
	data []byte
	pos  int
	acc  uint64
	bits uint

	dc, ac      [4]*huffman
	comp        []jpegComponent
	progressive bool
	restart     int
	eobRun      int
	out         *coefficients
	pad         [64]int16 // coefficients that are not kept
}

// readCoefficients decodes the luma of a JPEG file.
func readCoefficients(data []byte) (*coefficients, error) {
	r := &jpegReader{data: data}
	tables := map[byte][64]uint16{}
	scans := 0
	for p := 2; p+4 <= len(data); {
		if data[p] != 0xff {
			p++
			continue
		}
		marker := data[p+1]
		if marker == 0xff {
			p++
			continue
		}
		if marker <= 0x01 || marker >= 0xd0 && marker <= 0xd8 {
			p += 2
			continue
		}
		if marker == 0xd9 {
			break
		}
		n := int(binary.BigEndian.Uint16(data[p+2:]))
		if n < 2 || p+2+n > len(data) {
			return nil, errJPEG
		}
		seg := data[p+4 : p+2+n]
		p += 2 + n
		var err error
		switch {
		case marker == 0xdb:
			quantTables(seg, tables)
		case marker == 0xc4:
			err = r.tables(seg)
		case marker == 0xdd && len(seg) >= 2:
			r.restart = int(binary.BigEndian.Uint16(seg))
		case marker >= 0xc0 && marker <= 0xc2:
			err = r.frame(seg, marker == 0xc2)
			if err == nil {
				r.out.q = tables[r.comp[0].tq]
			}
		case marker >= 0xc3 && marker <= 0xcf && marker != 0xc8 && marker != 0xcc:
			err = errJPEG
		case marker == 0xda:
			if r.out == nil {
				return nil, errJPEG
			}
			if t, ok := tables[r.comp[0].tq]; ok {
				r.out.q = t
			}
			r.pos = p
			if scans++; scans > 64 {
				return nil, errJPEG
			}
			err = r.scan(seg)
			p = r.pos
		}
		if err != nil {
			return nil, err
		}
	}
	if scans == 0 {
		return nil, errJPEG
	}
	for _, q := range r.out.q {
		if q == 0 {
			return nil, errJPEG
		}
	}
	return r.out, nil
}

// tables reads a DHT segment.
func (r *jpegReader) tables(seg []byte) error {
	for len(seg) >= 17 {
		class, id := seg[0]>>4, seg[0]&15
		if class > 1 || id > 3 {
			return errJPEG
		}
		h := &huffman{}
		total, code := 0, int32(0)
		for l := 1; l <= 16; l++ {
			n := int(seg[l])
			h.min[l], h.first[l] = code, int32(total)
			if code += int32(n); code > 1<<l {
				return errJPEG
			}
			h.max[l] = code // exclusive
			code <<= 1
			total += n
		}
		if total > 256 || len(seg) < 17+total {
			return errJPEG
		}
		copy(h.values[:], seg[17:17+total])
		for l := 1; l <= 8; l++ {
			for c := h.min[l]; c < h.max[l]; c++ {
				v := h.values[h.first[l]+c-h.min[l]]
				for i := range 1 << (8 - l) {
					h.fast[int(c)<<(8-l)|i] = uint16(l)<<8 | uint16(v)
				}
			}
		}
		if class == 0 {
			r.dc[id] = h
		} else {
			r.ac[id] = h
		}
		seg = seg[17+total:]
	}
	return nil
}

// frame reads an SOF segment and makes room.
func (r *jpegReader) frame(seg []byte, progressive bool) error {
	if r.out != nil || len(seg) < 6 || seg[0] != 8 || len(seg) < 6+3*int(seg[5]) || seg[5] == 0 || seg[5] > 4 {
		return errJPEG
	}
	h, w := int(binary.BigEndian.Uint16(seg[1:])), int(binary.BigEndian.Uint16(seg[3:]))
	if w == 0 || h == 0 {
		return errJPEG
	}
	r.progressive = progressive
	mh, mv := 0, 0
	for i := range int(seg[5]) {
		s := seg[6+3*i:]
		c := jpegComponent{id: s[0], h: s[1] >> 4, v: s[1] & 15, tq: s[2]}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 {
			return errJPEG
		}
		mh, mv = max(mh, int(c.h)), max(mv, int(c.v))
		r.comp = append(r.comp, c)
	}
	for i := range r.comp {
		c := &r.comp[i]
		cw, ch := (w*int(c.h)+mh-1)/mh, (h*int(c.v)+mv-1)/mv
		c.bw, c.bh = (cw+7)/8, (ch+7)/8
		c.pw, c.ph = (w+8*mh-1)/(8*mh)*int(c.h), (h+8*mv-1)/(8*mv)*int(c.v)
	}
	y := r.comp[0]
	if y.pw*y.ph > maxBlocks || len(r.data) < y.bw*y.bh/512 {
		return errJPEG
	}
	r.out = &coefficients{bw: y.bw, bh: y.bh, c: make([]int16, 64*y.bw*y.bh)}
	return nil
}

// scan decodes one scan; of components other than the first the bits are read and forgotten.
func (r *jpegReader) scan(seg []byte) error {
	if len(seg) < 1 || len(seg) < 4+2*int(seg[0]) {
		return errJPEG
	}
	n := int(seg[0])
	var in []*jpegComponent
	for i := range n {
		found := false
		for k := range r.comp {
			if c := &r.comp[k]; c.id == seg[1+2*i] {
				c.dc, c.ac = int(seg[2+2*i]>>4)&3, int(seg[2+2*i]&3)
				in, found = append(in, c), true
				break
			}
		}
		if !found {
			return errJPEG
		}
	}
	s := seg[1+2*n:]
	ss, se, ah, al := int(s[0]), int(s[1]), uint(s[2]>>4), uint(s[2]&15)
	if !r.progressive {
		ss, se, ah, al = 0, 63, 0, 0
	}
	if ss > se || se > 63 || al > 13 || n == 0 || n > 1 && ss > 0 {
		return errJPEG
	}
	// A scan without the first component tells nothing here; skip to its end. (In
	// a progressive file a refinement needs what came before, so it cannot even
	// be followed without keeping it.)
	if in[0] != &r.comp[0] && (r.progressive || n == 1) {
		r.skip()
		return nil
	}
	r.acc, r.bits, r.eobRun = 0, 0, 0
	for _, c := range in {
		c.pred = 0
		if (ss == 0 && ah == 0 && r.dc[c.dc] == nil) || (se > 0 && r.ac[c.ac] == nil) {
			return errJPEG
		}
	}
	mx, my := in[0].bw, in[0].bh // alone: only the blocks that the picture covers
	if n > 1 {
		mx, my = in[0].pw/int(in[0].h), in[0].ph/int(in[0].v)
	}
	count := 0
	for y := range my {
		for x := range mx {
			if r.restart > 0 && count > 0 && count%r.restart == 0 {
				if err := r.resync(); err != nil {
					return err
				}
				for _, c := range in {
					c.pred = 0
				}
			}
			count++
			for _, c := range in {
				if n == 1 {
					if err := r.decode(c, x, y, ss, se, ah, al); err != nil {
						return err
					}
					continue
				}
				for v := range int(c.v) {
					for h := range int(c.h) {
						if err := r.decode(c, x*int(c.h)+h, y*int(c.v)+v, ss, se, ah, al); err != nil {
							return err
						}
					}
				}
			}
		}
	}
	r.skip()
	return nil
}

// skip moves to the next marker after the entropy-coded data.
func (r *jpegReader) skip() {
	p := r.pos // bits taken in advance never reach beyond a marker
	for ; p+1 < len(r.data); p++ {
		if r.data[p] == 0xff && r.data[p+1] != 0 && (r.data[p+1] < 0xd0 || r.data[p+1] > 0xd7) && r.data[p+1] != 0xff {
			break
		}
	}
	r.pos = p
}

// resync steps over a restart marker.
func (r *jpegReader) resync() error {
	p := r.pos
	for ; p+1 < len(r.data); p++ {
		if r.data[p] == 0xff && r.data[p+1] >= 0xd0 && r.data[p+1] <= 0xd7 {
			break
		}
		if r.data[p] == 0xff && r.data[p+1] != 0 && r.data[p+1] != 0xff {
			return errJPEG
		}
	}
	if p+1 >= len(r.data) {
		return errJPEG
	}
	r.pos, r.acc, r.bits, r.eobRun = p+2, 0, 0, 0
	return nil
}

// fill brings at least 32 bits; past the end and at markers they are zeros.
func (r *jpegReader) fill() {
	for r.bits <= 48 {
		var b byte
		if r.pos < len(r.data) {
			b = r.data[r.pos]
			switch {
			case b != 0xff:
				r.pos++
			case r.pos+1 < len(r.data) && r.data[r.pos+1] == 0:
				r.pos += 2
			default:
				b = 0 // a marker: stay before it
			}
		}
		r.acc = r.acc<<8 | uint64(b)
		r.bits += 8
	}
}

// take reads n bits, at most 16.
func (r *jpegReader) take(n uint) int32 {
	if n == 0 {
		return 0
	}
	if r.bits < n {
		r.fill()
	}
	r.bits -= n
	return int32(r.acc >> r.bits & (1<<n - 1))
}

// value reads an n-bit difference (T.81 table F.1).
func (r *jpegReader) value(n uint) int32 {
	v := r.take(n)
	if n > 0 && v < 1<<(n-1) {
		v -= 1<<n - 1
	}
	return v
}

func (r *jpegReader) symbol(h *huffman) (byte, error) {
	if r.bits < 16 {
		r.fill()
	}
	if f := h.fast[r.acc>>(r.bits-8)&255]; f != 0 {
		r.bits -= uint(f >> 8)
		return byte(f), nil
	}
	for l := uint(9); l <= 16; l++ {
		c := int32(r.acc >> (r.bits - l) & (1<<l - 1))
		if c < h.max[l] {
			if c < h.min[l] {
				break
			}
			r.bits -= l
			return h.values[h.first[l]+c-h.min[l]], nil
		}
	}
	return 0, errJPEG
}

func (r *jpegReader) decode(c *jpegComponent, x, y, ss, se int, ah, al uint) error {
	out := r.pad[:]
	if c == &r.comp[0] && x < c.bw && y < c.bh {
		out = r.out.block(x, y)
	}
	switch {
	case !r.progressive:
		return r.sequential(c, out)
	case ss == 0:
		if ah > 0 {
			out[0] |= int16(r.take(1) << al)
			return nil
		}
		t, err := r.symbol(r.dc[c.dc])
		if err != nil || t > 15 {
			return errJPEG
		}
		c.pred += r.value(uint(t))
		out[0] = int16(c.pred << al)
		return nil
	case ah == 0:
		return r.first(c, out, ss, se, al)
	}
	return r.refine(c, out, ss, se, al)
}

func (r *jpegReader) sequential(c *jpegComponent, out []int16) error {
	t, err := r.symbol(r.dc[c.dc])
	if err != nil || t > 15 {
		return errJPEG
	}
	c.pred += r.value(uint(t))
	out[0] = int16(c.pred)
	ac := r.ac[c.ac]
	for k := 1; k < 64; {
		s, err := r.symbol(ac)
		if err != nil {
			return err
		}
		if s&15 == 0 {
			if s != 0xf0 {
				break
			}
			k += 16
			continue
		}
		if k += int(s >> 4); k > 63 {
			return errJPEG
		}
		out[zigzag[k]] = int16(r.value(uint(s & 15)))
		k++
	}
	return nil
}

func (r *jpegReader) first(c *jpegComponent, out []int16, ss, se int, al uint) error {
	if r.eobRun > 0 {
		r.eobRun--
		return nil
	}
	for k := ss; k <= se; {
		s, err := r.symbol(r.ac[c.ac])
		if err != nil {
			return err
		}
		n := uint(s >> 4)
		if s&15 == 0 {
			if n < 15 {
				r.eobRun = 1<<n - 1 + int(r.take(n))
				return nil
			}
			k += 16
			continue
		}
		if k += int(n); k > se {
			return errJPEG
		}
		out[zigzag[k]] = int16(r.value(uint(s&15)) << al)
		k++
	}
	return nil
}

func (r *jpegReader) refine(c *jpegComponent, out []int16, ss, se int, al uint) error {
	bit := int16(1) << al
	k := ss
	if r.eobRun == 0 {
		for k <= se {
			s, err := r.symbol(r.ac[c.ac])
			if err != nil {
				return err
			}
			n, v := int(s>>4), int16(0)
			switch s & 15 {
			case 0:
				if n < 15 {
					r.eobRun = 1<<n + int(r.take(uint(n)))
				}
			case 1:
				v = -bit
				if r.take(1) != 0 {
					v = bit
				}
			default:
				return errJPEG
			}
			if s&15 == 0 && n < 15 {
				break
			}
			for ; k <= se; k++ {
				at := &out[zigzag[k]]
				if *at != 0 {
					r.correct(at, bit)
					continue
				}
				if n == 0 {
					*at = v
					k++
					break
				}
				n--
			}
		}
	}
	if r.eobRun > 0 {
		for ; k <= se; k++ {
			if at := &out[zigzag[k]]; *at != 0 {
				r.correct(at, bit)
			}
		}
		r.eobRun--
	}
	return nil
}

// correct reads the next bit of a coefficient that is already known not to be zero.
func (r *jpegReader) correct(at *int16, bit int16) {
	if r.take(1) == 0 || *at&bit != 0 {
		return
	}
	if *at > 0 {
		*at += bit
	} else {
		*at -= bit
	}
}
