import { area, distance, type Gray, ordered, type Point, type Quad } from "./geometry";

/** A document's outline as it was found in a small picture. */
export interface Found {
  readonly quad: Quad;
  /** How much of the outline has an edge under it, 0…1, averaged over its sides. */
  readonly support: number;
  /** Sides that lie on the border of the picture because no edge was found: the document is cut off there. */
  readonly cut: number;
}

interface Line {
  /** Angle of the normal, 0…π, and distance from the middle of the picture along it. */
  readonly theta: number;
  readonly rho: number;
  readonly cos: number;
  readonly sin: number;
  readonly votes: number;
  readonly border: boolean;
}

const bins = 90; // of two degrees
const most = 30; // lines that are looked at
const spread = 3; // bins around its direction for which an edge votes: jagged edges point anywhere
const samples = 28; // points along a side
const noise = 12; // steepness (sum of both Sobel responses) that grain reaches
const kept = 0.25; // part of the pixels that count as edges, at most

/**
 * Finds the outline of a document: edges by Sobel, straight lines by a Hough transform in which every
 * edge votes near its own direction only, then the two pairs of roughly parallel lines whose sides have
 * the most edge under them. Works on pictures of about 320 pixels; larger ones only cost time.
 *
 * A side may lie on the picture's border where the document reaches out of it (`cut`).
 */
export function findQuad(picture: Gray): Found | null {
  const edges = sobel(smooth(picture));
  const lines = strongest(edges);
  if (lines.length < 3) return null;
  return best(edges, [...lines, ...borders(picture)]);
}

/** Box filter of 3×3: takes away grain and fine print, which would vote for every line. */
function smooth({ width, height, data }: Gray): Gray {
  const out = new Uint8Array(data.length);
  const row = new Uint16Array(data.length);
  for (let y = 0; y < height; y++) {
    const at = y * width;
    for (let x = 1; x < width - 1; x++) row[at + x] = data[at + x - 1]! + data[at + x]! + data[at + x + 1]!;
    row[at] = 3 * data[at]!;
    row[at + width - 1] = 3 * data[at + width - 1]!;
  }
  for (let y = 0; y < height; y++) {
    const up = Math.max(y - 1, 0) * width;
    const at = y * width;
    const down = Math.min(y + 1, height - 1) * width;
    for (let x = 0; x < width; x++) out[at + x] = ((row[up + x]! + row[at + x]! + row[down + x]!) / 9) | 0;
  }
  return { width, height, data: out };
}

interface Edges {
  readonly width: number;
  readonly height: number;
  /** Steepness of each pixel's edge, 0 where it is none. */
  readonly strength: Uint16Array;
  /** Bin of the direction of its normal. */
  readonly bin: Uint8Array;
}

function sobel({ width, height, data }: Gray): Edges {
  const strength = new Uint16Array(width * height);
  const bin = new Uint8Array(width * height);
  const gxs = new Int16Array(width * height);
  const gys = new Int16Array(width * height);
  const histogram = new Uint32Array(256);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const a = data[i - width - 1]!, b = data[i - width]!, c = data[i - width + 1]!;
      const d = data[i - 1]!, f = data[i + 1]!;
      const g = data[i + width - 1]!, h = data[i + width]!, k = data[i + width + 1]!;
      const gx = c + 2 * f + k - a - 2 * d - g;
      const gy = g + 2 * h + k - a - 2 * b - c;
      gxs[i] = gx;
      gys[i] = gy;
      strength[i] = Math.abs(gx) + Math.abs(gy);
    }
  }
  // Ridges only, so that a faint straight border weighs as much as the thick edges of print; of those
  // the steeper ones, and nothing that is only noise.
  const ridges = new Uint16Array(width * height);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const s = strength[i]!;
      if (s < noise) continue;
      const ax = Math.abs(gxs[i]!);
      const ay = Math.abs(gys[i]!);
      let step = width; // along the gradient, to the nearest eighth of a turn
      if (2 * ax > 5 * ay) step = 1;
      else if (2 * ay <= 5 * ax) step = (gxs[i]! > 0) === (gys[i]! > 0) ? width + 1 : width - 1;
      if (s < strength[i - step]! || s <= strength[i + step]!) continue;
      ridges[i] = s;
      histogram[Math.min(255, s >> 3)]!++;
    }
  }
  let left = (width * height) * kept;
  let cut = 255;
  while (cut > noise >> 3 && (left -= histogram[cut]!) > 0) cut--;
  const least = cut << 3;
  for (let i = 0; i < ridges.length; i++) {
    if (ridges[i]! < least) {
      ridges[i] = 0;
      continue;
    }
    let angle = Math.atan2(gys[i]!, gxs[i]!);
    if (angle < 0) angle += Math.PI;
    bin[i] = Math.min(bins - 1, (angle * bins) / Math.PI);
  }
  return { width, height, strength: ridges, bin };
}

