package raster

import (
	"encoding/binary"
	"errors"
)

// The HEIC decoder can be built with checks, at every turn of a loop, whether it
// should stop; they make it three times slower. This file finds out, from the
// structure alone (ISO/IEC 14496-12 and 23008-12, ITU-T H.265), whether a file
// can only cause bounded work, as those of telephones do: one picture, or one
// grid of pictures, each of a single intra frame. Whatever else it meets goes to
// the slow decoder.

// errUnbounded is a file about whose work nothing is known.
var errUnbounded = errors.New("unusual structure")

// heifItem is what matters of one item.
type heifItem struct {
	kind  string
	at, n int   // its only extent
	plain bool  // stored in the file itself, in one piece
	props []int // indices into the properties, from 1
}

type heif struct {
	data    []byte
	primary uint32
	items   map[uint32]*heifItem
	props   []box
	parts   map[uint32][]uint32 // of derived pictures
	aux     map[uint32][]uint32 // from auxiliary pictures to what they belong to
}

type box struct {
	kind string
	body []byte
}

// boxes splits data; anything irregular is an error.
func boxes(data []byte) ([]box, error) {
	var out []box
	for len(data) > 0 {
		if len(data) < 8 {
			return nil, errUnbounded
		}
		n, head := uint64(binary.BigEndian.Uint32(data)), 8
		switch {
		case n == 0:
			n = uint64(len(data))
		case n == 1 && len(data) >= 16:
			n, head = binary.BigEndian.Uint64(data[8:]), 16
		}
		if n < uint64(head) || n > uint64(len(data)) || len(out) > 5000 {
			return nil, errUnbounded
		}
		out = append(out, box{string(data[4:8]), data[head:n]})
		data = data[n:]
	}
	return out, nil
}

// bits reads big-endian numbers and keeps in bad that the end was passed.
type bits struct {
	data []byte
	pos  int // in bits
	bad  bool
}

func (b *bits) read(n int) (v uint32) {
	for range n {
		if b.pos>>3 >= len(b.data) {
			b.bad = true
			return 0
		}
		v = v<<1 | uint32(b.data[b.pos>>3]>>(7-b.pos&7)&1)
		b.pos++
	}
	return v
}

func (b *bits) skip(n int) { b.pos += n }

// golomb reads an unsigned Exp-Golomb code (H.265 clause 9.2).
func (b *bits) golomb() uint32 {
	zeros := 0
	for b.read(1) == 0 {
		if zeros++; zeros > 31 || b.bad {
			b.bad = true
			return 0
		}
	}
	return 1<<zeros - 1 + b.read(zeros)
}

// heifWork estimates the work of decoding the primary picture, in pixels of easy
// content. An error means that it cannot be told.
func heifWork(data []byte) (int64, error) {
	h, err := parseHEIF(data)
	if err != nil {
		return 0, err
	}
	work, err := h.work(h.primary, true)
	if err != nil {
		return 0, err
	}
	for from, to := range h.aux {
		if len(to) != 1 || to[0] != h.primary {
			return 0, errUnbounded
		}
		w, err := h.work(from, true)
		if err != nil {
			return 0, err
		}
		work += w
	}
	return work, nil
}

func parseHEIF(data []byte) (*heif, error) {
	top, err := boxes(data)
	if err != nil {
		return nil, err
	}
	h := &heif{data: data, items: map[uint32]*heifItem{}, parts: map[uint32][]uint32{}, aux: map[uint32][]uint32{}}
	var meta []byte
	for _, b := range top {
		if b.kind == "meta" {
			if meta != nil || len(b.body) < 4 {
				return nil, errUnbounded
			}
			meta = b.body[4:]
		}
	}
	inside, err := boxes(meta)
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	for _, b := range inside {
		if found[b.kind] != nil || len(b.body) < 4 {
			return nil, errUnbounded
		}
		found[b.kind] = b.body
	}
	pitm := bits{data: found["pitm"]}
	h.primary = pitm.id(pitm.read(8), 1)
	if pitm.bad {
		return nil, errUnbounded
	}
	for _, step := range []struct {
		kind  string
		parse func([]byte) error
	}{{"iinf", h.parseItems}, {"iloc", h.parsePlaces}, {"iprp", h.parseProperties}, {"iref", h.parseReferences}} {
		if body := found[step.kind]; body != nil {
			if err := step.parse(body); err != nil {
				return nil, err
			}
		}
	}
	return h, nil
}

