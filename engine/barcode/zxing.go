package barcode

// #cgo CXXFLAGS: -std=c++17 -O2
// #cgo LDFLAGS: -lZXing
// #include "zxing.h"
import "C"

import (
	"errors"
	"unicode/utf8"
	"unsafe"

	"idproof/engine/raster"
)

// errDecoder reports that the decoder gave up on a picture by an exception.
var errDecoder = errors.New("barcode: the decoder failed")

// The formats by their bits in ZXing::BarcodeFormat.
const (
	aztec      = 1 << 0
	code39     = 1 << 2
	code128    = 1 << 4
	dataMatrix = 1 << 7
	pdf417     = 1 << 12
	qr         = 1 << 13
)

var symbologies = map[int]string{
	aztec: "Aztec", code39: "Code39", code128: "Code128", dataMatrix: "DataMatrix", pdf417: "PDF417", qr: "QR",
}

// decode reads the symbols of the given formats. Their corners are in pixels of
// the picture given. global takes one threshold for all of it.
func decode(g *raster.Gray, formats int, global bool, most int) ([]Symbol, error) {
	if g.W < 8 || g.H < 8 {
		return nil, nil
	}
	var out *C.idproof_symbol
	one := C.int(0)
	if global {
		one = 1
	}
	n := C.idproof_zxing_read((*C.uint8_t)(unsafe.Pointer(&g.Pix[0])), C.int(g.W), C.int(g.H), C.int(g.W), C.int(formats), one, C.int(most), &out)
	if n < 0 {
		return nil, errDecoder
	}
	if out == nil {
		return nil, nil
	}
	defer C.idproof_zxing_free(out, n)
	var found []Symbol
	for _, s := range unsafe.Slice(out, int(n)) {
		symbology, ok := symbologies[int(s.format)]
		if !ok {
			continue
		}
		sym := Symbol{Symbology: symbology, Data: C.GoBytes(unsafe.Pointer(s.bytes), C.int(s.size))}
		if text := C.GoStringN(s.text, C.int(s.length)); s.binary == 0 && utf8.ValidString(text) {
			sym.Text = text
		}
		for i := range 4 {
			sym.Quad[i] = raster.Point{X: float64(s.corner[2*i]), Y: float64(s.corner[2*i+1])}
		}
		found = append(found, sym)
	}
	return found, nil
}
