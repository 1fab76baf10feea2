import { expect, it } from "vitest";
import { grayOf } from "../src/capture/geometry";
import { measureFace } from "../src/capture/face";
import { judge, measure } from "../src/capture/judge";
import { blur, light, motion, shrink } from "../src/capture/light";
import { findQuad } from "../src/capture/quad";

const limit = 15; // ms of the processor for a frame

/** A frame as a phone's camera gives it, made small: a card on a cloth, with grain. */
function frame(width, height, shift) {
  let seed = 5 + shift;
  const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = x > 30 + shift && x < width - 30 + shift && y > height * 0.38 && y < height * 0.62;
      const print = inside && x > 42 + shift && x < width - 42 + shift && y > height * 0.38 + 10 && y < height * 0.62 - 10 && y % 9 < 3 && (x * 7 + y) % 11 < 5;
      const floor = 80 + 30 * Math.sin(0.11 * x) * Math.sin(0.17 * y + 0.04 * x);
      const v = (print ? 70 : inside ? 205 : floor) + 12 * (random() - 0.5);
      rgba.set([v, v * 0.9, v * 0.8, 255], 4 * (y * width + x));
    }
  }
  return rgba;
}

/** Of the processor in ms, the quickest of some rounds: others may be at work on it. */
function cost(look) {
  let least = Infinity;
  for (let round = 0; round < 6; round++) {
    const began = process.cpuUsage();
    for (let i = 0; i < 10; i++) look(i);
    const { user, system } = process.cpuUsage(began);
    least = Math.min(least, (user + system) / 1000 / 10);
  }
  return least;
}

it(`guides to a document for at most ${limit} ms a frame`, () => {
  const [w, h] = [200, 360];
  const frames = [0, 2, 4].map((shift) => frame(w, h, shift));
  const patch = frame(320, 200, 0);
  let before;
  let seen = 0;
  const ms = cost((i) => {
    const gray = grayOf(frames[i % 3], w, h);
    const tiny = shrink(gray, 8);
    const moved = before === undefined ? 255 : motion(tiny, before);
    before = tiny;
    const found = findQuad(gray);
    if (found !== null) seen++;
    judge(measure(gray, found, light(gray, found?.quad ?? null), blur(grayOf(patch, 320, 200)), moved));
  });
  console.info(`${ms.toFixed(1)} ms a frame of a document`);
  expect(seen).toBeGreaterThan(40);
  expect(ms).toBeLessThan(limit);
});

it(`guides to a face for at most ${limit} ms a frame`, () => {
  const rgba = frame(136, 208, 0);
  const patch = frame(320, 200, 0);
  const ms = cost(() => measureFace(rgba, 136, 208, blur(grayOf(patch, 320, 200)), 1));
  console.info(`${ms.toFixed(1)} ms a frame of a face`);
  expect(ms).toBeLessThan(limit);
});