// id skips a box's flags and reads an item's number, which is long from the
// given version on.
func (b *bits) id(version uint32, long uint32) uint32 {
	b.skip(24)
	return b.number(version >= long)
}

func (b *bits) number(long bool) uint32 {
	if long {
		return b.read(32)
	}
	return b.read(16)
}

// parseItems reads iinf and its infe boxes.
func (h *heif) parseItems(body []byte) error {
	head := 6
	if body[0] > 0 {
		head = 8
	}
	if len(body) < head {
		return errUnbounded
	}
	entries, err := boxes(body[head:])
	if err != nil {
		return err
	}
	for _, e := range entries {
		b := bits{data: e.body}
		version := b.read(8)
		id := b.id(version, 3)
		b.skip(16)
		kind := binary.BigEndian.AppendUint32(nil, b.read(32))
		if b.bad || e.kind != "infe" || version < 2 || h.items[id] != nil {
			return errUnbounded
		}
		h.items[id] = &heifItem{kind: string(kind)}
	}
	return nil
}

// parsePlaces reads iloc.
func (h *heif) parsePlaces(body []byte) error {
	b := bits{data: body}
	version := b.read(8)
	b.skip(24)
	offset, length, base, index := int(b.read(4)), int(b.read(4)), int(b.read(4)), int(b.read(4))
	if version > 2 || offset > 4 || length > 4 || base > 4 {
		return errUnbounded
	}
	for range b.number(version == 2) {
		id := b.number(version == 2)
		method := uint32(0)
		if version > 0 {
			method = b.read(16)
		} else {
			index = 0
		}
		reference := b.read(16)
		from := int(b.read(8 * base))
		extents := int(b.read(16))
		if b.bad || extents > 64 {
			return errUnbounded
		}
		for range extents {
			b.skip(8 * index)
			at, n := from+int(b.read(8*offset)), int(b.read(8*length))
			if item := h.items[id]; item != nil {
				item.plain = extents == 1 && method == 0 && reference == 0 && !item.plain && at+n <= len(h.data)
				item.at, item.n = at, n
			}
		}
		if b.bad {
			return errUnbounded
		}
	}
	return nil
}

// parseProperties reads iprp: the properties and which item has which.
func (h *heif) parseProperties(body []byte) error {
	inside, err := boxes(body)
	if err != nil {
		return err
	}
	for _, e := range inside {
		switch {
		case e.kind == "ipco" && h.props == nil:
			if h.props, err = boxes(e.body); err != nil {
				return err
			}
		case e.kind == "ipma" && len(e.body) > 4:
			b := bits{data: e.body}
			version := b.read(8)
			wide := b.read(24)&1 == 1
			for range b.read(32) {
				id := b.number(version > 0)
				for range b.read(8) {
					b.skip(1)
					p := 7
					if wide {
						p = 15
					}
					if v := int(b.read(p)); h.items[id] != nil {
						h.items[id].props = append(h.items[id].props, v)
					}
				}
				if b.bad {
					return errUnbounded
				}
			}
		default:
			return errUnbounded
		}
	}
	return nil
}

// parseReferences reads iref.
func (h *heif) parseReferences(body []byte) error {
	inside, err := boxes(body[4:])
	if err != nil {
		return err
	}
	long := body[0] > 0
	for _, e := range inside {
		b := bits{data: e.body}
		from := b.number(long)
		var to []uint32
		for range b.read(16) {
			if to = append(to, b.number(long)); b.bad {
				return errUnbounded
			}
		}
		switch e.kind {
		case "dimg":
			h.parts[from] = append(h.parts[from], to...)
		case "auxl":
			h.aux[from] = append(h.aux[from], to...)
		}
	}
	return nil
}

