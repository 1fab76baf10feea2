"""Writes the trained weights as ONNX, like ../mrz/export.py."""

import argparse
import importlib.util
import os

import model as M
import onnx
import torch

spec = importlib.util.spec_from_file_location("zone_export", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mrz", "export.py"))
zone = importlib.util.module_from_spec(spec)
spec.loader.exec_module(zone)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("weights", help="the .pt of train.py")
    p.add_argument("out", help="the .onnx to write")
    a = p.parse_args()
    torch.set_num_threads(1)
    m = M.build()
    m.load_state_dict(torch.load(a.weights))
    torch.onnx.export(
        M.net.Probabilities(m).eval(), torch.zeros(1, 3, M.net.HEIGHT, 320), a.out, opset_version=13,
        input_names=["x"], output_names=["p"],
        dynamic_axes={"x": {0: "batch", 3: "width"}, "p": {0: "batch", 1: "steps"}},
    )
    o = onnx.load(a.out)
    zone.halve(o)
    for k, v in {"character": "\n".join(M.LETTERS), "height": str(M.net.HEIGHT), "stride": str(M.net.STRIDE)}.items():
        o.metadata_props.append(onnx.StringStringEntryProto(key=k, value=v))
    onnx.checker.check_model(o)
    onnx.save(o, a.out)


if __name__ == "__main__":
    main()
