"""Training lines: drawn ones, and real type printed anew.

A drawn line comes from ../lines. A line of real type starts from a black and
white crop, whose ink is laid on invented paper, photographed and compressed.
Both are stretched to the network's geometry: HEIGHT pixels high, about PITCH
pixels a character.
"""

import os
import random

import cv2
import numpy as np
from net import HEIGHT

PITCH = (10.5, 15)  # pixels of the strip's width for a character of a full line


def read_tsv(folder):
    with open(os.path.join(folder, "lines.tsv"), encoding="utf-8") as f:
        return [(os.path.join(folder, a), b) for a, b in (l.rstrip("\n").split("\t")[:2] for l in f)]


def width_for(n, pitch):
    """Width of a strip of n characters with the usual margins; a multiple of 4."""
    return max(32, int(round((n + 1.4) * pitch / 4)) * 4)


def fit(im, w, rng):
    """Stretches to HEIGHT × w, showing a little more or less above and below."""
    kind = rng.choice((cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR))
    h = int(round(HEIGHT * (rng.uniform(0.86, 1.22) if rng.random() < 0.6 else 1)))
    im = cv2.resize(im, (w, h), interpolation=kind)
    if h > HEIGHT:  # cut, mostly evenly, never far into the type
        top = int(round((h - HEIGHT) * rng.uniform(0.3, 0.7)))
        return im[top : top + HEIGHT]
    if h < HEIGHT:
        top = rng.randint(0, HEIGHT - h)
        im = cv2.copyMakeBorder(im, top, HEIGHT - h - top, 0, 0, cv2.BORDER_REPLICATE)
    return im


def paper(h, w, rng, nrng):
    p = np.full((h, w), rng.uniform(0.6, 1), np.float32)
    for _ in range(rng.randint(0, 3)):  # stains and light
        cells = nrng.random((rng.randint(2, 5), rng.randint(3, 40))).astype(np.float32)
        p += rng.uniform(0.02, 0.25) * (cv2.resize(cells, (w, h), interpolation=cv2.INTER_CUBIC) - 0.5)
    if rng.random() < 0.6:  # guilloche
        y, x = np.mgrid[:h, :w].astype(np.float32)
        for _ in range(rng.randint(1, 3)):
            a, k, bend = rng.uniform(0, np.pi), rng.uniform(0.08, 1.2), rng.uniform(0, 2.5)
            wave = np.sin(k * (x * np.cos(a) + y * np.sin(a)) + bend * np.sin(x * rng.uniform(0.01, 0.1) + y * rng.uniform(0, 0.1)))
            sharp = rng.choice((1, 4, 12))
            p -= rng.uniform(0.03, 0.22) * ((wave + 1) / 2) ** sharp
    return p


