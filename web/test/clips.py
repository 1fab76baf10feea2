"""Makes short clips of documents moving over cluttered backgrounds, to measure the outline finder.

    python3 clips.py DATA OUT      (needs python3-opencv; DATA is the folder of development pictures)

Writes frames as PGM files and truth.json with the corners of each. The pictures are private: OUT is for
the test (IDPROOF_CLIPS=OUT npm test) and is thrown away.
"""
import json, pathlib, sys
import cv2, numpy as np

data, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(7)
pictures = json.load(open(data / "manifest.json"))


def load(p):
    return cv2.imread(str(data / p["file"]))


documents = []
for p in pictures:
    w, h = p["size"]
    if p["class"] in ("mrz", "id") and "specimen scan" in p["tags"] + ["specimen scan"] * (p["class"] == "id") \
            and 1.3 < w / h < 1.68 and w >= 300:
        image = load(p)
        if image is not None:
            documents.append(image)
backgrounds = [i for i in (load(p) for p in pictures if p["class"] in ("forgery", "negative")) if i is not None and min(i.shape[:2]) > 200]
truth = []
for n, document in enumerate(documents):
    W, H = [(320, 240), (370, 208), (208, 370)][n % 3]
    W, H = W * 3, H * 3
    background = backgrounds[int(rng.integers(len(backgrounds)))]
    scale = 1.25 * max(W / background.shape[1], H / background.shape[0])
    background = cv2.resize(background, None, fx=scale, fy=scale)
    h, w = document.shape[:2]
    size = rng.uniform(0.66, 0.9)
    width = min(W * size, H * size * w / h)
    start, drift = rng.uniform(-1, 1, 2), rng.uniform(-1, 1, 2)
    angle, spin = rng.uniform(-8, 8), rng.uniform(-3, 3)
    bend = rng.uniform(-0.06, 0.06, (4, 2))
    light = rng.uniform(0.6, 1.1)
    for f in range(8):
        t = f / 7 - 0.5
        a = np.deg2rad(angle + spin * t)
        box = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float) * [width / 2, width / 2 * h / w]
        box += bend * width * (1 + 0.3 * t)
        box = box @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
        room = np.maximum(0, np.array([W, H]) / 2 - np.abs(box).max(0) - 6)
        box += np.array([W, H]) / 2 + np.clip(start + 0.3 * drift * t, -1, 1) * room
        m = cv2.getPerspectiveTransform(np.float32([[0, 0], [w, 0], [w, h], [0, h]]), np.float32(box))
        x, y = int(background.shape[1] - W) // 2 + int(8 * t), (background.shape[0] - H) // 2
        frame = background[y:y + H, x:x + W].astype(np.float32) * 0.85
        r = int(0.035 * w)  # cards have round corners
        card = np.zeros((h, w), np.uint8)
        cv2.rectangle(card, (r, 0), (w - r, h), 255, -1)
        cv2.rectangle(card, (0, r), (w, h - r), 255, -1)
        for c in [(r, r), (w - r, r), (r, h - r), (w - r, h - r)]:
            cv2.circle(card, c, r, 255, -1)
        mask = cv2.warpPerspective(card, m, (W, H), flags=cv2.INTER_AREA)[..., None] / 255.0
        top = cv2.warpPerspective(document, m, (W, H), flags=cv2.INTER_AREA).astype(np.float32)
        shadow = cv2.GaussianBlur(np.roll(mask[..., 0], (9, 7), (0, 1)), (0, 0), 9)[..., None]
        frame = frame * (1 - 0.45 * shadow)
        frame = frame * (1 - mask) + top * mask
        frame *= light * np.linspace(0.85, 1.1, W)[None, :, None]
        frame = cv2.GaussianBlur(frame, (0, 0), rng.uniform(0.8, 2.2))
        frame += rng.normal(0, 5, frame.shape)
        gray = cv2.cvtColor(np.clip(frame, 0, 255).astype(np.uint8), cv2.COLOR_BGR2GRAY)
        gray = cv2.resize(gray, (W // 3, H // 3), interpolation=cv2.INTER_AREA)
        name = f"{n:03d}-{f}.pgm"
        cv2.imwrite(str(out / name), gray)
        truth.append({"file": name, "quad": (box / 3).round(2).tolist()})
json.dump(truth, open(out / "truth.json", "w"))
print(len(documents), "documents,", len(truth), "frames")