const cosines = Float64Array.from({ length: bins }, (_, i) => Math.cos(((i + 0.5) * Math.PI) / bins));
const sines = Float64Array.from({ length: bins }, (_, i) => Math.sin(((i + 0.5) * Math.PI) / bins));

/** The lines with most votes, none close to a stronger one. */
function strongest({ width, height, strength, bin }: Edges): Line[] {
  const half = Math.ceil(Math.hypot(width, height) / 2) + 1;
  const size = 2 * half;
  const votes = new Float32Array(bins * size);
  const cx = width / 2;
  const cy = height / 2;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const s = strength[i]!;
      if (s === 0) continue;
      // A faint straight border is worth nearly as much as a strong one.
      const vote = s < 96 ? 1 : s < 224 ? 1.5 : 2;
      for (let d = -spread; d <= spread; d++) {
        const t = (bin[i]! + d + bins) % bins;
        const rho = (x - cx) * cosines[t]! + (y - cy) * sines[t]!;
        votes[t * size + ((rho + half) | 0)]! += vote;
      }
    }
  }
  const lines: Line[] = [];
  const least = Math.min(width, height) * 0.14;
  for (let n = 0; n < most; n++) {
    let top = least;
    let at = -1;
    for (let i = 0; i < votes.length; i++) {
      if (votes[i]! > top) {
        top = votes[i]!;
        at = i;
      }
    }
    if (at < 0) break;
    const t = (at / size) | 0;
    const r = at % size;
    lines.push({
      theta: ((t + 0.5) * Math.PI) / bins, rho: r - half + 0.5,
      cos: cosines[t]!, sin: sines[t]!, votes: top, border: false,
    });
    for (let dt = -4; dt <= 4; dt++) {
      let tt = t + dt;
      let rr = r;
      if (tt < 0 || tt >= bins) {
        tt = (tt + bins) % bins;
        rr = size - 1 - r; // the same line seen from the other side
      }
      for (let dr = -3; dr <= 3; dr++) {
        const k = rr + dr;
        if (k >= 0 && k < size) votes[tt * size + k] = 0;
      }
    }
  }
  return lines;
}

/** The picture's own borders, for documents that reach out of it. */
function borders({ width, height }: Gray): Line[] {
  const line = (theta: number, rho: number): Line =>
    ({ theta, rho, cos: Math.cos(theta), sin: Math.sin(theta), votes: 0, border: true });
  return [line(0, 1 - width / 2), line(0, width / 2 - 1), line(Math.PI / 2, 1 - height / 2), line(Math.PI / 2, height / 2 - 1)];
}

function angleBetween(a: number, b: number): number {
  const d = Math.abs(a - b) % Math.PI;
  return Math.min(d, Math.PI - d);
}

/** What a side on the border counts as, so that a whole document wins over a cut one. */
const borderSupport = 0.2;
const cutScore = 0.9;

