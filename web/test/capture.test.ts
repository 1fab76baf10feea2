import { describe, expect, it } from "vitest";
import { causeOf, knownCause, type Surroundings } from "../src/capture/cause";
import { judgeFace, measureFace } from "../src/capture/face";
import { area, type Gray, grayOf, inside, ordered, overlap, type Point, type Quad } from "../src/capture/geometry";
import { type Hint, judge, measure, type Measures } from "../src/capture/judge";
import { blur, light, motion, shrink } from "../src/capture/light";
import { findQuad } from "../src/capture/quad";
import { Shutter } from "../src/capture/shutter";

/** Repeatable noise. */
function random(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

interface Scene {
  readonly corners?: readonly [number, number][];
  readonly paper?: number;
  readonly ground?: (x: number, y: number) => number;
  readonly noise?: number;
}

/** A document with lines of print on a ground. */
function scene({ corners, paper = 200, ground = () => 70, noise = 6 }: Scene, width = 320, height = 240): Gray {
  const next = random(3);
  const shape = corners?.map(([x, y]): Point => ({ x, y }));
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let v = ground(x, y);
      if (shape !== undefined && inside(shape, x, y)) {
        v = paper;
        const deep = shape.every((p, i) => {
          const q = shape[(i + 1) % shape.length]!;
          return ((q.x - p.x) * (y - p.y) - (q.y - p.y) * (x - p.x)) / Math.hypot(q.x - p.x, q.y - p.y) > 12;
        });
        if (deep && y % 12 < 4 && (x + 5 * Math.floor(y / 12) ** 2) % 13 < 6) v -= 110;
      }
      data[y * width + x] = Math.max(0, Math.min(255, v + (next() - 0.5) * 2 * noise));
    }
  }
  return { width, height, data };
}

const quad = (corners: readonly [number, number][]): Quad => ordered(corners.map(([x, y]) => ({ x, y })));
const level: [number, number][] = [[50, 45], [270, 45], [270, 185], [50, 185]];

describe("geometry", () => {
  it("orders corners from the top left, clockwise", () => {
    expect(quad([[270, 185], [50, 45], [50, 185], [270, 45]])).toEqual(level.map(([x, y]) => ({ x, y })));
    expect(area(quad(level))).toBe(220 * 140);
  });
  it("knows overlap", () => {
    expect(overlap(quad(level), quad(level))).toBe(1);
    expect(overlap(quad(level), quad(level.map(([x, y]) => [x + 500, y])))).toBe(0);
    expect(overlap(quad(level), quad(level.map(([x, y]) => [x + 110, y])))).toBeCloseTo(1 / 3, 1);
  });
  it("weighs colours as the eye does", () => {
    const rgba = new Uint8Array([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255]);
    expect([...grayOf(rgba, 4, 1).data]).toEqual([77, 149, 29, 255]);
  });
});

describe("findQuad", () => {
  const stripes = (x: number, y: number): number => (((x * 3 + y * 7) >> 7) % 2 === 0 ? 60 : 130);
  it.each<[string, Scene, [number, number][]]>([
    ["a card on a dark desk", { corners: level }, level],
    ["a dark booklet on white", { corners: level, paper: 60, ground: () => 215 }, level],
    ["turned by some degrees", { corners: [[60, 30], [275, 60], [256, 195], [41, 165]] }, [[60, 30], [275, 60], [256, 195], [41, 165]]],
    ["seen from the side", { corners: [[80, 60], [250, 50], [275, 190], [50, 185]] }, [[80, 60], [250, 50], [275, 190], [50, 185]]],
    ["on stripes", { corners: level, ground: stripes }, level],
    ["hardly brighter than the desk", { corners: level, paper: 110, ground: () => 84, noise: 4 }, level],
    ["upright", { corners: [[110, 20], [210, 20], [210, 165], [110, 165]] }, [[110, 20], [210, 20], [210, 165], [110, 165]]],
  ])("finds %s", (_, s, want) => {
    const found = findQuad(scene(s));
    expect(found).not.toBeNull();
    expect(overlap(found!.quad, quad(want)), JSON.stringify(found)).toBeGreaterThan(0.92);
    expect(found!.cut).toBe(0);
  });

  it("finds nothing in noise, in plain ground and in a picture of nothing", () => {
    expect(findQuad(scene({ noise: 60 }))).toBeNull();
    expect(findQuad(scene({ noise: 0 }))).toBeNull();
    expect(findQuad({ width: 0, height: 0, data: new Uint8Array() })).toBeNull();
  });

  it("says which document reaches out of the picture", () => {
    const found = findQuad(scene({ corners: [[120, 50], [400, 50], [400, 200], [120, 200]] }));
    expect(found?.cut).toBe(1);
  });
});