// work adds up what decoding an item costs; grids only of coded pictures.
func (h *heif) work(id uint32, grid bool) (int64, error) {
	item := h.items[id]
	switch {
	case item == nil:
		return 0, errUnbounded
	case item.kind == "hvc1":
		return h.coded(item)
	case item.kind != "grid" || !grid || len(h.parts[id]) == 0:
		return 0, errUnbounded
	}
	var sum int64
	costs := map[uint32]int64{}
	for _, part := range h.parts[id] {
		cost, known := costs[part]
		if !known {
			var err error
			if cost, err = h.work(part, false); err != nil {
				return 0, err
			}
			costs[part] = cost
		}
		sum += cost
	}
	return sum, nil
}

// coded estimates one HEVC picture: its area for each slice, and its bits.
func (h *heif) coded(item *heifItem) (int64, error) {
	var area int64
	for _, p := range item.props {
		if p < 1 || p > len(h.props) {
			return 0, errUnbounded
		}
		if b := h.props[p-1]; b.kind == "hvcC" {
			a, err := hevcArea(b.body)
			if err != nil || area != 0 {
				return 0, errUnbounded
			}
			area = a
		}
	}
	if area == 0 || !item.plain {
		return 0, errUnbounded
	}
	pictures, slices := 0, int64(0)
	for data := h.data[item.at : item.at+item.n]; len(data) > 0; {
		if len(data) < 7 {
			return 0, errUnbounded
		}
		n := int64(binary.BigEndian.Uint32(data))
		unit := data[4:]
		if n < 3 || n > int64(len(unit)) {
			return 0, errUnbounded
		}
		switch kind := unit[0] >> 1 & 0x3f; {
		case kind >= 16 && kind <= 21: // intra
			slices++
			pictures += int(unit[2] >> 7) // first slice of a picture
		case kind < 35: // other pictures; parameters that might change the size
			return 0, errUnbounded
		}
		data = unit[n:]
	}
	if pictures > 1 {
		return 0, errUnbounded
	}
	return area*max(1, slices) + 8*int64(item.n), nil
}

// hevcArea returns the pixels of a picture by a decoder configuration record
// (ISO/IEC 14496-15 clause 8.3.3.1).
func hevcArea(c []byte) (int64, error) {
	if len(c) < 23 || c[21]&3 != 3 {
		return 0, errUnbounded
	}
	var area int64
	rest := bits{data: c[23:]}
	for range c[22] {
		kind := rest.read(8) & 0x3f
		for range rest.read(16) {
			n := int(rest.read(16))
			from := rest.pos / 8
			if rest.skip(8 * n); rest.bad || from+n > len(rest.data) {
				return 0, errUnbounded
			}
			switch kind {
			case 33:
				w, h, err := spsSize(rest.data[from : from+n])
				if err != nil || area != 0 {
					return 0, errUnbounded
				}
				area = int64(w) * int64(h)
			case 32, 34, 39, 40: // parameters, remarks
			default:
				return 0, errUnbounded
			}
		}
	}
	return area, nil
}

// spsSize reads the size from a sequence parameter set (H.265 clause 7.3.2.2).
func spsSize(unit []byte) (w, h uint32, err error) {
	var raw []byte
	for i, v := range unit { // without emulation prevention
		if v == 3 && i >= 2 && unit[i-1] == 0 && unit[i-2] == 0 {
			continue
		}
		raw = append(raw, v)
	}
	b := bits{data: raw}
	b.skip(16 + 4)
	layers := int(b.read(3))
	b.skip(1 + 96)
	sub := 0
	for range layers {
		sub += int(88*b.read(1) + 8*b.read(1))
	}
	if layers > 0 {
		b.skip(2 * (8 - layers))
	}
	b.skip(sub)
	b.golomb()
	if b.golomb() == 3 {
		b.skip(1)
	}
	w, h = b.golomb(), b.golomb()
	if b.bad || w == 0 || h == 0 || w > 1<<16 || h > 1<<16 {
		return 0, 0, errUnbounded
	}
	return w, h, nil
}
