"""Fine-tunes text_rec by the clock: one thread trains, one further process
draws. Stop it when you like; --start with the .pt goes on from there."""

import argparse
import math
import os
import pickle
import time

import cv2
import draw
import model as M
import numpy as np
import torch
import torch.multiprocessing as mp
import torch.nn.functional as F
import words


def corpus(lexicon, cache, held=False):
    """Reading the dictionaries takes a minute, so what was kept is cached."""
    path = os.path.join(cache, f"corpus{int(held)}.pickle")
    if os.path.exists(path):
        with open(path, "rb") as f:
            return pickle.load(f)
    c = words.Corpus(lexicon, held)
    with open(path, "wb") as f:
        pickle.dump(c, f)
    return c


def feed(a, out):
    """Draws for ever: batches of lines about as wide as each other."""
    os.nice(5)
    cv2.setNumThreads(1)
    d = draw.Drawer(corpus(a.lexicon, a.cache), draw.Fonts(), a.seed)
    while True:
        lines = sorted((d.next() for _ in range(a.batch * 10)), key=lambda l: l[0].shape[1])
        batches, b = [], []
        for l in lines:
            if b and (len(b) + 1) * l[0].shape[1] > a.batch * 240:
                batches.append(b)
                b = []
            b.append(l)
        batches.append(b)
        d.rng.shuffle(batches)
        for b in batches:
            w = b[len(b) // 2][0].shape[1]
            w = max(w, 8 * max(len(t) for _, t, _ in b) // 4 * 4)
            x = np.stack([cv2.resize(i, (w, 32), interpolation=cv2.INTER_LINEAR) if i.shape[1] != w else i for i, _, _ in b])
            out.put((x, [t for _, t, _ in b]))


def edits(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


@torch.no_grad()
def score(m, items):
    m.eval()
    got = {}
    for im, text, s in items:
        x = torch.from_numpy(im.astype(np.float32) / 127.5 - 1).expand(1, 3, -1, -1)
        g = got.setdefault(s, [0, 0, 0, 0])
        e = edits(M.greedy(m(x))[0], text)
        g[0] += e == 0
        g[1] += 1
        g[2] += e
        g[3] += max(1, len(text))
    m.train()
    return {s: f"{g[0]}/{g[1]} cer {100 * g[2] / g[3]:.1f}%" for s, g in got.items()}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--start", nargs="+", required=True, help="ppocr3_latin.onnx and perhaps mrz_rec's .pt; or the .pt of an earlier run")
    p.add_argument("--lexicon", default="catalogue/lexicon/data")
    p.add_argument("--cache", required=True, help="folder for what is computed once")
    p.add_argument("--out", required=True, help="where the weights go (.pt)")
    p.add_argument("--minutes", type=float, default=75)
    p.add_argument("--every", type=float, default=5, help="minutes between validations")
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--rate", type=float, default=8e-4)
    p.add_argument("--frozen", type=int, default=5, help="so many blocks keep their weights")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(1)
    os.makedirs(a.cache, exist_ok=True)
    batches = mp.Queue(12)
    mp.Process(target=feed, args=(a, batches), daemon=True).start()
    if a.start[0].endswith(".onnx"):
        m = M.start(*a.start)
    else:
        m = M.build()
        m.load_state_dict(M.grown(torch.load(a.start[0])))
    smooth = M.build()
    smooth.load_state_dict(m.state_dict())
    head, body = [], []
    for name, q in m.named_parameters():
        if a.frozen and (name.startswith("stem.") or name.startswith("blocks.") and int(name.split(".")[1]) < a.frozen):
            q.requires_grad_(False)
        else:
            (body if name.startswith("blocks.") else head).append(q)
    opt = torch.optim.AdamW([{"params": body, "scale": 0.6}, {"params": head, "scale": 1.5}], lr=a.rate, betas=(0.9, 0.98), weight_decay=1e-3)
    held = None
    batches_first = batches.get()
    begin = time.time()
    next_check = begin + 60 * a.every
    step = seen = 0
    mean = None
    m.train()
    while True:
        share = (time.time() - begin) / (60 * a.minutes)
        if share >= 1:
            break
        rate = a.rate * (share / 0.03 if share < 0.03 else 0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * (share - 0.03) / 0.97)))
        for g in opt.param_groups:
            g["lr"] = max(rate, a.rate * 0.02) * g["scale"]
        x, texts = batches_first or batches.get()
        batches_first = None
        x = torch.from_numpy(x.astype(np.float32) / 127.5 - 1)[:, None].expand(-1, 3, -1, -1)
        logits = m(x)
        n = torch.tensor([len(t) for t in texts])
        loss = F.ctc_loss(logits.log_softmax(-1).transpose(0, 1), torch.tensor([M.CODE[c] for t in texts for c in t]), torch.full((len(texts),), logits.shape[1]), n, reduction="none", zero_infinity=True)
        loss = (loss / n.clamp(min=4)).clamp(max=8).mean()
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([q for q in m.parameters() if q.requires_grad], 2.0)
        opt.step()
        step += 1
        seen += len(texts)
        mean = loss.item() if mean is None else 0.95 * mean + 0.05 * loss.item()
        k = min(0.985, step / (step + 15))
        with torch.no_grad():
            for s, q in zip(smooth.parameters(), m.parameters()):
                if q.requires_grad:
                    s.lerp_(q, 1 - k)
        if step % 10 == 0:
            print(f"{(time.time() - begin) / 60:5.1f} min step {step} lines {seen} loss {mean:.4f} rate {rate:.1e}", flush=True)
        if time.time() > next_check:
            torch.save(smooth.state_dict(), a.out + ".new")
            os.replace(a.out + ".new", a.out)
            if held is None:
                d = draw.Drawer(corpus(a.lexicon, a.cache, True), draw.Fonts(True), 99)
                held = [d.next() for _ in range(90)]
            print("   ", score(smooth, held), flush=True)
            next_check = time.time() + 60 * a.every
    torch.save(smooth.state_dict(), a.out)
    print("end", step, seen, flush=True)


if __name__ == "__main__":
    main()
