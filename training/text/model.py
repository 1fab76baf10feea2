"""The network of text_rec: that of mrz_rec (PP-OCRv3's recogniser, a strip 32
pixels high, a step every 4 pixels of width) with the letters of words.py."""

import os
import sys
import unicodedata

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mrz"))

import net  # noqa: E402
import torch  # noqa: E402
from words import CYRILLIC, GREEK, LETTERS  # noqa: E402

CODE = {c: i + 1 for i, c in enumerate(LETTERS)}
# Letters of other scripts that look like Latin ones begin with those' rows.
LIKE = dict(zip("АВЕКМНОРСТУХІЈЅасеорухіјѕЁёЇї", "ABEKMHOPCTYXIJSaceopyxijsËëÏï", strict=True))
LIKE |= dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧορνικτυχαβγΆΈΉΊΌΎάόύίήέΪΫϊϋ", "ABEZHIKMNOPTYXopvikruxaBYÁÉHÍÓÝáóúínéÏYïü", strict=True))


def build():
    return net.Net(1 + len(LETTERS))


def start(original, zone=None, share=0.5):
    """The network with the weights of ppocr3_latin.onnx, mixed with those of mrz_rec (.pt) below the head."""
    old, chars = net.from_ppocr(original, pool=(2, 1))
    state = old.state_dict()
    if zone:
        z = torch.load(zone)
        for k in state:
            if not k.startswith("head."):
                state[k] = (1 - share) * state[k] + share * z[k]
    w, b = state["head.weight"], state["head.bias"]
    torch.manual_seed(1)
    W = torch.randn(1 + len(LETTERS), w.shape[1]) * w.std() * 0.5
    B = torch.full((1 + len(LETTERS),), float(b[1:].mean()))
    W[0], B[0] = w[0], b[0]
    for i, c in enumerate(LETTERS, 1):
        for d in (c, LIKE.get(c), unicodedata.normalize("NFD", c)[0]):
            if d and d in chars:
                j = chars.index(d)
                W[i], B[i] = w[j], b[j]
                if d != c:
                    W[i] += torch.randn(w.shape[1]) * w.std() * 0.15
                    B[i] -= 1
                break
    state["head.weight"], state["head.bias"] = W, B
    m = build()
    m.load_state_dict(state)
    return m


def grown(state):
    """The weights of an earlier run, with rows for letters that were appended since."""
    w, b = state["head.weight"], state["head.bias"]
    more = 1 + len(LETTERS) - len(b)
    if more:
        state["head.weight"] = torch.cat([w, torch.randn(more, w.shape[1]) * w.std() * 0.3])
        state["head.bias"] = torch.cat([b, torch.full((more,), float(b[1:].mean()))])
    return state


def greedy(logits):
    out = []
    for row in logits.argmax(-1).tolist():
        last, s = 0, []
        for c in row:
            if c and c != last:
                s.append(LETTERS[c - 1])
            last = c
        out.append("".join(s))
    return out


assert len(set(LETTERS)) == len(LETTERS) and set(CYRILLIC + GREEK) <= set(LETTERS)