function best(edges: Edges, lines: readonly Line[]): Found | null {
  const { width, height } = edges;
  const across = Math.min(width, height) * 0.2;
  const pairs: { a: Line; b: Line; theta: number; borders: number }[] = [];
  for (let i = 0; i < lines.length; i++) {
    for (let j = i + 1; j < lines.length; j++) {
      const a = lines[i]!;
      const b = lines[j]!;
      if (angleBetween(a.theta, b.theta) > 0.5) continue;
      const wrapped = Math.abs(a.theta - b.theta) > Math.PI / 2;
      if (Math.abs(wrapped ? a.rho + b.rho : a.rho - b.rho) < across) continue;
      const borders = Number(a.border) + Number(b.border);
      if (borders === 2) continue;
      pairs.push({ a, b, theta: a.theta, borders });
    }
  }
  let found: Found | null = null;
  let highest = 0;
  const largest = width * height;
  for (let i = 0; i < pairs.length; i++) {
    for (let j = i + 1; j < pairs.length; j++) {
      const p = pairs[i]!;
      const q = pairs[j]!;
      const cut = p.borders + q.borders;
      if (cut > 1 || angleBetween(p.theta, q.theta) < 0.95) continue;
      const corners = [cross(p.a, q.a), cross(p.a, q.b), cross(p.b, q.b), cross(p.b, q.a)];
      if (corners.some((c) => c === null)) continue;
      const points = (corners as Point[]).map((c) => ({ x: c.x + width / 2, y: c.y + height / 2 }));
      if (points.some((c) => c.x < -4 || c.y < -4 || c.x > width + 4 || c.y > height + 4)) continue;
      const size = Math.abs(area(points)) / largest;
      if (size < 0.06) continue;
      const [w, h] = [
        (distance(points[0]!, points[1]!) + distance(points[2]!, points[3]!)) / 2,
        (distance(points[1]!, points[2]!) + distance(points[3]!, points[0]!)) / 2,
      ];
      const aspect = Math.max(w, h) / Math.min(w, h);
      if (aspect > 2.1) continue;
      // The sides in order: on p.a, q.b, p.b, q.a.
      const sides = [p.a, q.b, p.b, q.a];
      // What the four can reach at most, before the costly part.
      const shape = (cut > 0 ? cutScore : 1) * fit(aspect) * (0.35 + 0.65 * Math.sqrt(size));
      if (shape <= highest) continue;
      let sum = 0;
      let weakest = 1;
      for (let k = 0; k < 4; k++) {
        const line = sides[k]!;
        const s = line.border ? borderSupport : support(edges, points[k]!, points[(k + 1) % 4]!, line.theta);
        sum += s;
        if (!line.border) weakest = Math.min(weakest, s);
        if (s < 0.2) {
          sum = 0;
          break;
        }
      }
      if (sum === 0) continue;
      const score = shape * ((sum / 4) * 0.75 + weakest * 0.25);
      if (score > highest && weakest > 0.28) {
        highest = score;
        found = { quad: ordered(points), support: sum / 4, cut };
      }
    }
  }
  return found !== null && highest > 0.28 ? found : null;
}

/** Documents are 1.25 (an open booklet's page) to 1.6 times as long as wide; perspective moves that. */
function fit(aspect: number): number {
  if (aspect >= 1.25 && aspect <= 1.7) return 1;
  const off = aspect < 1.25 ? 1.25 - aspect : aspect - 1.7;
  return Math.max(0.5, 1 - off);
}

function cross(a: Line, b: Line): Point | null {
  const det = a.cos * b.sin - a.sin * b.cos;
  if (Math.abs(det) < 0.2) return null;
  return { x: (a.rho * b.sin - b.rho * a.sin) / det, y: (b.rho * a.cos - a.rho * b.cos) / det };
}

/** The part of a side under which there is an edge of about its direction. */
function support({ width, height, strength, bin }: Edges, a: Point, b: Point, theta: number): number {
  const want = (theta * bins) / Math.PI;
  const nx = Math.cos(theta);
  const ny = Math.sin(theta);
  let hits = 0;
  // The ends are left out: corners are round.
  for (let n = 1; n <= samples; n++) {
    const t = 0.03 + (0.94 * n) / (samples + 1);
    const x = a.x + (b.x - a.x) * t;
    const y = a.y + (b.y - a.y) * t;
    for (let d = -2; d <= 2; d++) {
      const px = Math.round(x + nx * d);
      const py = Math.round(y + ny * d);
      if (px < 1 || py < 1 || px >= width - 1 || py >= height - 1) continue;
      const i = py * width + px;
      if (strength[i] === 0) continue;
      const off = Math.abs(bin[i]! - want);
      if (Math.min(off, bins - off) <= 7) {
        hits++;
        break;
      }
    }
  }
  return hits / samples;
}
