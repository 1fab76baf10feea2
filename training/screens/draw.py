"""Photographs of screens, and of things, as a camera would take them.

A picture is shown on a display (its pixels side by side in three colours, its
black that is not black, its bezel, a viewer's bars around the picture) and
photographed: tilted, out of focus, with the sensor's own lattice, noise,
sharpening and compression. The display's lattice is evaluated at the places of
the sensor's, so that the two beat against each other as they do in a camera.
`direct` sends the picture through the same camera without the display: nothing
of what the camera does may tell the two apart.
"""

import cv2
import numpy as np

LINEAR = (np.arange(256, dtype=np.float32) / 255) ** 2.2


def gamma(x):
    return np.clip(x, 0, 1) ** (1 / 2.2)


def any_colour(r, low=0, high=255):
    return [int(v) for v in r.integers(low, high + 1, 3)]


def bars(r, fb):
    """Draws what a viewer, a browser or a page shows around a picture."""
    h, w = fb.shape[:2]
    for _ in range(r.integers(0, 4)):
        t = int(h * r.uniform(0.02, 0.1))
        y = r.choice([0, h - t])
        c = int(np.clip(fb[y:y + t].mean() + r.normal(0, 40), 0, 255))
        fb[y:y + t] = c
        x = int(w * 0.02)
        while x < w * 0.95:
            kind = r.integers(0, 4)
            s = max(6, int(t * r.uniform(0.3, 0.6)))
            colour = any_colour(r) if r.random() < 0.3 else [int(255 - c * 0.8)] * 3
            if kind == 0:
                cv2.circle(fb, (x, y + t // 2), s // 2, colour, -1 if r.random() < 0.5 else 2)
            elif kind == 1:
                cv2.rectangle(fb, (x, y + (t - s) // 2), (x + s, y + (t + s) // 2), colour, -1 if r.random() < 0.5 else 2)
            elif kind == 2:
                words(r, fb, x, y + (t + s) // 2, s, colour)
            x += int(s * r.uniform(1.5, 12))


def words(r, fb, x, y, size, colour):
    s = "".join(r.choice(list("abcdefghiklmnoprstuvw   ABCDEKLMST0123456789.-")) for _ in range(r.integers(3, 24)))
    cv2.putText(fb, s, (int(x), int(y)), int(r.choice([0, 2, 3])), size / 30, colour, max(1, int(size / 14)), cv2.LINE_AA)


def page(r, w, h, others):
    """A page with text and pictures."""
    fb = np.full((h, w, 3), 255 if r.random() < 0.6 else r.integers(15, 60), np.uint8)
    ink = [40] * 3 if fb[0, 0, 0] > 128 else [220] * 3
    for _ in range(r.integers(1, 9)):
        o = others[r.integers(len(others))]
        bw = int(w * r.uniform(0.1, 0.5))
        bh = min(h - 2, int(bw * o.shape[0] / o.shape[1]))
        if bh < 8 or bw < 8:
            continue
        x, y = r.integers(0, max(1, w - bw)), r.integers(0, max(1, h - bh))
        fb[y:y + bh, x:x + bw] = cv2.resize(o, (bw, bh), interpolation=cv2.INTER_AREA)
    for _ in range(r.integers(5, 50)):
        words(r, fb, r.uniform(0, w * 0.9), r.uniform(0, h), h * r.uniform(0.012, 0.035), ink if r.random() < 0.8 else any_colour(r))
    return fb


def frame(r, content, others):
    """What the display shows: w x h pixels."""
    w, h = [(1366, 768), (1920, 1080), (1536, 864), (1440, 900), (1280, 800), (1080, 2340), (900, 1600), (1600, 2560 // 2), (2048, 1536)][r.integers(9)]
    kind = r.random()
    if kind < 0.4:  # a page, the picture on it
        fb = page(r, w, h, others)
        share = r.uniform(0.35, 0.9)
    else:  # a viewer
        fb = np.full((h, w, 3), r.choice([0, 0, 12, 30, 45, 240, 255]), np.uint8)
        share = 1.0 if r.random() < 0.6 else r.uniform(0.5, 1)
    s = share * min(w / content.shape[1], h / content.shape[0])
    if kind > 0.85:  # nothing but the picture
        s = max(w / content.shape[1], h / content.shape[0])
    cw, ch = max(8, int(content.shape[1] * s)), max(8, int(content.shape[0] * s))
    c = cv2.resize(content, (cw, ch), interpolation=cv2.INTER_AREA if s < 1 else cv2.INTER_LINEAR)
    x, y = (w - cw) // 2, (h - ch) // 2
    if kind < 0.4 and share < 1:
        x, y = r.integers(0, max(1, w - cw)), r.integers(0, max(1, h - ch))
    x0, y0 = max(0, x), max(0, y)
    part = c[y0 - y:y0 - y + h - y0, x0 - x:x0 - x + w - x0]
    fb[y0:y0 + part.shape[0], x0:x0 + part.shape[1]] = part
    at = (x0, y0, x0 + part.shape[1], y0 + part.shape[0])
    if r.random() < 0.65:
        bars(r, fb)
    if r.random() < 0.2:  # the pointer
        x, y, s = r.uniform(0, w), r.uniform(0, h), h * 0.015
        cv2.fillPoly(fb, [np.int32([[x, y], [x, y + 2 * s], [x + 1.3 * s, y + 1.4 * s]])], (255, 255, 255))
    return fb, at


def aim(r, box, w, h, cover, tilt):
    """The homography that takes pixels of the camera to those of what it looks at,
    so that `box` of it covers about that share of the view."""
    x0, y0, x1, y1 = box
    bw, bh = x1 - x0, y1 - y0
    turn = r.normal(0, 4) + (90 * r.integers(0, 4) if r.random() < 0.15 else 0)
    if (bw > bh) != (w > h) and r.random() < 0.6:
        turn += 90
    s = cover * min(w / bw, h / bh) if abs(turn % 180 - 90) > 45 else cover * min(w / bh, h / bw)
    t = np.radians(turn)
    rot = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64)
    c = (corners - corners.mean(0)) * s
    depth = 1 + (c / np.hypot(w, h)) @ r.normal(0, tilt, 2)
    c = (c @ rot.T) / depth[:, None]
    c += np.array([w / 2, h / 2]) + r.normal(0, 0.05, 2) * [w, h]
    return cv2.getPerspectiveTransform(np.float32(c), np.float32(corners)).astype(np.float64)


def places(m, w, h):
    """Where each pixel of the camera looks."""
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    d = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    return ((m[0, 0] * x + m[0, 1] * y + m[0, 2]) / d).astype(np.float32), ((m[1, 0] * x + m[1, 1] * y + m[1, 2]) / d).astype(np.float32)


def lattice(r, u, v, blur):
    """How the display's lattice shows at the sensor's places, for each colour."""
    step = 257  # the frequency changes slowly
    fx, fy = np.hypot(*np.gradient(u[::step, ::step], step)), np.hypot(*np.gradient(v[::step, ::step], step))
    size = (u.shape[1], u.shape[0])

    def seen(f):  # by lens and aperture of a sensor's pixel
        return cv2.resize((np.exp(-2 * (np.pi * blur * f) ** 2) * np.abs(np.sinc(f))).astype(np.float32), size)

    out = np.ones(u.shape + (3,), np.float32)
    a, b = seen(fx), seen(fy)
    depth, rows = r.uniform(0.5, 1.6), r.uniform(0.05, 0.6)
    diamond = r.random() < 0.25  # as the displays of telephones
    for c in range(3):
        p = 2 * np.pi * (u - c / 3)
        if diamond:
            out[..., c] += depth * a * b * np.cos(p) * np.cos(2 * np.pi * (v - (c % 2) / 2))
        else:
            out[..., c] += depth * a * np.cos(p)
    out += (rows * b * np.cos(2 * np.pi * v))[..., None]
    return np.maximum(out, 0)


def camera(r, light, native):
    """From light on the sensor's places to a file's pixels. native: pixels of the
    sensor for one of the picture."""
    h, w = light.shape[:2]
    if r.random() < 0.8:  # light falls off
        y, x = np.mgrid[-1:1:h * 1j, -1:1:w * 1j].astype(np.float32)
        light = light * (1 - r.uniform(0, 0.55) * (x * x + y * y) / 2)[..., None]
    light = light * np.float32(r.normal(1, 0.05, 3))
    top = np.percentile(light[::7, ::7], r.uniform(92, 99.7))
    light = light * np.float32(r.choice([r.uniform(0.3, 0.8), r.uniform(0.7, 1.15)]) / max(top, 1e-3))
    noise = r.uniform(0.002, 0.03)
    light = light + np.sqrt(np.maximum(light, 0) * noise * 0.05 + (noise * 0.15) ** 2) * r.standard_normal(light.shape, dtype=np.float32)
    raw = (np.clip(light, 0, 1) * 65535).astype(np.uint16)
    bayer = raw[..., 1].copy()
    bayer[0::2, 0::2], bayer[1::2, 1::2] = raw[0::2, 0::2, 2], raw[1::2, 1::2, 0]
    out = gamma(cv2.cvtColor(bayer, cv2.COLOR_BayerBG2BGR).astype(np.float32) / 65535)  # OpenCV names the second row
    if r.random() < 0.7:  # colour is smoothed
        ycc = cv2.cvtColor(out, cv2.COLOR_BGR2YCrCb)
        k = int(r.choice([3, 5, 7]))
        ycc[..., 1:] = cv2.blur(ycc[..., 1:], (k, k))
        if r.random() < 0.5:
            ycc[..., 0] = cv2.bilateralFilter(ycc[..., 0], 5, r.uniform(0.02, 0.08), 2)
        out = cv2.cvtColor(ycc, cv2.COLOR_YCrCb2BGR)
    if r.random() < 0.8:
        out = out + r.uniform(0.1, 1.2) * (out - cv2.GaussianBlur(out, (0, 0), r.uniform(0.6, 1.6)))
    bend = r.uniform(-0.3, 0.6)  # the tone curve
    out = np.clip(out, 0, 1)
    out = out + bend * (out * out * (3 - 2 * out) - out)
    if r.random() < 0.3:
        g = out.mean(2, keepdims=True)
        out = g + r.uniform(0.7, 1.5) * (out - g)
    out = cv2.resize(out, (round(w / native), round(h / native)), interpolation=cv2.INTER_AREA)
    return (np.clip(out, 0, 1) * 255 + 0.5).astype(np.uint8)


def save(r, picture):
    """Through one or two JPEGs."""
    for _ in range(r.integers(1, 3)):
        if r.random() < 0.3:
            s = r.uniform(0.6, 1)
            picture = cv2.resize(picture, None, fx=s, fy=s, interpolation=cv2.INTER_AREA)
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, [1, int(r.integers(45, 97))])[1], 1)
    return picture


def room(r, others, w, h):
    """The light of what lies around, out of focus or not."""
    o = others[r.integers(len(others))]
    if r.random() < 0.4:
        o = np.full((8, 8, 3), any_colour(r, 5, 200), np.uint8)
    o = cv2.resize(o, (w, h), interpolation=cv2.INTER_LINEAR)
    s = r.choice([0, 0, 3, 10, 25])
    if s:
        o = cv2.resize(cv2.GaussianBlur(cv2.resize(o, (w // 4, h // 4)), (0, 0), float(s)), (w, h))
    return LINEAR[o] * r.uniform(0.1, 1)


def sizes(r):
    long, short = 1000, int(1000 * r.choice([0.75, 0.5625, 0.75, 1]))
    native = r.choice([1.0, 1.5, 2.0, 2.0])
    w, h = (long, short) if r.random() < 0.5 else (short, long)
    return int(w * native) // 2 * 2, int(h * native) // 2 * 2, native


def screen(r, content, others):
    """A photograph of `content` on a display."""
    w, h, native = sizes(r)
    fb, at = frame(r, content, others)
    box = at if r.random() < 0.5 else (0, 0, fb.shape[1], fb.shape[0])
    m = aim(r, box, w, h, r.uniform(0.75, 1.5), r.choice([0.05, 0.15, 0.4]))
    u, v = places(m, w, h)
    blur = r.choice([r.uniform(0.3, 0.8), r.uniform(0.5, 2.5)])
    shown = LINEAR[fb] ** np.float32(r.uniform(0.85, 1.25))
    if r.random() < 0.4:  # lively colours
        g = shown.mean(2, keepdims=True)
        shown = np.maximum(0, g + r.uniform(1, 1.5) * (shown - g))
    light = np.stack([cv2.remap(np.ascontiguousarray(shown[..., c]), u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for c in range(3)], 2)
    light = cv2.GaussianBlur(light, (0, 0), float(blur))
    if r.random() < 0.85:
        light *= lattice(r, u, v, blur)
    # Black that glows, unevenly, and turns with the angle.
    y, x = np.mgrid[-1:1:h * 1j, -1:1:w * 1j].astype(np.float32)
    lit = 1 + r.normal(0, 0.2) * x + r.normal(0, 0.2) * y
    glow = r.choice([0, 0.003, 0.01, 0.03]) * np.float32(r.normal(1, 0.15, 3))
    light = light * np.maximum(0.2, lit)[..., None] + glow
    # Around it the bezel and the room.
    fw, fh = fb.shape[1], fb.shape[0]
    edge = np.maximum(np.maximum(-u, u - fw), np.maximum(-v, v - fh))
    bezel = fw * r.uniform(0.005, 0.08)
    outside = LINEAR[np.full((1, 1, 3), r.choice([8, 20, 40, 170], p=[0.35, 0.35, 0.2, 0.1]), np.uint8)] * r.uniform(0.2, 1)
    around = room(r, others, w, h) * r.uniform(0.05, 0.8)
    soft = max(1.0, blur * fw / w)
    inside = np.clip(0.5 - edge / soft, 0, 1)[..., None]
    behind = np.clip(0.5 + (edge - bezel) / soft, 0, 1)[..., None]
    light = light * inside + (1 - inside) * (outside * (1 - behind) + around * behind)
    # What the glass reflects.
    if r.random() < 0.6:
        light = light + r.uniform(0, 0.08) * cv2.resize(cv2.GaussianBlur(cv2.resize(room(r, others, w, h), (w // 8, h // 8)), (0, 0), 6), (w, h)) * (1 - behind)
    if r.random() < 0.1:  # a lamp or a flash in it
        px, py, s = r.uniform(-1, 1), r.uniform(-1, 1), r.uniform(0.05, 0.2)
        light = light + (r.uniform(0.3, 1.5) * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * s * s)))[..., None]
    return save(r, camera(r, light.astype(np.float32), native))


def direct(r, content, others):
    """A photograph of the same without a display: as the picture is, or of it as
    a thing that lies somewhere."""
    kind = r.random()
    if kind < 0.3:
        s = 1000 / max(content.shape[:2])
        c = cv2.resize(content, None, fx=s, fy=s, interpolation=cv2.INTER_AREA if s < 1 else cv2.INTER_CUBIC)
        return save(r, c)
    w, h, native = sizes(r)
    thing = content
    if kind < 0.45:  # a printed page
        thing = page(r, 1400, 1000 if r.random() < 0.5 else 1900, others)
    th, tw = thing.shape[:2]
    cover = r.uniform(0.5, 1.05) if kind < 0.7 else r.uniform(1.05, 1.6)
    m = aim(r, (0, 0, tw, th), w, h, cover, r.choice([0.05, 0.15, 0.4]))
    u, v = places(m, w, h)
    blur = r.choice([r.uniform(0.3, 0.8), r.uniform(0.5, 2.5)])
    lin = LINEAR[thing] * np.float32(0.9) + np.float32(0.02)  # paper is not black, nor a mirror
    mode = cv2.BORDER_REFLECT_101 if kind >= 0.7 else cv2.BORDER_REPLICATE
    light = np.stack([cv2.remap(np.ascontiguousarray(lin[..., c]), u, v, cv2.INTER_LINEAR, borderMode=mode) for c in range(3)], 2)
    y, x = np.mgrid[-1:1:h * 1j, -1:1:w * 1j].astype(np.float32)
    light *= np.maximum(0.2, 1 + r.normal(0, 0.25) * x + r.normal(0, 0.25) * y)[..., None]
    if kind < 0.7:
        edge = np.maximum(np.maximum(-u, u - tw), np.maximum(-v, v - th))
        inside = np.clip(0.5 - edge / max(1.0, blur * tw / w), 0, 1)[..., None]
        around = room(r, others, w, h)
        light = light * inside + (1 - inside) * around
    light = cv2.GaussianBlur(light, (0, 0), float(blur))
    if r.random() < 0.25:  # glare on plastic
        px, py, s = r.uniform(-1, 1), r.uniform(-1, 1), r.uniform(0.05, 0.3)
        light = light + (r.uniform(0.2, 1.2) * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * s * s)))[..., None]
    return save(r, camera(r, light.astype(np.float32), native))
