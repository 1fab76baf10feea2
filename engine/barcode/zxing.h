#ifndef IDPROOF_ZXING_H
#define IDPROOF_ZXING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
	int format;     // ZXing::BarcodeFormat
	int binary;     // the content is not text
	uint8_t *bytes; // the content as it is
	size_t size;
	char *text; // the content as UTF-8
	size_t length;
	int corner[8]; // x, y of top-left, top-right, bottom-right, bottom-left
} idproof_symbol;

// Reads the symbols of a grey picture of w by h pixels, stride bytes a row. The
// answer is how many were found, or -1 when it went wrong; they are the caller's
// and go back by idproof_zxing_free.
int idproof_zxing_read(const uint8_t *pix, int w, int h, int stride, int formats, int global, int most,
                       idproof_symbol **out);
void idproof_zxing_free(idproof_symbol *s, int n);

#ifdef __cplusplus
}
#endif
#endif
