package raster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// gridHEIC makes a file as telephones write them out of one coded picture of 96
// by 64 pixels: a grid of the same tile, across by down.
func gridHEIC(tb testing.TB, across, down int) []byte {
	tb.Helper()
	h, err := parseHEIF(file(tb, "rotated.heic"))
	if err != nil {
		tb.Fatal(err)
	}
	item := h.items[h.primary]
	tile := h.data[item.at : item.at+item.n]
	be := binary.BigEndian
	box := func(kind string, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append(append(be.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
	}
	full := func(version byte) []byte { return []byte{version, 0, 0, 0} }
	shorts := func(v ...int) (b []byte) {
		for _, n := range v {
			b = be.AppendUint16(b, uint16(n))
		}
		return b
	}
	infe := func(id int, kind string) []byte {
		return box("infe", full(2), shorts(id, 0), []byte(kind), []byte{0})
	}
	ispe := func(w, h int) []byte { return box("ispe", full(0), shorts(0, w, 0, h)) }
	grid := append([]byte{0, 0, byte(down - 1), byte(across - 1)}, shorts(96*across, 64*down)...)
	n := across * down
	var config []byte
	for _, p := range h.props {
		if p.kind == "hvcC" {
			config = p.body
		}
	}
	// Items 1 to n are the tiles, all in the same place; n+1 is the grid.
	var infos, have []byte
	refs := shorts(n+1, n)
	for i := 1; i <= n; i++ {
		infos = append(infos, infe(i, "hvc1")...)
		have = append(append(have, shorts(i)...), 2, 0x81, 2)
		refs = append(refs, shorts(i)...)
	}
	build := func(at int) []byte {
		var places []byte
		for i := 1; i <= n; i++ {
			places = append(places, shorts(i, 0, 1, (at+len(grid))>>16, at+len(grid), 0, len(tile))...)
		}
		return append(box("ftyp", []byte("heic\x00\x00\x00\x00mif1heic")), box("meta", full(0),
			box("hdlr", full(0), []byte("\x00\x00\x00\x00pict"), make([]byte, 13)),
			box("pitm", full(0), shorts(n+1)),
			box("iinf", full(0), shorts(n+1), infos, infe(n+1, "grid")),
			box("iprp",
				box("ipco", box("hvcC", config), ispe(96, 64), ispe(96*across, 64*down)),
				box("ipma", full(0), be.AppendUint32(nil, uint32(n+1)), have, shorts(n+1), []byte{1, 3})),
			box("iref", full(0), box("dimg", refs)),
			box("iloc", full(0), []byte{0x44, 0x00}, shorts(n+1), places,
				shorts(n+1, 0, 1, at>>16, at, 0, len(grid))),
		)...)
	}
	head := build(0)
	return append(build(len(head)+8), box("mdat", grid, tile)...)
}

func TestHEICGrid(t *testing.T) {
	data := gridHEIC(t, 3, 2)
	one96 := scene(96, 64)
	want := New(288, 128)
	for y := range 128 {
		for x := range 288 {
			copy(want.Pix[3*(y*288+x):][:3], one96.Pix[3*((y%64)*96+x%96):][:3])
		}
	}
	p := one(t, data, Limits{})
	near(t, "grid", p.Image, want, 3, 3, 60)
}

func TestHEIFWork(t *testing.T) {
	whole := file(t, "rotated.heic")
	h, err := parseHEIF(whole)
	if err != nil {
		t.Fatal(err)
	}
	item := *h.items[h.primary]
	single := int64(96*64 + 8*item.n)
	if w, err := heifWork(whole); err != nil || w != single {
		t.Errorf("work %d, %v, want %d", w, err, single)
	}
	if w, err := heifWork(gridHEIC(t, 4, 3)); err != nil || w != 12*single {
		t.Errorf("grid: work %d, %v, want %d", w, err, 12*single)
	}
	if w, err := heifWork(gridHEIC(t, 60, 80)); err != nil || w != 4800*single {
		t.Errorf("many tiles: work %d, %v", w, err)
	}
	edit := func(f func(b []byte)) []byte {
		b := bytes.Clone(whole)
		f(b)
		return b
	}
	first := item.at
	for kind := whole[first+4] >> 1 & 0x3f; kind > 31; kind = whole[first+4] >> 1 & 0x3f {
		first += 4 + int(binary.BigEndian.Uint32(whole[first:])) // a remark comes first
	}
	slice := whole[first : item.at+item.n]
	for name, data := range map[string][]byte{
		"empty": nil, "half": whole[:len(whole)/3],
		"a picture that needs others": edit(func(b []byte) { b[first+4] = 1 << 1 }),
		"parameters in the stream":    edit(func(b []byte) { b[first+4] = 33 << 1 }),
		"another codec":               bytes.Replace(whole, []byte("hvc1"), []byte("av01"), 1),
		"an overlay":                  bytes.Replace(gridHEIC(t, 2, 2), []byte("grid"), []byte("iovl"), 1),
		"a grid of itself":            bytes.Replace(gridHEIC(t, 1, 1), []byte("dimg\x00\x02\x00\x01\x00\x01"), []byte("dimg\x00\x02\x00\x01\x00\x02"), 1),
		"no configuration":            bytes.Replace(whole, []byte("hvcC"), []byte("hvcX"), 1),
		"two tables":                  append(bytes.Clone(whole), whole...),
	} {
		if w, err := heifWork(data); !errors.Is(err, errUnbounded) {
			t.Errorf("%s: work %d, %v", name, w, err)
		}
	}
	// Slices that start a second picture, or that go on with the first.
	for _, c := range []struct {
		first byte
		ok    bool
	}{{0x80, false}, {0, true}} {
		more := bytes.Clone(slice)
		more[6] = more[6]&0x7f | c.first
		h.data = append(bytes.Clone(whole[:item.at+item.n]), more...)
		longer := item
		longer.n += len(more)
		w, err := h.coded(&longer)
		if c.ok && w != 2*96*64+8*int64(longer.n) || !c.ok && !errors.Is(err, errUnbounded) {
			t.Errorf("first slice %v: work %d, %v", c.first > 0, w, err)
		}
	}
}

func FuzzHEIFWork(f *testing.F) {
	f.Add(file(f, "rotated.heic"))
	f.Add(gridHEIC(f, 2, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		if w, err := heifWork(data); err == nil && w <= 0 {
			t.Fatalf("work %d", w)
		}
	})
}
