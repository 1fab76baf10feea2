"""Character errors on drawn lines of held-out words and faces, by script and by
the pixels of a capital, beside those of the network it began from."""

import argparse

import cv2
import draw
import model as M
import numpy as np
import torch
from train import corpus, edits


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--weights", required=True)
    p.add_argument("--original", help="ppocr3_latin.onnx")
    p.add_argument("--lexicon", default="catalogue/lexicon/data")
    p.add_argument("--cache", required=True)
    p.add_argument("--lines", type=int, default=300)
    a = p.parse_args()
    torch.set_num_threads(1)
    own = M.build().eval()
    own.load_state_dict(torch.load(a.weights))
    nets = {"text_rec": (own, 32, list(M.LETTERS))}
    if a.original:
        old, chars = M.net.from_ppocr(a.original, pool=(2, 2))
        nets["ppocr3_latin"] = (old.eval(), 48, chars[1:])
    d = draw.Drawer(corpus(a.lexicon, a.cache, True), draw.Fonts(True), 7)
    lines = [d.next() for _ in range(a.lines)]
    for name, (m, h, letters) in nets.items():
        got = {}
        for im, text, s in lines:
            if h != 32:
                im = cv2.resize(im, (round(im.shape[1] * h / 32 / 8) * 8, h), interpolation=cv2.INTER_LINEAR)
            with torch.no_grad():
                row = m(torch.from_numpy(im.astype(np.float32) / 127.5 - 1).expand(1, 3, -1, -1))[0].argmax(-1).tolist()
            read = "".join(letters[c - 1] for c, b in zip(row, [0] + row) if c and c != b)
            kinds = [s] + (["Latn, its letters"] if s == "Latn" and a.original and all(c in nets["ppocr3_latin"][2] for c in text) else [])
            for k in kinds:
                g = got.setdefault(k, [0, 0, 0, 0, 0])
                e = edits(read, text)
                f = edits(read.replace(" ", ""), text.replace(" ", ""))
                for i, v in enumerate((e == 0, 1, e, f, len(text))):
                    g[i] += v
        for k, g in sorted(got.items()):
            print(f"{name:14} {k:18} exact {g[0]}/{g[1]}  cer {100 * g[2] / max(1, g[4]):.1f} %  without spaces {100 * g[3] / max(1, g[4]):.1f} %", flush=True)


if __name__ == "__main__":
    main()
