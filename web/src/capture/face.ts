/** What a person should do next to take a picture of their face; `good` when nothing. */
export type FaceHint =
  | "dark" | "bright" | "face" | "face_near" | "face_far" | "centre" | "shadow" | "still" | "blur" | "good";

/** What was measured on one frame of a face, all but the light as parts of the picture. */
export interface FaceMeasures {
  /** Part of the picture's height that the face takes; 0: none found. */
  readonly size: number;
  /** Distance of its middle from the middle of the oval, as parts of the picture's width and height. */
  readonly dx: number;
  readonly dy: number;
  /** Mean luma of the face, 0…255. */
  readonly brightness: number;
  /** Difference between its left and right half, 0…1. */
  readonly shadow: number;
  readonly blur: number;
  readonly motion: number;
}

/**
 * Looks for the face that a person holds into the oval: the blob of skin around the middle. Skin of every
 * tone lies in one narrow region of chroma (Chai and Ngan, 1999), so light skin and dark skin are found
 * alike; hands, walls and wood of the same chroma are as well, which is why this only guides and the
 * server looks for itself.
 */
export function measureFace(
  rgba: Uint8ClampedArray | Uint8Array, width: number, height: number, blur: number, motion: number,
): FaceMeasures {
  const columns = new Float64Array(width);
  const rows = new Float64Array(height);
  let n = 0;
  let sx = 0;
  let sy = 0;
  const skin = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const j = 4 * (y * width + x);
      const r = rgba[j]!, g = rgba[j + 1]!, b = rgba[j + 2]!;
      const cb = 128 - 0.168736 * r - 0.331264 * g + 0.5 * b;
      const cr = 128 + 0.5 * r - 0.418688 * g - 0.081312 * b;
      if (cb < 77 || cb > 127 || cr < 133 || cr > 178 || r < 40) continue;
      skin[y * width + x] = 1;
      // What lies in the middle counts most: the background may be of wood.
      const ox = (x / width - 0.5) / 0.32;
      const oy = (y / height - 0.5) / 0.36;
      const weight = Math.exp(-(ox * ox + oy * oy));
      columns[x]! += weight;
      rows[y]! += weight;
      n += weight;
      sx += x * weight;
      sy += y * weight;
    }
  }
  const none = { size: 0, dx: 0, dy: 0, shadow: 0, blur, motion };
  let luma = 0;
  for (let i = 0; i < width * height; i++) luma += 0.299 * rgba[4 * i]! + 0.587 * rgba[4 * i + 1]! + 0.114 * rgba[4 * i + 2]!;
  if (n < 0.02 * width * height) return { ...none, brightness: luma / (width * height) };
  const spread = (sums: Float64Array): number => {
    // Between the 4th and 96th hundredth of what was counted.
    let low = 0;
    let high = sums.length - 1;
    let sum = 0;
    for (let i = 0; i < sums.length; i++) {
      sum += sums[i]!;
      if (sum < 0.04 * n) low = i;
      if (sum < 0.96 * n) high = i;
    }
    return high - low;
  };
  const cx = sx / n;
  const cy = sy / n;
  let left = 0, leftN = 0, right = 0, rightN = 0;
  const reach = Math.max(4, spread(columns) / 2);
  for (let y = Math.max(0, Math.floor(cy - reach)); y < Math.min(height, cy + reach); y++) {
    for (let x = Math.max(0, Math.floor(cx - reach)); x < Math.min(width, cx + reach); x++) {
      if (skin[y * width + x] === 0) continue;
      const j = 4 * (y * width + x);
      const v = 0.299 * rgba[j]! + 0.587 * rgba[j + 1]! + 0.114 * rgba[j + 2]!;
      if (x < cx) { left += v; leftN++; } else { right += v; rightN++; }
    }
  }
  const l = left / Math.max(1, leftN);
  const r = right / Math.max(1, rightN);
  return {
    size: Math.max(spread(rows) / height, (1.3 * spread(columns)) / height),
    dx: cx / width - 0.5, dy: cy / height - 0.5,
    brightness: (left + right) / Math.max(1, leftN + rightN),
    shadow: Math.abs(l - r) / Math.max(l, r, 1), blur, motion,
  };
}

/** The one thing to say about a frame of a face. */
export function judgeFace(m: FaceMeasures, lenient = false): FaceHint {
  if (m.brightness < 35) return "dark";
  if (m.size === 0) return "face";
  if (m.brightness > 235) return "bright";
  if (m.size < (lenient ? 0.2 : 0.3)) return "face_far";
  if (m.size > 0.97) return "face_near";
  if (Math.abs(m.dx) > (lenient ? 0.2 : 0.12) || Math.abs(m.dy) > (lenient ? 0.22 : 0.14)) return "centre";
  if (m.shadow > 0.45 && !lenient) return "shadow";
  if (m.motion > 5) return "still";
  if (m.blur > 0.8 && !lenient) return "blur";
  return "good";
}
