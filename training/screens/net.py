"""The network that tells photographs of screens from photographs of things.

It starts from the backbone of PP-OCRv4's text detector, which knows edges, print
and texture of photographs; the neck that finds text is left out. `Backbone` runs the nodes of the ONNX graph one after another with the
initialisers as parameters, so that it can be trained on.
"""

import cv2
import numpy as np
import onnx
import onnx.numpy_helper
import torch
import torch.nn.functional as F
from torch import nn

ENDS = ("p2o.Add.43", "p2o.Add.71", "p2o.Add.147", "p2o.Add.215")  # at 1/4, 1/8, 1/16 and 1/32 of the size
WIDTH, HEIGHT = 512, 384  # pixels of what the network sees: the whole picture, turned to lie if it stands
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])


class Backbone(nn.Module):
    """The part of a detector's graph that the values `ends` need."""

    def __init__(self, path, ends=ENDS):
        super().__init__()
        g = onnx.load(path).graph
        values = {t.name: onnx.numpy_helper.to_array(t) for t in g.initializer}
        for n in g.node:
            if n.op_type == "Constant":
                values[n.output[0]] = onnx.numpy_helper.to_array(n.attribute[0].t)
        made = {o: n for n in g.node for o in n.output}
        self.nodes, seen = [], set()

        def visit(name):
            if name in seen or name not in made or name in values:
                return
            seen.add(name)
            for i in made[name].input:
                visit(i)
            self.nodes.append(made[name])

        for e in ends:
            visit(e)
        self.ends, self.input, self.names = ends, g.input[0].name, {}
        for n in self.nodes:
            for i in n.input:
                if i in values and i not in self.names:
                    self.names[i] = "w%d" % len(self.names)
                    v = torch.from_numpy(np.array(values[i])).float()
                    if n.op_type in ("Conv", "Mul", "Add") and "helper" not in i:
                        self.register_parameter(self.names[i], nn.Parameter(v))
                    else:
                        self.register_buffer(self.names[i], v)
        self.join()

    def join(self):
        """Makes one step of those that belong together: a convolution with the
        factor and the summand after it, and x * min(max(x + 3, 0), 6) / 6."""
        uses = {}
        for n in self.nodes:
            for i in n.input:
                uses.setdefault(i, []).append(n)
        self.steps, done = [], set()
        for n in self.nodes:
            if id(n) in done:
                continue
            follow = uses.get(n.output[0], [])
            if n.op_type == "Conv" and len(follow) == 1 and follow[0].op_type == "Mul" and follow[0].input[0] in self.names:
                add = uses[follow[0].output[0]][0]
                done |= {id(follow[0]), id(add)}
                self.steps.append(("conv", n, follow[0].input[0], add.input[1], add.output[0]))
            elif n.op_type == "Add" and n.input[1] in self.names and "helper" in n.input[1] and follow[0].op_type == "Clip":
                mul = uses[follow[0].output[0]][0]
                div = uses[mul.output[0]][0]
                done |= {id(follow[0]), id(mul), id(div)}
                self.steps.append(("hardswish", n, None, None, div.output[0]))
            else:
                self.steps.append((n.op_type, n, None, None, n.output[0]))

    def forward(self, x, frozen=None):
        """The values of all ends; up to the end `frozen` nothing is trained."""
        at = {self.input: x}

        def get(name):
            return at[name] if name in at else getattr(self, self.names[name])

        train = torch.is_grad_enabled()
        torch.set_grad_enabled(train and frozen is None)
        for kind, n, factor, summand, out in self.steps:
            v = [get(i) for i in n.input if i]
            a = {k.name: (list(k.ints) or k.i or k.f) for k in n.attribute}
            if kind in ("conv", "Conv"):
                w, b = v[1], v[2] if len(v) > 2 else None
                if kind == "conv":
                    w, b = w * get(factor), (0 if b is None else b * get(factor)) + get(summand).expand(w.shape[0])
                y = F.conv2d(v[0], w, b, stride=a.get("strides", 1), padding=a["pads"][:2], groups=a.get("group", 1) or 1)
            elif kind == "hardswish":
                y = F.hardswish(v[0])
            elif kind == "Add":
                y = v[0] + v[1]
            elif kind == "Mul":
                y = v[0] * v[1]
            elif kind == "Relu":
                y = v[0].relu()
            elif kind == "GlobalAveragePool":
                y = v[0].mean((2, 3), keepdim=True)
            elif kind == "HardSigmoid":
                y = (v[0] * a["alpha"] + a["beta"]).clamp(0, 1)
            elif kind == "BatchNormalization":
                k = v[1] / (v[4] + a["epsilon"]).sqrt()
                y = v[0] * k.view(1, -1, 1, 1) + (v[2] - v[3] * k).view(1, -1, 1, 1)
            else:
                raise ValueError(kind)
            at[out] = y
            if out == frozen:
                torch.set_grad_enabled(train)
        torch.set_grad_enabled(train)
        return [at[e] for e in self.ends]


class Screen(nn.Module):
    """From pictures, as `view` gives them, to logits: positive for a screen."""

    def __init__(self, detector):
        super().__init__()
        self.backbone = Backbone(detector)
        with torch.no_grad():
            n = sum(3 * f.shape[1] for f in self.backbone(torch.zeros(1, 3, 64, 64)))
        self.norm = nn.BatchNorm1d(n, affine=False)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(n, 1)
        nn.init.zeros_(self.head.weight)

    def forward(self, x):
        pooled = []
        for f in self.backbone(x, ENDS[1] if self.training else None):
            mean = f.mean((2, 3))
            pooled += [mean, ((f * f).mean((2, 3)) - mean * mean).clamp(min=1e-6).sqrt(), f.amax((2, 3))]
        return self.head(self.drop(self.norm(torch.cat(pooled, 1)).clamp(-6, 6)))[:, 0]


def view(picture):
    """A picture (BGR, 8 bits) as the network sees it."""
    if picture.shape[0] > picture.shape[1]:
        picture = cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE)
    return cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA if picture.shape[1] > WIDTH else cv2.INTER_LINEAR)


def tensor(pictures):
    x = np.stack(pictures)[..., ::-1].astype(np.float32) / 255
    return torch.from_numpy(np.ascontiguousarray(((x - MEAN) / STD).transpose(0, 3, 1, 2)))
