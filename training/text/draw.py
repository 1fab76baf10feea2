"""Draws strips of text as cameras and scanners see them on documents: many
faces, security print, bad light, few pixels, JPEG."""

import glob
import random

import cv2
import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont
from words import label_of

HEIGHT = 32
# How faces are weighed: documents are set in sans, often condensed or bold.
FACES = {
    "dejavu/DejaVuSans*": 6, "liberation/LiberationSans*": 10, "liberation2/LiberationSans*": 8, "roboto*/**/Roboto*": 8, "open-sans/*": 8, "lato/*": 5,
    "crosextra/Carlito*": 5, "freefont/FreeSans*": 6, "noto/NotoSans-*": 8, "noto/NotoSansDisplay-*": 4, "noto/NotoSansMono-*": 2, "paratype/*": 4,
    "liberation*/LiberationMono*": 3, "liberation*/LiberationSerif*": 3, "freefont/FreeMono*": 2, "freefont/FreeSerif*": 2, "noto/NotoSerif-*": 2,
    "jetbrains*/**/*": 1, "hack/*": 1, "play/*": 1, "b612/*": 1, "gentium/*": 1, "charis/*": 1, "crosextra/Caladea*": 1, "urw-base35/*": 3, "texgyre/*": 3, "dejavu/DejaVuSerif*": 1,
    # For letters of other scripts, which only these have.
    "noto/NotoSansCJK-*": 3, "noto/NotoSerifCJK-*": 1, "noto/NotoNaskhArabic-*": 0.5, "noto/NotoKufiArabic-*": 0.3, "noto/NotoSansArabic-*": 0.5, "noto/NotoSansThai-*": 0.5, "noto/NotoSansHebrew-*": 0.5,
    "noto/NotoSansGeorgian-*": 0.5, "noto/NotoSansArmenian-*": 0.5, "noto/NotoSansDevanagari-*": 0.5, "noto/NotoSerifArmenian-*": 0.3, "noto/NotoSerifGeorgian-*": 0.3,
    "andika/*": 1, "cantarell/*": 1, "comfortaa/*": 0.3, "ocr-b/*": 3, "linux-libertine/*": 1,
}
# Never trained on: for validation.
HELD = ("LiberationSansNarrow", "Inter", "NotoSansDisplay", "FiraCode", "Caladea", "FreeSansOblique", "PTN", "PTC", "OpenSans-Semibold")


class Fonts:
    def __init__(self, held=False):
        self.items, self.weights, self.cache = [], [], {}
        for pat, weight in FACES.items():
            files = [f for kind in ("truetype", "opentype") for ext in ("ttf", "otf", "ttc") for f in sorted(glob.glob(f"/usr/share/fonts/{kind}/{pat}.{ext}", recursive=True))]
            files = [f for f in files if any(h in f for h in HELD) == held and "Icons" not in f and "Math" not in f and "Thin" not in f and "Hairline" not in f and "D050000L" not in f and "Symbol" not in f and "Chancery" not in f and "Light" not in f.replace("ExtraLight", "Thin") + ""]
            random.Random(1).shuffle(files)
            for f in files[:12]:
                try:
                    cmap = frozenset(TTFont(f, lazy=True, fontNumber=0).getBestCmap())
                except Exception:
                    continue
                self.items.append((f, cmap))
                self.weights.append(weight / min(len(files), 12))

    def pick(self, rng, text):
        need = {ord(c) for c in text if c != " "}
        for _ in range(12):
            f, cmap = rng.choices(self.items, self.weights)[0]
            if need <= cmap:
                return f
        able = [f for f, cmap in self.items if need <= cmap] if max(need, default=0) > 0x500 else None
        return rng.choice(able) if able else None

    def load(self, f, size):
        k = f, size
        if k not in self.cache:
            if len(self.cache) > 300:
                self.cache.clear()
            self.cache[k] = ImageFont.truetype(f, size, layout_engine=ImageFont.Layout.RAQM)
        return self.cache[k]


SHOWN = {"-": "-–", "'": "'’", '"': '"“”„', "°": "°º"}


def ink(fonts, text, rng, size=34):
    """Coverage of the printed text, with the type's top and foot."""
    shown = "".join(rng.choice(SHOWN[c]) if c in SHOWN and rng.random() < 0.4 else c for c in text)
    f = fonts.pick(rng, shown) or fonts.pick(rng, text)
    if f is None:
        return None
    if not f or shown != text and not fonts.pick(rng, shown):
        shown = text
    font = fonts.load(f, size)
    gap = 0
    joined = any(0x600 <= ord(c) < 0xE80 for c in shown)
    if rng.random() < 0.2 and not joined:
        gap = rng.choice((rng.uniform(-1.2, 0), rng.uniform(0, 4), rng.uniform(0, 7)))
    n = len(shown)
    length = int(font.getlength(shown) + n * gap + 2 * size)
    im = Image.new("L", (max(length, 2 * size), int(size * 2.0)), 0)
    d = ImageDraw.Draw(im)
    y = int(size * 1.45)
    if gap == 0:
        d.text((size * 0.5, y), shown, font=font, fill=255, anchor="ls")
    else:
        x = size * 0.5
        for c in shown:
            d.text((x, y), c, font=font, fill=255, anchor="ls")
            x += font.getlength(c) + gap
    a = np.asarray(im)
    cols = np.flatnonzero(a.max(0) > 40)
    rows = np.flatnonzero(a.max(1) > 40)
    if len(cols) < 2 or len(rows) < 1:
        return None
    cap = font.getbbox("H", anchor="ls")[1]  # negative
    return a.astype(np.float32) / 255, cols[0], cols[-1] + 1, rows[0], rows[-1] + 1, y + cap, y