describe("light", () => {
  it("is measured on the document", () => {
    const picture = scene({ corners: level, paper: 180, noise: 0 });
    expect(light(picture, quad(level)).mean).toBeGreaterThan(140);
    expect(light(picture, null).mean).toBeLessThan(140);
  });
  it("sees a reflection, not white paper", () => {
    const shiny = scene({ corners: level, paper: 170, noise: 2 });
    for (let y = 80; y < 120; y++) for (let x = 100; x < 160; x++) shiny.data[y * 320 + x] = 255;
    expect(light(shiny, quad(level)).glare).toBeGreaterThan(0.04);
    expect(light(scene({ corners: level, paper: 170 }), quad(level)).glare).toBe(0);
    expect(light(scene({ paper: 255, corners: level, noise: 0 }), quad([[52, 47], [100, 47], [100, 56], [52, 56]])).glare).toBe(0);
  });
  it("tells blurred from sharp, whatever the contrast", () => {
    const sharp = scene({ corners: level, noise: 1 });
    const faint = { ...sharp, data: sharp.data.map((v) => 100 + v / 5) };
    const faded = (steps: number): Gray => {
      let soft = sharp;
      for (let n = 0; n < steps; n++) {
        const from = soft.data;
        soft = { ...soft, data: from.map((v, i) => (v + (from[i - 1] ?? v) + (from[i + 1] ?? v) + (from[i - 320] ?? v) + (from[i + 320] ?? v)) / 5) };
      }
      return soft;
    };
    expect(blur(sharp)).toBeLessThan(0.45);
    expect(blur(faint)).toBeLessThan(0.5);
    expect(blur(faded(8))).toBeGreaterThan(0.65);
    expect(blur(faded(40))).toBeGreaterThan(0.72);
    // Grain on a blurred picture, and the steps of its compression, are no edges.
    const next = random(9);
    const grainy = { ...sharp, data: faded(40).data.map((v, i) => v + (next() - 0.5) * 6 + ((i >> 3) % 2) * 2) };
    expect(blur(grainy)).toBeGreaterThan(0.68);
    expect(blur(scene({ noise: 2 }))).toBe(1);
  });
  it("measures movement on small pictures", () => {
    const a = shrink(scene({ corners: level }), 8);
    const b = shrink(scene({ corners: level.map(([x, y]) => [x + 12, y]) }), 8);
    expect(a).toMatchObject({ width: 40, height: 30 });
    expect(motion(a, a)).toBe(0);
    expect(motion(a, b)).toBeGreaterThan(5);
    expect(motion(a, { ...a, data: new Uint8Array(3) })).toBe(255);
  });
});

describe("judge", () => {
  const picture = { width: 320, height: 240 };
  const judged = (corners: [number, number][] | null, change: Partial<Measures> = {}, lenient = false): Hint => {
    const found = corners === null ? null : { quad: quad(corners), support: 0.9, cut: 0 };
    return judge({ ...measure(picture, found, { mean: 150, glare: 0 }, 0.3, 1), ...change }, lenient);
  };
  it.each<[string, Hint, [number, number][] | null, Partial<Measures>?]>([
    ["all is well", "good", level],
    ["nothing there", "search", null],
    ["night, nothing there", "dark", null, { brightness: 20 }],
    ["night", "dark", level, { brightness: 20 }],
    ["a corner outside", "edge", [[-3, 45], [200, 45], [200, 185], [-3, 185]]],
    ["a side cut off", "edge", level, { cut: 1 }],
    ["a side cut off because it fills the picture", "near", level, { cut: 1, coverage: 0.9 }],
    ["fills everything", "near", [[3, 3], [317, 3], [317, 237], [3, 237]]],
    ["small", "far", [[110, 80], [210, 80], [210, 145], [110, 145]]],
    ["from the side", "tilt", [[100, 50], [220, 50], [290, 195], [30, 195]]],
    ["turned", "tilt", [[80, 30], [285, 110], [240, 220], [35, 140]]],
    ["a reflection", "glare", level, { glare: 0.05 }],
    ["blurred", "blur", level, { blur: 0.85 }],
    ["moving", "still", level, { motion: 20 }],
  ])("%s: %s", (_, want, corners, change) => expect(judged(corners, change)).toBe(want));

  it("judges size by what fits: a wide document on an upright phone fills little of the picture", () => {
    const phone = { width: 176, height: 384 };
    const card = quad([[8, 140], [168, 140], [168, 241], [8, 241]]);
    const m = measure(phone, { quad: card, support: 0.9, cut: 0 }, { mean: 150, glare: 0 }, 0.3, 1);
    expect(m.coverage).toBeLessThan(0.25);
    expect(judge(m)).toBe("good");
  });

  it("lets more pass after a while, but nothing useless", () => {
    expect(judged(level, { glare: 0.05 }, true)).toBe("good");
    expect(judged(level, { blur: 0.85 }, true)).toBe("good");
    expect(judged([[100, 60], [245, 60], [245, 160], [100, 160]], {}, true)).toBe("good");
    expect(judged(level, { brightness: 10 }, true)).toBe("dark");
    expect(judged(level, { cut: 1 }, true)).toBe("edge");
    expect(judged(null, {}, true)).toBe("search");
  });
});

