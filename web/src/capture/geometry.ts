/** A point in pixels of the picture it belongs to; x to the right, y down. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Four corners in order around the shape, clockwise on the screen, beginning at the top left. */
export type Quad = readonly [Point, Point, Point, Point];

/** A picture of one byte a pixel, row by row. */
export interface Gray {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Luma (Rec. 601) of RGBA pixels. */
export function grayOf(rgba: Uint8ClampedArray | Uint8Array, width: number, height: number): Gray {
  const data = new Uint8Array(width * height);
  for (let i = 0, j = 0; i < data.length; i++, j += 4) {
    data[i] = (77 * rgba[j]! + 150 * rgba[j + 1]! + 29 * rgba[j + 2]! + 128) >> 8;
  }
  return { width, height, data };
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** Area of a shape in square pixels; positive when its corners go clockwise on the screen. */
export function area(shape: readonly Point[]): number {
  let sum = 0;
  for (let i = 0; i < shape.length; i++) {
    const a = shape[i]!;
    const b = shape[(i + 1) % shape.length]!;
    sum += a.x * b.y - b.x * a.y;
  }
  return sum / 2;
}

/** Puts four corners into the order of {@link Quad}. */
export function ordered(corners: readonly Point[]): Quad {
  const cx = corners.reduce((s, p) => s + p.x, 0) / 4;
  const cy = corners.reduce((s, p) => s + p.y, 0) / 4;
  const around = [...corners].sort((a, b) => Math.atan2(a.y - cy, a.x - cx) - Math.atan2(b.y - cy, b.x - cx));
  let first = 0;
  for (let i = 1; i < 4; i++) {
    const a = around[i]!;
    const b = around[first]!;
    if (a.x + a.y < b.x + b.y) first = i;
  }
  return [0, 1, 2, 3].map((i) => around[(first + i) % 4]!) as unknown as Quad;
}

/** Whether a point lies inside a convex shape whose corners go clockwise. */
export function inside(shape: readonly Point[], x: number, y: number): boolean {
  for (let i = 0; i < shape.length; i++) {
    const a = shape[i]!;
    const b = shape[(i + 1) % shape.length]!;
    if ((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x) < 0) return false;
  }
  return true;
}

/** Intersection over union of two convex shapes, measured on a grid of `step` pixels. */
export function overlap(a: Quad, b: Quad, step = 2): number {
  const all = [...a, ...b];
  const left = Math.min(...all.map((p) => p.x));
  const right = Math.max(...all.map((p) => p.x));
  const top = Math.min(...all.map((p) => p.y));
  const bottom = Math.max(...all.map((p) => p.y));
  let both = 0;
  let any = 0;
  for (let y = top; y <= bottom; y += step) {
    for (let x = left; x <= right; x += step) {
      const ia = inside(a, x, y);
      const ib = inside(b, x, y);
      if (ia && ib) both++;
      if (ia || ib) any++;
    }
  }
  return any === 0 ? 0 : both / any;
}