def paper(h, w, rng, nrng):
    p = np.full((h, w), rng.uniform(0.55, 1), np.float32)
    if rng.random() < 0.6:
        cells = nrng.random((rng.randint(2, 4), rng.randint(3, 30))).astype(np.float32)
        p += rng.uniform(0.02, 0.3) * (cv2.resize(cells, (w, h), interpolation=cv2.INTER_CUBIC) - 0.5)
    r = rng.random()
    if r < 0.45:
        y, x = np.mgrid[:h, :w].astype(np.float32)
        for _ in range(rng.randint(1, 3)):
            a, k, bend = rng.uniform(0, np.pi), rng.uniform(0.08, 1.0), rng.uniform(0, 3)
            wave = np.sin(k * (x * np.cos(a) + y * np.sin(a)) + bend * np.sin(x * rng.uniform(0.01, 0.08) + y * rng.uniform(0, 0.08)))
            p -= rng.uniform(0.03, 0.24) * ((wave + 1) / 2) ** rng.choice((1, 4, 12))
    elif r < 0.52:  # marks, seals, microtext
        for _ in range(rng.randint(1, 4)):
            c = (rng.randint(0, w), rng.randint(0, h))
            cv2.ellipse(p, c, (rng.randint(5, 120), rng.randint(5, 60)), rng.uniform(0, 180), 0, 360, rng.uniform(0.35, 1), rng.choice((1, 2, 3)))
    return p


