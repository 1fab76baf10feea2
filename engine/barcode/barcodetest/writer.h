#ifndef IDPROOF_ZXING_WRITER_H
#define IDPROOF_ZXING_WRITER_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
// Draws a symbol; 0 is dark. The pixels are the caller's; NULL when it went wrong.
uint8_t *idproof_zxing_write(int format, const char *latin1, size_t n, int *w, int *h);
#ifdef __cplusplus
}
#endif
#endif
