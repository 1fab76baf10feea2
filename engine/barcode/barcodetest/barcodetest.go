// Package barcodetest draws symbols for the tests of what reads them.
package barcodetest

// #cgo CXXFLAGS: -std=c++17 -O2
// #cgo LDFLAGS: -lZXing
// #include <stdlib.h>
// #include "writer.h"
import "C"

import (
	"fmt"
	"unsafe"

	"idproof/engine/raster"
)

// formats are the bits of ZXing::BarcodeFormat.
var formats = map[string]int{"Aztec": 1, "Code39": 1 << 2, "Code128": 1 << 4, "DataMatrix": 1 << 7, "PDF417": 1 << 12, "QR": 1 << 13}

// Draw draws a symbol with its modules px pixels wide and a quiet zone around.
// The data is Latin-1, which for ASCII is the bytes as they are.
func Draw(symbology string, data []byte, px int) (*raster.Gray, error) {
	text := C.CBytes(data)
	defer C.free(text)
	var w, h C.int
	pix := C.idproof_zxing_write(C.int(formats[symbology]), (*C.char)(text), C.size_t(len(data)), &w, &h)
	if pix == nil {
		return nil, fmt.Errorf("barcodetest: %s cannot hold %d bytes", symbology, len(data))
	}
	defer C.free(unsafe.Pointer(pix))
	small := &raster.Gray{W: int(w), H: int(h), Pix: C.GoBytes(unsafe.Pointer(pix), w*h)}
	out := raster.NewGray(small.W*px, small.H*px)
	for y := range out.H {
		for x := range out.W {
			out.Pix[y*out.W+x] = small.Pix[y/px*small.W+x/px]
		}
	}
	return out, nil
}
