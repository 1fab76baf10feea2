import type { Gray, Point, Quad } from "./geometry";
import { inside } from "./geometry";

/** Light on the document. */
export interface Light {
  /** Mean luma, 0…255. */
  readonly mean: number;
  /** Part of the area that is burnt out in patches, 0…1. */
  readonly glare: number;
}

/** Luma from which a pixel holds no detail any more. */
const burnt = 250;

/**
 * Measures light inside a shape. Glare is counted in cells of 4×4 that are burnt out as a whole beside
 * others that are not: white paper in bright light is bright everywhere and no glare.
 */
export function light(picture: Gray, shape: Quad | null): Light {
  const { width, height, data } = picture;
  const points: readonly Point[] = shape ?? [
    { x: 0, y: 0 }, { x: width, y: 0 }, { x: width, y: height }, { x: 0, y: height },
  ];
  let sum = 0;
  let cells = 0;
  let hot = 0;
  let warm = 0;
  for (let y = 0; y + 4 <= height; y += 4) {
    for (let x = 0; x + 4 <= width; x += 4) {
      if (!inside(points, x + 2, y + 2)) continue;
      let cell = 0;
      let over = 0;
      for (let dy = 0; dy < 4; dy++) {
        for (let dx = 0; dx < 4; dx++) {
          const v = data[(y + dy) * width + x + dx]!;
          cell += v;
          if (v >= burnt) over++;
        }
      }
      cells++;
      sum += cell / 16;
      if (over >= 14) hot++;
      if (cell / 16 > 225) warm++;
    }
  }
  if (cells === 0) return { mean: 0, glare: 0 };
  return { mean: sum / cells, glare: warm / cells > 0.8 ? 0 : hot / cells };
}

/** Half of the span of an edge in pixels, and the least difference over it that is no grain. */
const span = 4;
const contrast = 16;

/**
 * How blurred a picture is, 0 (sharp) … 1, whatever its contrast: the part of an edge's height that its
 * steepest pixel does not climb. Where nothing has edges nothing can be read: 1.
 */
export function blur({ width, height, data }: Gray): number {
  let sum = 0;
  let n = 0;
  for (const [step, lines, length, stride] of [[1, height, width, width], [width, width, height, 1]] as const) {
    for (let line = 0; line < lines; line += 2) {
      const from = line * stride;
      for (let i = span; i < length - span; i += 2) {
        const at = from + i * step;
        let low = data[at - span * step]!;
        let high = low;
        let steepest = 0;
        let before = low;
        for (let k = 1 - span; k <= span; k++) {
          const v = data[at + k * step]!;
          if (v < low) low = v;
          if (v > high) high = v;
          const d = v > before ? v - before : before - v;
          if (d > steepest) steepest = d;
          before = v;
        }
        if (high - low < contrast) continue;
        sum += steepest / (high - low);
        n++;
      }
    }
  }
  return n * 400 < width * height ? 1 : 1 - sum / n;
}

/** Mean difference of two small pictures of the same size, 0…255: how much has moved. */
export function motion(a: Gray, b: Gray): number {
  if (a.data.length !== b.data.length) return 255;
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += Math.abs(a.data[i]! - b.data[i]!);
  return sum / a.data.length;
}

/** A picture `by` times smaller, by averaging. */
export function shrink({ width, height, data }: Gray, by: number): Gray {
  const w = Math.floor(width / by);
  const h = Math.floor(height / by);
  const out = new Uint8Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let dy = 0; dy < by; dy++) {
        for (let dx = 0; dx < by; dx++) sum += data[(y * by + dy) * width + x * by + dx]!;
      }
      out[y * w + x] = sum / (by * by);
    }
  }
  return { width: w, height: h, data: out };
}
