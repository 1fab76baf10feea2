"""Writes the trained weights as ONNX, like ../mrz/export.py."""

import argparse
import importlib.util
import os

import net
import onnx
import torch
import torch.nn.functional as F

spec = importlib.util.spec_from_file_location("zone_export", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mrz", "export.py"))
zone = importlib.util.module_from_spec(spec)
spec.loader.exec_module(zone)


class Answer(torch.nn.Module):
    """The logit, and what each place of a grid of 1/32 of the size adds to it by its mean."""

    def __init__(self, m):
        super().__init__()
        self.m = m

    def forward(self, x):
        maps = self.m.backbone(x)
        pooled, places, at = [], 0, 0
        scale = self.m.head.weight[0] / (self.m.norm.running_var + self.m.norm.eps).sqrt()
        for f, k in zip(maps, (8, 4, 2, 1)):
            n = f.shape[1]
            mean = f.mean((2, 3))
            pooled += [mean, ((f * f).mean((2, 3)) - mean * mean).clamp(min=1e-6).sqrt(), f.amax((2, 3))]
            said = F.conv2d(f - self.m.norm.running_mean[at:at + n].view(1, -1, 1, 1), scale[at:at + n].view(1, -1, 1, 1))
            places = places + (F.avg_pool2d(said, k) if k > 1 else said)
            at += 3 * n
        logit = self.m.head(self.m.norm(torch.cat(pooled, 1)).clamp(-6, 6))
        return torch.cat([logit, places.flatten(1)], 1)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--detector", required=True, help="ppocr4_det.onnx")
    p.add_argument("weights", help="the .pt of train.py")
    p.add_argument("out", help="the .onnx to write")
    a = p.parse_args()
    torch.set_num_threads(1)
    m = net.Screen(a.detector)
    m.load_state_dict(torch.load(a.weights))
    m.eval()
    with torch.no_grad():
        torch.onnx.export(Answer(m).eval(), torch.zeros(1, 3, net.HEIGHT, net.WIDTH), a.out, opset_version=13, input_names=["x"], output_names=["y"])
    o = onnx.load(a.out)
    zone.halve(o)
    onnx.checker.check_model(o)
    onnx.save(o, a.out)


if __name__ == "__main__":
    main()
