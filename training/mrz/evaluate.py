"""Measures mrz_rec, and the recogniser it came from, on strips cut from pictures:
exact lines and character error rate of the greedy reading, as they are and
sampled down to coarser pitches.

A strip folder has lines.tsv: file, text, then (optionally) what another reader
made of it and the pitch in pixels of the photograph."""

import argparse
import os

import cv2
import data
import net
import numpy as np
import torch

PITCHES = (0, 8, 7, 6, 5)


def read(folder):
    out = []
    with open(os.path.join(folder, "lines.tsv"), encoding="utf-8") as f:
        for row in (l.rstrip("\n").split("\t") for l in f):
            im = cv2.imread(os.path.join(folder, row[0]), 0)
            if row[1] and im is not None:
                out.append((im, row[1], float(row[3]) if len(row) > 3 else 0.0, row[0]))
    return out


def coarser(im, n, own, pitch):
    """The strip as a camera would have seen it at the pitch; None if it is
    already about that coarse."""
    if not pitch:
        return im
    if own and own < pitch * 1.25:
        return None
    h, w = im.shape
    f = pitch * (n + 1.6) / w
    small = cv2.resize(im, (max(8, round(w * f)), max(5, round(pitch * 1.1))), interpolation=cv2.INTER_AREA)
    small = cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], 0)
    return cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR)


def ours(weights):
    model = net.Net()
    model.load_state_dict(torch.load(weights))
    model.eval()

    def run(im, n, pitch=13.0):
        w = data.width_for(n, pitch)
        im = cv2.resize(im, (w, net.HEIGHT), interpolation=cv2.INTER_AREA)
        x = torch.from_numpy(im.astype(np.float32) / 127.5 - 1).expand(1, 3, -1, -1)
        return net.greedy(model(x))[0]

    return run


def theirs(path):
    model, chars = net.from_ppocr(path, pool=(2, 2))
    model.eval()
    rows = [0] + [chars.index(c) for c in net.LETTERS]

    def run(im, n):
        x = torch.from_numpy(im.astype(np.float32) / 127.5 - 1).expand(1, 3, -1, -1)
        return net.greedy(model(x)[..., rows])[0]

    return run


@torch.no_grad()
def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--weights")
    p.add_argument("--original", help="ppocr3_latin.onnx")
    p.add_argument("--strips", nargs="+", required=True)
    p.add_argument("--dump", help="folder to keep the coarser strips in")
    p.add_argument("--wrong", action="store_true", help="list the lines misread as they are")
    a = p.parse_args()
    torch.set_num_threads(1)
    models = {}
    if a.original:
        models["original"] = theirs(a.original)
    if a.weights:
        models["mrz_rec"] = ours(a.weights)
    for folder in a.strips:
        items = read(folder)
        for pitch in PITCHES:
            seen = [(c, t, name) for im, t, own, name in items if (c := coarser(im, len(t), own, pitch)) is not None]
            if a.dump:
                d = os.path.join(a.dump, f"{os.path.basename(folder)}_{pitch}")
                os.makedirs(d, exist_ok=True)
                with open(os.path.join(d, "lines.tsv"), "w", encoding="utf-8") as f:
                    for im, t, name in seen:
                        cv2.imwrite(os.path.join(d, name), im)
                        f.write(f"{name}\t{t}\n")
            for name, run in models.items():
                exact = wrong = total = 0
                for im, t, file in seen:
                    got = run(im, len(t))
                    e = data.errors(got, t)
                    exact, wrong, total = exact + (e == 0), wrong + e, total + len(t)
                    if e and a.wrong and not pitch:
                        print(f"  {file}\n    {t}\n    {got}")
                print(f"{os.path.basename(folder)} pitch {pitch or 'own'} {name}: exact {exact}/{len(seen)} CER {100 * wrong / max(total, 1):.2f} %", flush=True)


if __name__ == "__main__":
    main()
