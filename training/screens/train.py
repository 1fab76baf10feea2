"""Trains the network of net.py on the pictures that make.py drew."""

import argparse
import glob
import math
import os
import time

import cv2
import net
import numpy as np
import torch


def vary(r, p):
    """Another picture of the same kind."""
    h, w = p.shape[:2]
    s = r.uniform(0.75, 1)
    cw, ch = int(w * s), int(h * s)
    x, y = r.integers(0, w - cw + 1), r.integers(0, h - ch + 1)
    p = p[y:y + ch, x:x + cw]
    if r.random() < 0.5:
        p = p[:, ::-1]
    if r.random() < 0.5:
        p = p[::-1]
    if r.random() < 0.3:
        p = cv2.rotate(np.ascontiguousarray(p), cv2.ROTATE_90_CLOCKWISE)
    p = net.view(np.ascontiguousarray(p)).astype(np.float32)
    if r.random() < 0.7:
        p = (p - 128) * r.uniform(0.7, 1.3) + 128 + r.normal(0, 15)
    if r.random() < 0.5:
        p = p * r.normal(1, 0.07, 3)
    if r.random() < 0.15:
        p = np.repeat(p.mean(2, keepdims=True), 3, 2)
    if r.random() < 0.3:
        p = p + r.normal(0, r.uniform(1, 6), p.shape)
    p = np.clip(p, 0, 255).astype(np.uint8)
    if r.random() < 0.3:
        p = cv2.GaussianBlur(p, (0, 0), r.uniform(0.4, 1.2))
    if r.random() < 0.3:
        p = cv2.imdecode(cv2.imencode(".jpg", p, [1, int(r.integers(40, 95))])[1], 1)
    return p


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--detector", required=True, help="ppocr4_det.onnx")
    a.add_argument("--drawn", nargs="+", required=True, help="folders of make.py: s_*.jpg are screens, d_*.jpg are not")
    a.add_argument("--start", help="the .pt of an earlier run")
    a.add_argument("--out", required=True)
    a.add_argument("--minutes", type=float, default=30)
    a.add_argument("--rate", type=float, default=3e-4)
    a.add_argument("--batch", type=int, default=8)
    a.add_argument("--threads", type=int, default=1)
    a.add_argument("--seed", type=int, default=1)
    o = a.parse_args()
    torch.set_num_threads(o.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(o.seed)
    r = np.random.default_rng(o.seed)
    m = net.Screen(o.detector).to(memory_format=torch.channels_last)  # three times as fast
    if o.start:
        m.load_state_dict(torch.load(o.start))
    optimizer = torch.optim.AdamW([
        {"params": m.backbone.parameters(), "lr": o.rate, "base": o.rate},
        {"params": m.head.parameters(), "lr": 5 * o.rate, "base": 5 * o.rate},
    ], weight_decay=0.02)
    began, step, loss_mean, right, queue = time.time(), 0, 0.7, 0.5, []
    while (part := (time.time() - began) / 60 / o.minutes) < 1:
        if len(queue) < o.batch:
            files = [f for d in o.drawn for f in glob.glob(os.path.join(d, "*.jpg"))]
            queue += [files[i] for i in r.permutation(len(files))]
        names, queue = queue[:o.batch], queue[o.batch:]
        pictures = [(f, cv2.imread(f)) for f in names]
        pictures = [(f, p) for f, p in pictures if p is not None]
        x = net.tensor([vary(r, p) for _, p in pictures]).to(memory_format=torch.channels_last)
        y = torch.tensor([1.0 if os.path.basename(f).startswith("s_") else 0.0 for f, _ in pictures])
        for g in optimizer.param_groups:
            g["lr"] = g["base"] * min(1, (step + 1) / 50) * (0.02 + 0.98 * (1 + math.cos(math.pi * part)) / 2)
        m.train()
        z = m(x)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y * 0.94 + 0.03)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(m.parameters(), 2)
        optimizer.step()
        step += 1
        loss_mean += 0.02 * (loss.item() - loss_mean)
        right += 0.02 * (((z > 0) == (y > 0.5)).float().mean().item() - right)
        if step % 50 == 0:
            print("%5d  %.1f min  loss %.3f  right %.3f" % (step, (time.time() - began) / 60, loss_mean, right), flush=True)
            torch.save(m.state_dict(), o.out)
    torch.save(m.state_dict(), o.out)


if __name__ == "__main__":
    main()
