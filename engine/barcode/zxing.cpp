#define ZX_USE_UTF8
#include "zxing.h"

#include <ZXing/ReadBarcode.h>
#include <cstdlib>
#include <cstring>

namespace {

void *copy(const void *from, size_t n) {
	void *to = malloc(n ? n : 1);
	if (to && n)
		memcpy(to, from, n);
	return to;
}

} // namespace

extern "C" int idproof_zxing_read(const uint8_t *pix, int w, int h, int stride, int formats, int global, int most,
                                  idproof_symbol **out) {
	*out = nullptr;
	try { // nothing is thrown across the border
		ZXing::DecodeHints hints;
		hints.setFormats(ZXing::BarcodeFormats(static_cast<ZXing::BarcodeFormat>(formats)));
		hints.setTryHarder(true).setTryRotate(true).setTryDownscale(false).setMaxNumberOfSymbols(most);
		hints.setBinarizer(global ? ZXing::Binarizer::GlobalHistogram : ZXing::Binarizer::LocalAverage);
		auto found = ZXing::ReadBarcodes({pix, w, h, ZXing::ImageFormat::Lum, stride}, hints);
		if (found.empty())
			return 0;
		// Symbols that carry on from each other are given as one as well.
		for (auto &whole : ZXing::MergeStructuredAppendSequences(found))
			found.push_back(std::move(whole));
		auto *s = static_cast<idproof_symbol *>(calloc(found.size(), sizeof(idproof_symbol)));
		if (!s)
			return -1;
		int n = 0;
		for (const auto &r : found) {
			if (!r.isValid())
				continue;
			auto &o = s[n++];
			auto text = r.text();
			o.format = static_cast<int>(r.format());
			o.binary = r.contentType() == ZXing::ContentType::Binary || r.contentType() == ZXing::ContentType::UnknownECI;
			o.size = r.bytes().size();
			o.bytes = static_cast<uint8_t *>(copy(r.bytes().data(), o.size));
			o.length = text.size();
			o.text = static_cast<char *>(copy(text.data(), o.length));
			for (int i = 0; i < 4; i++) {
				o.corner[2 * i] = r.position()[i].x;
				o.corner[2 * i + 1] = r.position()[i].y;
			}
			if (!o.bytes || !o.text) {
				idproof_zxing_free(s, n);
				return -1;
			}
		}
		*out = s;
		return n;
	} catch (...) {
		return -1;
	}
}

extern "C" void idproof_zxing_free(idproof_symbol *s, int n) {
	for (int i = 0; i < n; i++) {
		free(s[i].bytes);
		free(s[i].text);
	}
	free(s);
}