def strip(fonts, text, rng, nrng, others=()):
    """A grey strip HEIGHT high that shows the text, or None."""
    got = ink(fonts, text, rng)
    if got is None:
        return None
    a, x0, x1, y0, y1, top, foot = got
    cap = foot - top
    # The box as a detector sets it: about the type that is there, wider by a margin.
    if rng.random() < 0.6:
        t, b = y0, y1
    else:
        t, b = min(top, y0), max(foot, y1)
    if b - t < 0.7 * cap:
        t, b = min(t, top), max(b, foot)
    m = rng.uniform(0.04, 0.32) * cap
    t, b = t - m * rng.uniform(0.6, 1.4), b + m * rng.uniform(0.6, 1.4)
    if rng.random() < 0.08:
        t, b = t + rng.uniform(0, 0.12) * cap, b - rng.uniform(0, 0.08) * cap
    bh = b - t
    l, r = x0 - rng.uniform(0.08, 0.65) * bh, x1 + rng.uniform(0.08, 0.65) * bh
    if rng.random() < 0.1:
        r += rng.uniform(0, 3) * bh
    if rng.random() < 0.1:
        l -= rng.uniform(0, 2) * bh
    stretch = rng.uniform(0.84, 1.16) if rng.random() < 0.6 else 1
    H, W = int(bh) + 1, max(8, int((r - l) * stretch))
    if W * HEIGHT / H > 640:
        return None
    M = np.array([[stretch, rng.gauss(0, 0.03) if rng.random() > 0.08 else -rng.uniform(0, 0.25), -l * stretch], [rng.gauss(0, 0.006), 1, -t]], np.float32)
    M[0, 2] -= M[0, 1] * (t + b) / 2
    M[1, 2] -= M[1, 0] * (l + r) / 2
    k = cv2.warpAffine(a, M, (W, H), flags=cv2.INTER_LINEAR)
    if rng.random() < 0.25:  # neighbouring lines peep in
        for o in others:
            if rng.random() < 0.6:
                s, X0, X1, Y0, Y1, *_ = o
                part = s[Y0:Y1, X0:X1]
                part = part[:, :W]
                up = rng.random() < 0.5
                vis = min(int(rng.uniform(0.02, 0.16) * H) + 1, part.shape[0])
                q = rng.randint(0, max(0, W - part.shape[1]))
                if up:
                    np.maximum(k[:vis, q : q + part.shape[1]], part[-vis:], out=k[:vis, q : q + part.shape[1]])
                else:
                    np.maximum(k[-vis:, q : q + part.shape[1]], part[:vis], out=k[-vis:, q : q + part.shape[1]])
    if rng.random() < 0.06:  # a rule below
        y = rng.randint(int(H * 0.86), H - 1)
        k[y : y + rng.randint(1, 2)] = rng.uniform(0.4, 1)
    if rng.random() < 0.04:
        x = rng.choice((rng.randint(0, max(1, int(l) % 7 + 2)), W - 2))
        k[:, x : x + 2] = 1
    u = cap
    if rng.random() < 0.5:  # thinner or bolder, ragged
        k = cv2.GaussianBlur(k, (0, 0), rng.uniform(0.015, 0.045) * u)
        if rng.random() < 0.2:
            k = k + 0.5 * (nrng.random(k.shape, dtype=np.float32) - 0.5) * (k > 0.05)
        k = np.clip((k - rng.uniform(0.35, 0.65)) / rng.uniform(0.2, 0.7) + 0.5, 0, 1)
    p = paper(H, W, rng, nrng)
    base = float(p.mean())
    if rng.random() < 0.1:  # light on dark
        p = p * 0.5
        tone = rng.uniform(0.7, 1)
    else:
        tone = rng.uniform(0, 0.3) if rng.random() < 0.7 else base * rng.uniform(0.3, 0.68)
    if rng.random() < 0.15:
        fade = cv2.resize(nrng.random((2, rng.randint(3, 40))).astype(np.float32), (W, H), interpolation=cv2.INTER_LINEAR)
        k = k * (1 - rng.uniform(0.1, 0.5) * fade)
    if rng.random() < 0.06:  # raster
        yy, xx = np.mgrid[:H, :W]
        k = k * (0.65 + 0.35 * ((xx // 2 + yy // 2) % 2))
    im = p + (tone - p) * k
    if rng.random() < 0.06:  # print or a hologram over it
        im = im * (0.75 + 0.25 * paper(H, W, rng, nrng))
    if rng.random() < 0.08:
        y, x = np.mgrid[:H, :W].astype(np.float32)
        im = im + rng.uniform(0.1, 0.5) * np.exp(-(((x - rng.uniform(0, W)) + rng.uniform(-1, 1) * y) / (rng.uniform(0.5, 4) * u)) ** 2)
    # The camera: so many pixels for a capital.
    pix = float(np.exp(rng.uniform(np.log(6.5), np.log(32)))) if rng.random() < 0.85 else 24
    f = pix / u
    if rng.random() < 0.7:
        s = rng.uniform(0.1, 0.95) / f * (1 if pix > 12 else 0.7)
        im = cv2.GaussianBlur(im, (0, 0), s, sigmaY=s * rng.uniform(0.7, 1.4))
    if f < 0.97:
        im = cv2.resize(im, (max(6, round(W * f)), max(5, round(H * f))), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.6:
        im = im + nrng.normal(0, rng.uniform(0.003, 0.045), im.shape).astype(np.float32)
    if rng.random() < 0.2:
        im = im + rng.uniform(0.3, 1.2) * (im - cv2.GaussianBlur(im, (0, 0), rng.uniform(0.6, 1.4)))
    im = np.clip((im - 0.5) * rng.uniform(0.6, 1.25) + 0.5 + rng.gauss(0, 0.07), 0, 1)
    im = (im * 255).astype(np.uint8)
    if rng.random() < 0.6:
        im = cv2.imdecode(cv2.imencode(".jpg", im, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(25, 95)])[1], 0)
    w = max(16, int(round(W * HEIGHT / H / 4)) * 4)
    return cv2.resize(im, (w, HEIGHT), interpolation=cv2.INTER_AREA if im.shape[0] > HEIGHT else cv2.INTER_LINEAR)


def nothing(rng, nrng):
    """A strip without text: paper, edges, blobs."""
    w = 4 * rng.randint(8, 80)
    p = paper(HEIGHT, w, rng, nrng)
    for _ in range(rng.choice((0, 0, 1, 3))):
        a = cv2.resize(nrng.random((rng.randint(2, 5), rng.randint(2, 12))).astype(np.float32), (w, HEIGHT), interpolation=cv2.INTER_CUBIC)
        p = p - rng.uniform(0.1, 0.6) * np.clip(4 * (a - rng.uniform(0.3, 0.7)), 0, 1)
    p = cv2.GaussianBlur(p, (0, 0), rng.uniform(0.3, 2.5)) + nrng.normal(0, rng.uniform(0.003, 0.05), p.shape)
    return (np.clip(p, 0, 1) * 255).astype(np.uint8)


class Drawer:
    def __init__(self, corpus, fonts, seed):
        self.corpus, self.fonts = corpus, fonts
        self.rng, self.nrng = random.Random(seed), np.random.default_rng(seed)
        self.others = []

    def next(self):
        """A strip, its text and script."""
        while True:
            if self.rng.random() < 0.02:
                return nothing(self.rng, self.nrng), "", "Zxxx"
            t, s = self.corpus.line(self.rng)
            if self.rng.random() < 0.02:
                self.others.append(ink(self.fonts, t, self.rng))
                self.others = [o for o in self.others if o is not None][-20:]
            others = self.rng.sample(self.others, min(2, len(self.others)))
            im = strip(self.fonts, t, self.rng, self.nrng, others)
            if im is not None and im.shape[1] >= 4 * 1.2 * len(t):
                return im, label_of(t), s
