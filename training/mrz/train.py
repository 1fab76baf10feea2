"""Fine-tunes mrz_rec. The schedule follows the clock, so that the time given is
the time used, whatever else the machine does. Each worker is a process of one
thread that takes its own steps on the shared weights without waiting for the
others (Hogwild): on a busy machine that wastes least."""

import argparse
import json
import math
import queue
import threading
import time

import cv2
import data
import net
import numpy as np
import torch
import torch.multiprocessing as mp
import torch.nn.functional as F


def truths(manifest):
    with open(manifest, encoding="utf-8") as f:
        return {t for e in json.load(f) if e.get("mrz") for t in e["mrz"]["lines"]}


@torch.no_grad()
def score(model, items):
    """Exact lines and character error rate on (strip, text) items."""
    model.eval()
    exact = wrong = total = 0
    for im, text in items:
        x = torch.from_numpy(im.astype(np.float32) / 127.5 - 1).expand(1, 3, -1, -1)
        got = net.greedy(model(x))[0]
        exact += got == text
        wrong += data.errors(got, text)
        total += len(text)
    model.train()
    return f"{exact}/{len(items)} cer {100 * wrong / max(total, 1):.2f}%"


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--start", required=True, help="ppocr3_latin.onnx, or a .pt of an earlier run")
    p.add_argument("--drawn", nargs="+", required=True, help="folders made by ../lines")
    p.add_argument("--real", help="folder of binarised crops with lines.tsv")
    p.add_argument("--exclude", help="manifest.json whose lines are not trained on")
    p.add_argument("--check", nargs="*", default=[], help="folders of strips to validate on")
    p.add_argument("--out", required=True, help="where the weights go (.pt)")
    p.add_argument("--minutes", type=float, default=75)
    p.add_argument("--every", type=float, default=5, help="minutes between validations")
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--rate", type=float, default=5e-4)
    p.add_argument("--warm", type=float, default=0.04, help="share of the time the rate rises")
    p.add_argument("--real-share", type=float, default=0.2)
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--frozen", type=int, default=0, help="so many blocks keep the original's weights")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(a.seed)

    if a.start.endswith(".onnx"):
        model = net.start(a.start)
    else:
        model = net.Net()
        model.load_state_dict(torch.load(a.start))

    exclude = truths(a.exclude) if a.exclude else set()
    real = data.Real(a.real, exclude) if a.real else None
    drawn = [(f, t) for d in a.drawn for f, t in data.read_tsv(d) if t not in exclude]
    if real:
        print(f"{len(drawn)} drawn lines, {len(real.train)} real ones, {len(real.held)} held out", flush=True)
    checks = {}
    for d in a.check:
        items = []
        for path, text in data.read_tsv(d):
            im = cv2.imread(path, 0)
            if text and im is not None:
                w = data.width_for(len(text), 13.5)
                items.append((cv2.resize(im, (w, net.HEIGHT), interpolation=cv2.INTER_AREA), text))
        checks[d.rstrip("/").split("/")[-1]] = items[:: max(1, len(items) // 220)]

    model.share_memory()
    others = [mp.Process(target=work, args=(a, model, drawn, real, k, time.time()), daemon=True) for k in range(1, a.workers)]
    for o in others:
        o.start()
    work(a, model, drawn, real, 0, time.time(), checks)
    for o in others:
        o.join()


def work(a, model, drawn, real, number, begin, checks=None):
    """Takes steps on the shared model until the time is over. Worker 0, which
    has checks, also keeps the smoothed weights and writes them."""
    torch.set_num_threads(1)
    batches = queue.Queue(4)

    def feed():
        for b in data.Stream(drawn, real, a.real_share, a.batch, a.seed * 100 + number):
            batches.put(b)

    threading.Thread(target=feed, daemon=True).start()
    if checks is not None:
        smooth = net.Net()
        smooth.load_state_dict(model.state_dict())
    decay, plain = [], []
    for name, q in model.named_parameters():
        if a.frozen and (name.startswith("stem.") or name.startswith("blocks.") and int(name.split(".")[1]) < a.frozen):
            q.requires_grad_(False)
            continue
        (decay if q.ndim > 1 else plain).append(q)
    opt = torch.optim.AdamW([{"params": decay, "weight_decay": 1e-2}, {"params": plain, "weight_decay": 0}], lr=a.rate, betas=(0.9, 0.98))
    next_check = begin + 60 * a.every
    step = seen = 0
    mean = None
    code = {c: i + 1 for i, c in enumerate(net.LETTERS)}
    model.train()
    while True:
        share = (time.time() - begin) / (60 * a.minutes)
        if share >= 1:
            break
        rate = a.rate * (share / a.warm if share < a.warm else 0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * (share - a.warm) / (1 - a.warm))))
        for g in opt.param_groups:
            g["lr"] = max(rate, a.rate * 0.02)
        x, texts = batches.get()
        logits = model(torch.from_numpy(x)[:, None].expand(-1, 3, -1, -1))
        target = torch.tensor([code[c] for t in texts for c in t])
        loss = F.ctc_loss(
            logits.log_softmax(-1).transpose(0, 1), target,
            torch.full((len(texts),), logits.shape[1]), torch.tensor([len(t) for t in texts]),
            reduction="none", zero_infinity=True,
        )
        # A line nobody can read must not drown the others.
        loss = (loss / torch.tensor([len(t) for t in texts])).clamp(max=6).mean()
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        opt.step()
        step += 1
        seen += len(texts)
        mean = loss.item() if mean is None else 0.95 * mean + 0.05 * loss.item()
        if checks is None:
            continue
        k = min(0.99, step / (step + 20))
        with torch.no_grad():
            for s, q in zip(smooth.parameters(), model.parameters()):
                s.lerp_(q, 1 - k)
        if step % 10 == 0:
            print(f"{(time.time() - begin) / 60:5.1f} min step {step} lines {seen} loss {mean:.4f} rate {rate:.1e}", flush=True)
        if time.time() > next_check:
            next_check = time.time() + 60 * a.every
            torch.save(smooth.state_dict(), a.out)
            print("   ", {n: score(smooth, i) for n, i in checks.items()}, flush=True)
    if checks is None:
        return
    torch.save(smooth.state_dict(), a.out)
    print("end", step, seen, {n: score(smooth, i) for n, i in checks.items()}, flush=True)


if __name__ == "__main__":
    main()
