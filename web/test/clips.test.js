import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { ordered, overlap } from "../src/capture/geometry";
import { findQuad } from "../src/capture/quad";

// Made by clips.py from the development pictures, which are not in the repository.
const folder = process.env.IDPROOF_CLIPS ?? "";

function pgm(file) {
  const bytes = readFileSync(file);
  const head = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.subarray(0, 40).toString("latin1"));
  return { width: Number(head[1]), height: Number(head[2]), data: new Uint8Array(bytes.subarray(head[0].length)) };
}

it.skipIf(!existsSync(path.join(folder, "truth.json")))("finds documents in clips, quickly (needs IDPROOF_CLIPS)", () => {
  const truth = JSON.parse(readFileSync(path.join(folder, "truth.json"), "utf8"));
  const missed = [];
  let time = 0;
  for (const { file, quad } of truth) {
    const picture = pgm(path.join(folder, file));
    // Of the processor, because others may be at work on it.
    const began = process.cpuUsage();
    const found = findQuad(picture);
    const { user, system } = process.cpuUsage(began);
    time += (user + system) / 1000;
    const iou = found === null ? 0 : overlap(found.quad, ordered(quad.map(([x, y]) => ({ x, y }))));
    if (iou < 0.85) missed.push(`${file} ${iou.toFixed(2)} ${found?.cut ?? "-"}`);
  }
  const share = 1 - missed.length / truth.length;
  console.info(`found ${(100 * share).toFixed(1)} % of ${truth.length} frames, ${(time / truth.length).toFixed(1)} ms a frame\n${missed.join("\n")}`);
  expect(share).toBeGreaterThan(0.9);
  expect(time / truth.length).toBeLessThan(15);
}, 60_000);
