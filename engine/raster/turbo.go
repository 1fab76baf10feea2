package raster

// The shim stays this small: one call each way, buffers owned by Go, no state
// that outlives a call.

/*
#cgo pkg-config: libturbojpeg
#include <string.h>
#include <turbojpeg.h>

enum { MESSAGE = 200 };

// Returns 0 when fine, 1 after a warning, 2 when it failed; err gets the first
// warning or the error.
static int decode(const unsigned char *src, unsigned long n, unsigned char *dst,
                  int w, int h, int format, char err[MESSAGE]) {
	tjhandle t = tjInitDecompress();
	if (!t) return 2;
	int rc = tjDecompress2(t, src, n, dst, w, 0, h, format, TJFLAG_LIMITSCANS);
	if (rc) {
		rc = tjGetErrorCode(t) == TJERR_WARNING ? 1 : 2;
		strncpy(err, tjGetErrorStr2(t), MESSAGE - 1);
	}
	tjDestroy(t);
	return rc;
}

static int encode(const unsigned char *src, int w, int h, int quality, int sampling,
                  unsigned char *dst, unsigned long *n) {
	tjhandle t = tjInitCompress();
	if (!t) return 1;
	int rc = tjCompress2(t, src, w, 0, h, TJPF_RGB, &dst, n, sampling, quality, TJFLAG_NOREALLOC);
	tjDestroy(t);
	return rc;
}
*/
import "C"

import (
	"errors"
	"strings"
	"unsafe"
)

// errTurbo is a file that libjpeg-turbo refuses as a whole.
var errTurbo = errors.New("not decodable by libjpeg-turbo")

// turboDecode decodes into a picture of w by h samples, which must be the full
// size times n/8, rounded up, with n from 1 to 8. cmyk asks for four inks
// instead of RGB.
func turboDecode(data []byte, w, h int, cmyk bool) ([]uint8, error) {
	channels, format := 3, C.int(C.TJPF_RGB)
	if cmyk {
		channels, format = 4, C.int(C.TJPF_CMYK)
	}
	pix := make([]uint8, channels*w*h)
	var msg [C.MESSAGE]C.char
	rc := C.decode((*C.uchar)(unsafe.Pointer(&data[0])), C.ulong(len(data)),
		(*C.uchar)(unsafe.Pointer(&pix[0])), C.int(w), C.int(h), format, &msg[0])
	switch {
	case rc == 2:
		return nil, errTurbo
	case rc == 1 && strings.Contains(C.GoString(&msg[0]), "remature end"):
		return nil, ErrCorrupt
	}
	return pix, nil // other warnings are harmless, like stray bytes before a marker
}

// JPEG encodes the picture; quality is 1 to 100. From 90 on colour is kept at
// full resolution.
func (im *Image) JPEG(quality int) ([]byte, error) {
	if im.W < 1 || im.H < 1 || im.W > 65500 || im.H > 65500 {
		return nil, errors.New("raster: encode jpeg: a side is empty or above 65500 pixels")
	}
	sampling := C.int(C.TJSAMP_420)
	if quality >= 90 {
		sampling = C.TJSAMP_444
	}
	n := C.tjBufSize(C.int(im.W), C.int(im.H), sampling)
	out := make([]byte, n)
	if C.encode((*C.uchar)(unsafe.Pointer(&im.Pix[0])), C.int(im.W), C.int(im.H),
		C.int(max(1, min(100, quality))), sampling, (*C.uchar)(unsafe.Pointer(&out[0])), &n) != 0 {
		return nil, errors.New("raster: encode jpeg: libjpeg-turbo failed")
	}
	return append([]byte(nil), out[:n]...), nil
}
