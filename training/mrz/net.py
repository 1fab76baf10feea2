"""The network of mrz_rec: PP-OCRv3's text recogniser (MobileNetV1Enhance with an
SVTR neck and a CTC head), changed for lines of machine-readable zones.

Changes against the original, whose weights are the starting point:
- batch normalisation is folded into the convolutions;
- the last pooling halves the height alone, so there is a step every 4 pixels of
  width instead of every 8, and characters may be half as wide;
- the strip is 32 pixels high instead of 48;
- 38 classes: the blank, 0-9, A-Z and '<'.
"""

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
HEIGHT = 32
STRIDE = 4


class Attention(nn.Module):
    def __init__(self, dim=120, heads=8):
        super().__init__()
        self.heads, self.dim = heads, dim
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        b, n, d = x.shape
        qkv = self.qkv(x).reshape(b, -1, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        a = (q * (d // self.heads) ** -0.5) @ k.transpose(-2, -1)
        return self.proj((a.softmax(-1) @ v).transpose(1, 2).reshape(b, -1, d))


class Block(nn.Module):
    def __init__(self, dim=120, hidden=240):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-5)
        self.attn = Attention(dim)
        self.norm2 = nn.LayerNorm(dim, eps=1e-5)
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.fc2(F.silu(self.fc1(self.norm2(x))))


class Squeeze(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, c):
        super().__init__()
        self.down = nn.Conv2d(c, c // 4, 1)
        self.up = nn.Conv2d(c // 4, c, 1)

    def forward(self, x):
        s = self.up(F.relu(self.down(x.mean((2, 3), keepdim=True))))
        return x * F.hardsigmoid(s)


# Depthwise-separable blocks: out channels, kernel, stride, squeeze and excitation.
BLOCKS = [
    (32, 3, (1, 1), False), (64, 3, (1, 1), False), (64, 3, (1, 1), False),
    (128, 3, (2, 1), False), (128, 3, (1, 1), False), (256, 3, (2, 1), False),
    (256, 5, (1, 1), False), (256, 5, (1, 1), False), (256, 5, (1, 1), False),
    (256, 5, (1, 1), False), (256, 5, (1, 1), False),
    (512, 5, (2, 1), True), (512, 5, (1, 2), True),
]


class Separable(nn.Module):
    def __init__(self, cin, cout, k, stride, se):
        super().__init__()
        self.dw = nn.Conv2d(cin, cin, k, stride, k // 2, groups=cin)
        self.se = Squeeze(cin) if se else nn.Identity()
        self.pw = nn.Conv2d(cin, cout, 1)

    def forward(self, x):
        return F.hardswish(self.pw(self.se(F.hardswish(self.dw(x)))))


class Net(nn.Module):
    def __init__(self, classes=1 + len(LETTERS), pool=(2, 1)):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 2, 1)
        blocks, c = [], 16
        for cout, k, s, se in BLOCKS:
            blocks.append(Separable(c, cout, k, s, se))
            c = cout
        self.blocks = nn.Sequential(*blocks)
        self.pool = pool
        self.neck1 = nn.Conv2d(512, 64, 3, 1, 1)
        self.neck2 = nn.Conv2d(64, 120, 1)
        self.mix = nn.Sequential(Block(), Block())
        self.norm = nn.LayerNorm(120, eps=1e-6)
        self.neck3 = nn.Conv2d(120, 512, 1)
        self.neck4 = nn.Conv2d(1024, 64, 3, 1, 1)
        self.neck5 = nn.Conv2d(64, 64, 1)
        self.head = nn.Linear(64, classes)

    def forward(self, x):
        x = self.blocks(F.hardswish(self.stem(x)))
        x = F.avg_pool2d(x, self.pool, self.pool)
        z = F.silu(self.neck2(F.silu(self.neck1(x))))
        z = self.norm(self.mix(z.flatten(2).transpose(1, 2)))
        z = F.silu(self.neck3(z.transpose(1, 2).unsqueeze(2)))
        z = torch.cat((x, z), 1)
        z = F.silu(self.neck5(F.silu(self.neck4(z))))
        return self.head(z.squeeze(2).transpose(1, 2))


class Probabilities(nn.Module):
    """What is exported: the network with its softmax."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x).softmax(-1)


def from_ppocr(path, **kw):
    """Net with the weights of latin_PP-OCRv3_rec.onnx, and its characters."""
    g = onnx.load(path)
    chars = next(p.value for p in g.metadata_props if p.key == "character").split("\n")
    const, convs, mats, vecs = {}, [], [], []
    by_input = {}
    for n in g.graph.node:
        at = {a.name: onnx.helper.get_attribute_value(a) for a in n.attribute}
        if n.op_type == "Constant":
            const[n.output[0]] = numpy_helper.to_array(at["value"]).astype(np.float32)
        for i in n.input:
            by_input.setdefault(i, []).append(n)
    for n in g.graph.node:
        c = [const[i] for i in n.input if i in const]
        if n.op_type == "Conv":
            w = c[0]
            b = c[1] if len(c) > 1 else np.zeros(w.shape[0], np.float32)
            nxt = by_input.get(n.output[0], [])
            if nxt and nxt[0].op_type == "BatchNormalization":
                scale, shift, mean, var = (const[i] for i in nxt[0].input[1:])
                f = scale / np.sqrt(var + 1e-5)
                w, b = w * f[:, None, None, None], (b - mean) * f + shift
            convs.append((w, b))
        elif n.op_type == "MatMul" and c:
            mats.append(c[0])
        elif n.op_type in ("Add", "Mul") and c and c[0].ndim == 1:
            vecs.append(c[0])
    old_classes = mats[-1].shape[1]
    net = Net(old_classes, **kw)
    with torch.no_grad():
        for m, (w, b) in zip([m for m in net.modules() if isinstance(m, nn.Conv2d)], convs, strict=True):
            m.weight.copy_(torch.from_numpy(w))
            m.bias.copy_(torch.from_numpy(b))
        mats, vecs = iter(mats), iter(vecs)
        for m in [m for m in net.modules() if isinstance(m, (nn.Linear, nn.LayerNorm))]:
            if isinstance(m, nn.Linear):
                m.weight.copy_(torch.from_numpy(next(mats).T.copy()))
            else:
                m.weight.copy_(torch.from_numpy(next(vecs)))
            m.bias.copy_(torch.from_numpy(next(vecs)))
    return net, [""] + chars[: old_classes - 2] + [" "] if len(chars) >= old_classes - 2 else chars


def start(path):
    """Net with 38 classes, begun from the original's weights."""
    old, chars = from_ppocr(path, pool=(2, 1))
    net = Net()
    state = old.state_dict()
    rows = [0] + [chars.index(c) for c in LETTERS]
    state["head.weight"] = state["head.weight"][rows]
    state["head.bias"] = state["head.bias"][rows]
    net.load_state_dict(state)
    return net


def greedy(logits):
    """Texts of the best class at every step (batch × steps × classes)."""
    out = []
    for row in logits.argmax(-1).tolist():
        last, s = 0, []
        for c in row:
            if c and c != last:
                s.append(LETTERS[c - 1])
            last = c
        out.append("".join(s))
    return out
