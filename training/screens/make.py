"""Draws pictures for train.py: OUT/s_*.jpg are photographs of screens, OUT/d_*.jpg are not."""

import argparse
import glob
import os

import cv2
import draw
import numpy as np

HELD = 140  # pictures in memory at once


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--pictures", nargs="+", required=True, help="folders of what is shown: documents, faces, photographs of anything")
    p.add_argument("--out", required=True)
    p.add_argument("--count", type=int, default=1000, help="of each kind")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    cv2.setNumThreads(1)
    r = np.random.default_rng(a.seed)
    os.makedirs(a.out, exist_ok=True)
    files = [f for d in a.pictures for f in glob.glob(os.path.join(d, "**", "*"), recursive=True) if f.lower().endswith((".jpg", ".jpeg", ".png", ".webp"))]
    shown = []
    for f in r.permutation(files):
        c = cv2.imread(str(f))
        if c is None:
            continue
        s = min(1, 1400 / max(c.shape[:2]))
        shown.append(cv2.resize(c, None, fx=s, fy=s, interpolation=cv2.INTER_AREA))
        if len(shown) == HELD:
            break
    for i in range(a.count):
        c = shown[r.integers(len(shown))]
        for kind, make in (("s", draw.screen), ("d", draw.direct)):
            cv2.imwrite(os.path.join(a.out, "%s_%d_%d.jpg" % (kind, a.seed, i)), make(r, c, shown), [cv2.IMWRITE_JPEG_QUALITY, 97])


if __name__ == "__main__":
    main()
