"""Writes the trained weights as ONNX: opset 13, any width, any batch, weights
stored in half precision and widened when the network is loaded."""

import argparse

import net
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper


def halve(model):
    """Stores large weights as float16, with a Cast that the runtime folds away."""
    g = model.graph
    casts = []
    for t in list(g.initializer):
        if t.data_type != TensorProto.FLOAT or np.prod(t.dims) < 64:
            continue
        small = numpy_helper.from_array(numpy_helper.to_array(t).astype(np.float16), t.name + "_half")
        casts.append(helper.make_node("Cast", [small.name], [t.name], to=TensorProto.FLOAT))
        g.initializer.remove(t)
        g.initializer.append(small)
    nodes = list(g.node)
    del g.node[:]
    g.node.extend(casts + nodes)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("weights", help="the .pt of train.py")
    p.add_argument("out", help="the .onnx to write")
    a = p.parse_args()
    torch.set_num_threads(1)
    model = net.Net()
    model.load_state_dict(torch.load(a.weights))
    torch.onnx.export(
        net.Probabilities(model).eval(), torch.zeros(1, 3, net.HEIGHT, 640), a.out, opset_version=13,
        input_names=["x"], output_names=["p"],
        dynamic_axes={"x": {0: "batch", 3: "width"}, "p": {0: "batch", 1: "steps"}},
    )
    m = onnx.load(a.out)
    halve(m)
    meta = {"character": "\n".join(net.LETTERS), "height": str(net.HEIGHT), "stride": str(net.STRIDE)}
    for k, v in meta.items():
        m.metadata_props.append(onnx.StringStringEntryProto(key=k, value=v))
    onnx.checker.check_model(m)
    onnx.save(m, a.out)


if __name__ == "__main__":
    main()
