#include "writer.h"

#include <ZXing/BitMatrix.h>
#include <ZXing/MultiFormatWriter.h>
#include <cstdlib>
#include <string>

extern "C" uint8_t *idproof_zxing_write(int format, const char *latin1, size_t n, int *w, int *h) {
	try {
		std::wstring text;
		for (size_t i = 0; i < n; i++)
			text.push_back(static_cast<unsigned char>(latin1[i]));
		int tall = format == (1 << 2) || format == (1 << 4) ? 40 : 1; // Code 39, Code 128
		auto m = ZXing::MultiFormatWriter(static_cast<ZXing::BarcodeFormat>(format)).setMargin(4).encode(text, 1, tall);
		*w = m.width();
		*h = m.height();
		auto *pix = static_cast<uint8_t *>(malloc(static_cast<size_t>(*w) * *h));
		for (int y = 0; pix && y < *h; y++)
			for (int x = 0; x < *w; x++)
				pix[static_cast<size_t>(y) * *w + x] = m.get(x, y) ? 0 : 255;
		return pix;
	} catch (...) {
		return nullptr;
	}
}
