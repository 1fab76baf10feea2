import { area, distance, type Point, type Quad } from "./geometry";
import type { Found } from "./quad";
import type { Light } from "./light";

/** What a person should do next; `good` when nothing. In the order in which it is said. */
export type Hint =
  | "dark" | "search" | "edge" | "near" | "far" | "tilt" | "glare" | "still" | "blur" | "good";

/** What was measured on one frame. It goes to the server with the picture. */
export interface Measures {
  /** Whether an outline was found, and how sure, 0…1. */
  readonly support: number;
  /** Part of the visible picture that the document fills, 0…1. */
  readonly coverage: number;
  /** The document's width or height as a part of the visible picture's, whichever fills more, 0…1. */
  readonly fill: number;
  /** Shorter of two opposite sides to the longer, 0…1; 1 is seen from straight above. */
  readonly perspective: number;
  /** Turn of the document against the nearest of level and upright, in degrees. */
  readonly turn: number;
  /** Distance of the nearest corner to the border, as a part of the picture's shorter side; negative: outside. */
  readonly margin: number;
  /** Mean luma of the document, 0…255. */
  readonly brightness: number;
  readonly glare: number;
  /** 0 sharp … 1 blurred. */
  readonly blur: number;
  /** Mean change since the frame before, 0…255. */
  readonly motion: number;
  /** Sides of the document that are cut off. */
  readonly cut: number;
}

/** The limits of what is good. They warn the person; the server decides on the picture itself. */
export const limits = {
  dark: 48, fillLeast: 0.62, coverageMost: 0.93, margin: 0.012,
  perspective: 0.78, turn: 14, glare: 0.018, blur: 0.7, motion: 5,
} as const;

export function measure(
  picture: { width: number; height: number }, found: Found | null, light: Light, blur: number, motion: number,
): Measures {
  if (found === null) {
    return {
      support: 0, coverage: 0, fill: 0, perspective: 0, turn: 0, margin: 0, cut: 0,
      brightness: light.mean, glare: light.glare, blur, motion,
    };
  }
  const [a, b, c, d] = found.quad;
  const ratio = (x: number, y: number): number => Math.min(x, y) / Math.max(x, y, 1);
  const reach = (of: (p: Point) => number): number => Math.max(...found.quad.map(of)) - Math.min(...found.quad.map(of));
  const short = Math.min(picture.width, picture.height);
  return {
    support: found.support,
    coverage: Math.min(1, area(found.quad) / (picture.width * picture.height)),
    fill: Math.min(1, Math.max(reach((p) => p.x) / picture.width, reach((p) => p.y) / picture.height)),
    perspective: Math.min(ratio(distance(a, b), distance(d, c)), ratio(distance(a, d), distance(b, c))),
    turn: turn(found.quad),
    margin: Math.min(...found.quad.map((p) => Math.min(p.x, p.y, picture.width - p.x, picture.height - p.y))) / short,
    cut: found.cut,
    brightness: light.mean, glare: light.glare, blur, motion,
  };
}

function turn([a, b, c, d]: Quad): number {
  const angle = Math.atan2(b.y - a.y + c.y - d.y, b.x - a.x + c.x - d.x) * (180 / Math.PI);
  const quarter = ((angle % 90) + 90) % 90;
  return Math.min(quarter, 90 - quarter);
}

/**
 * The one thing to say about a frame. With `lenient` (the person has tried for a while, or the camera
 * is poor) only what makes a picture useless is still said.
 */
export function judge(m: Measures, lenient = false): Hint {
  if (m.brightness < (lenient ? limits.dark / 2 : limits.dark)) return "dark";
  if (m.support === 0) return "search";
  if (m.cut > 0) return m.coverage > 0.7 ? "near" : "edge";
  if (m.coverage > limits.coverageMost) return "near";
  if (m.margin < limits.margin) return m.coverage > 0.7 ? "near" : "edge";
  if (m.fill < (lenient ? 0.4 : limits.fillLeast)) return "far";
  if (m.perspective < (lenient ? 0.6 : limits.perspective) || m.turn > (lenient ? 30 : limits.turn)) return "tilt";
  if (m.glare > limits.glare && !lenient) return "glare";
  if (m.motion > limits.motion) return "still";
  if (m.blur > limits.blur && !lenient) return "blur";
  return "good";
}