describe("Shutter", () => {
  const run = (frames: [Hint, number][], every = 200): { fired: number[]; kept: number[]; shown: string[] } => {
    const shutter = new Shutter(0);
    const out = { fired: [] as number[], kept: [] as number[], shown: [] as string[] };
    frames.forEach(([hint, b], i) => {
      const step = shutter.see(hint, b, i * every);
      if (step.fire) out.fired.push(i);
      if (step.keep) out.kept.push(i);
      out.shown.push(step.hint);
    });
    return out;
  };
  it("takes the sharpest of several good frames", () => {
    expect(run([["good", 0.4], ["good", 0.3], ["good", 0.35], ["good", 0.33]])).toMatchObject({ fired: [3], kept: [0, 1] });
  });
  it("waits long enough however fast the camera is", () => {
    expect(run(Array.from({ length: 12 }, () => ["good", 0.3]), 50).fired).toEqual([10]);
  });
  it("forgives one doubtful frame, not two", () => {
    const g: [Hint, number] = ["good", 0.3];
    expect(run([g, g, ["blur", 0.9], g, g]).fired).toEqual([4]);
    expect(run([g, g, ["blur", 0.9], ["blur", 0.9], g, g]).fired).toEqual([]);
  });
  it("does not flicker", () => {
    expect(run([["far", 1], ["far", 1], ["near", 1], ["far", 1], ["far", 1]]).shown).toEqual(["search", "far", "far", "far", "far"]);
  });
  it("loses its patience", () => {
    const shutter = new Shutter(1000);
    expect(shutter.lenient(5000)).toBe(false);
    expect(shutter.lenient(20_000)).toBe(true);
  });
});

describe("measureFace", () => {
  /** An oval of skin before a wall. */
  function face(tone: [number, number, number], x: number, y: number, size: number, side = 1): Uint8Array {
    const next = random(5);
    const out = new Uint8Array(160 * 200 * 4);
    for (let py = 0; py < 200; py++) {
      for (let px = 0; px < 160; px++) {
        const inFace = ((px - x) / (0.38 * size)) ** 2 + ((py - y) / (0.5 * size)) ** 2 < 1;
        const c = inFace ? tone.map((v) => v * (px < x ? 1 : side)) : [90, 110, 130];
        const j = 4 * (py * 160 + px);
        for (let k = 0; k < 3; k++) out[j + k] = c[k]! + (next() - 0.5) * 8;
        out[j + 3] = 255;
      }
    }
    return out;
  }
  const hint = (rgba: Uint8Array, lenient = false): string => judgeFace(measureFace(rgba, 160, 200, 0.3, 1), lenient);
  const light: [number, number, number] = [224, 172, 140];
  const dark: [number, number, number] = [92, 60, 42];
  it.each([["light", light], ["dark", dark]])("sees %s skin", (_, tone) => {
    expect(hint(face(tone as [number, number, number], 80, 100, 110))).toBe("good");
  });
  it.each<[string, Uint8Array, string]>([
    ["far away", face(light, 80, 100, 38), "face_far"],
    ["at the side", face(light, 125, 100, 90), "centre"],
    ["lit from one side", face(light, 80, 100, 110, 0.4), "shadow"],
    ["nobody", face([90, 110, 130], 80, 100, 110), "face"],
    ["night", face([12, 8, 6], 80, 100, 110).map((v, i) => (i % 4 === 3 ? 255 : v / 6)), "dark"],
  ])("%s", (_, rgba, want) => expect(hint(rgba)).toBe(want));
});

describe("cause", () => {
  const fine: Surroundings = { secure: true, supported: true, allowed: null, framed: false };
  it("is known before trying where it can be", () => {
    expect(knownCause(fine)).toBeNull();
    expect(knownCause({ ...fine, secure: false, supported: false })).toBe("insecure");
    expect(knownCause({ ...fine, supported: false })).toBe("unsupported");
    expect(knownCause({ ...fine, allowed: false, framed: true })).toBe("frame");
    expect(knownCause({ ...fine, allowed: false })).toBe("denied");
  });
  it.each([
    ["NotAllowedError", "Permission denied", false, "denied"],
    ["NotAllowedError", "Permission denied by permissions policy", true, "frame"],
    ["NotFoundError", "", false, "none"],
    ["OverconstrainedError", "", false, "none"],
    ["NotReadableError", "", false, "busy"],
    ["AbortError", "", false, "busy"],
    ["SomethingElse", "", false, "failed"],
  ])("%s (%s) framed %s: %s", (name, message, framed, want) => {
    expect(causeOf({ name, message }, { ...fine, framed })).toBe(want);
  });
  it("lives with what is no error", () => expect(causeOf(null, fine)).toBe("failed"));
});