def reprint(mask, n, others, rng, nrng):
    """A grey photograph of the ink of mask (1 is ink; pitch about 39)."""
    h, w = mask.shape
    unit = w / n
    pitch = float(np.exp(rng.uniform(np.log(4.8), np.log(22))))
    scale = max(pitch * 1.6, 16) / unit  # print resolution
    unit *= scale
    m = cv2.resize(mask, (max(8, int(w * scale)), max(8, int(h * scale))), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.7:  # thinner or bolder: the crops are binarised, often too bold
        m = cv2.GaussianBlur(m, (0, 0), rng.uniform(0.03, 0.09) * unit)
        m = np.clip((m - rng.uniform(0.35, 0.7)) / rng.uniform(0.1, 0.5) + 0.5, 0, 1)
    mh, mw = m.shape
    left, right = (rng.uniform(0, 0.9) * unit for _ in "lr")
    if rng.random() < 0.25:
        left += rng.uniform(0, 4) * unit
    if rng.random() < 0.25:
        right += rng.uniform(0, 4) * unit
    loose = rng.choice((0.05, 0.15, 0.3, 0.5))
    top, bottom = rng.uniform(-0.03, loose) * mh, rng.uniform(-0.03, loose) * mh
    drift, bend = rng.gauss(0, 0.1) * mh, rng.gauss(0, 0.04) * mh
    W, H = int(mw + left + right), int(mh + top + bottom)
    ink = np.zeros((H + 2 * mh, W), np.float32)
    x0, y0 = int(left), int(top) + mh
    ink[y0 : y0 + mh, x0 : x0 + mw] = m
    gap = rng.uniform(2.0, 2.9) * unit
    for side in (-1, 1):
        if others and rng.random() < 0.6:  # the neighbouring lines
            o = rng.choice(others)()
            o = cv2.resize(o, (mw, mh), interpolation=cv2.INTER_AREA)
            y = int(y0 + side * gap)
            lo, hi = max(y, 0), min(y + mh, ink.shape[0])
            if lo < hi:
                part = ink[lo:hi, x0 : x0 + mw]
                np.maximum(part, o[lo - y : hi - y], out=part)
    xs = np.arange(W, dtype=np.float32)
    t = xs / W - 0.5
    dy = drift * t + bend * (1 - 4 * t * t)
    my = np.arange(H, dtype=np.float32)[:, None] + mh - dy[None]
    mx = np.broadcast_to(xs, my.shape) + rng.gauss(0, 0.05) * (my - mh - H / 2)
    ink = cv2.remap(ink, mx.astype(np.float32), my.astype(np.float32), cv2.INTER_LINEAR)
    p = paper(H, W, rng, nrng)
    base = float(p.mean())
    tone = rng.uniform(0, 0.3) if rng.random() < 0.85 else base * rng.uniform(0.3, 0.65)
    if rng.random() < 0.3:
        fade = cv2.resize(nrng.random((2, rng.randint(3, 60))).astype(np.float32), (W, H), interpolation=cv2.INTER_CUBIC)
        ink *= 1 - rng.uniform(0.1, 0.5) * np.clip(fade, 0, 1)
    im = p + (tone - p) * ink
    if rng.random() < 0.15:  # glare
        y, x = np.mgrid[:H, :W].astype(np.float32)
        a = rng.uniform(-1, 1)
        im += rng.uniform(0.1, 0.6) * np.exp(-(((x - rng.uniform(0, W)) + a * y) / (rng.uniform(0.7, 5) * unit)) ** 2)
    if rng.random() < 0.8:
        s = rng.uniform(0.01, 0.2 if pitch > 9 else 0.12) * unit
        im = cv2.GaussianBlur(im, (0, 0), s, sigmaY=s * rng.uniform(0.7, 1.4))
    f = pitch / unit
    im = cv2.resize(im, (max(8, round(W * f)), max(4, round(H * f))), interpolation=rng.choice((cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR)))
    if rng.random() < 0.7:
        im = im + nrng.normal(0, rng.uniform(0.003, 0.04), im.shape).astype(np.float32)
    if rng.random() < 0.3:
        im = im + rng.uniform(0.3, 1.3) * (im - cv2.GaussianBlur(im, (0, 0), rng.uniform(0.6, 1.4)))
    im = np.clip((im - 0.5) * rng.uniform(0.7, 1.25) + 0.5 + rng.gauss(0, 0.06), 0, 1) ** rng.uniform(0.7, 1.4)
    im = (im * 255).astype(np.uint8)
    if rng.random() < 0.75:
        im = cv2.imdecode(cv2.imencode(".jpg", im, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(25, 95)])[1], 0)
    return im


def errors(a, b):
    """Edit distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def near(text, texts):
    """Whether text is one of texts, or a cut or misread copy of one."""
    a = text.replace("<", "")
    return text in texts or any(abs(len(a) - len(b)) <= 3 and errors(a, b) <= 3 for b in (t.replace("<", "") for t in texts))


class Real:
    """Binarised crops of real lines, without those near an excluded text."""

    def __init__(self, folder, exclude, share=0.05):
        self.train, self.held = [], []
        for path, text in read_tsv(folder):
            im = cv2.imread(path, 0)
            if ((im > 0) & (im < 255)).any():  # drawn by machine, not cut from a picture
                continue
            item = ((im < 128).astype(np.uint8), text)
            if near(text, exclude):
                continue
            # The same text is always on the same side.
            (self.held if random.Random(text).random() < share else self.train).append(item)
        self.masks = [lambda m=m: m.astype(np.float32) for m, _ in self.train]

    def sample(self, rng, nrng, items=None):
        m, text = rng.choice(items or self.train)
        return reprint(m.astype(np.float32), len(text), self.masks, rng, nrng), text


class Stream:
    """Endless batches of strips of one width: (float array b×H×w in -1…1, texts)."""

    def __init__(self, drawn, real, real_share, batch, seed):
        self.drawn, self.real, self.share, self.batch = drawn, real, real_share, batch
        self.rng, self.nrng = random.Random(seed), np.random.default_rng(seed)

    def __iter__(self):
        bins, order = {}, []
        while True:
            if self.real and self.rng.random() < self.share:
                im, text = self.real.sample(self.rng, self.nrng)
            else:
                if not order:
                    order = list(range(len(self.drawn)))
                    self.rng.shuffle(order)
                path, text = self.drawn[order.pop()]
                im = cv2.imread(path, 0)
                if im is None:
                    continue
            key = len(text) if len(text) in (30, 36, 44) else len(text) // 4 * 4 + 2
            b = bins.setdefault(key, [])
            b.append((im, text))
            if len(b) == self.batch:
                w = width_for(key, self.rng.uniform(*PITCH))
                yield np.stack([self.finish(fit(i, w, self.rng)) for i, _ in b]), [t for _, t in b]
                bins[key] = []

    def finish(self, im):
        x = im.astype(np.float32) / 127.5 - 1
        if self.rng.random() < 0.3:
            x = np.clip(x * self.rng.uniform(0.6, 1.2) + self.rng.gauss(0, 0.15), -1, 1)
        return x
