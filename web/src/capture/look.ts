import { type FaceHint, judgeFace, measureFace } from "./face";
import { grayOf, type Gray, type Point, type Quad } from "./geometry";
import { type Hint, judge, measure, type Measures } from "./judge";
import { blur, light, motion, shrink } from "./light";
import { findQuad } from "./quad";

/** What a look at one frame gave. */
export interface Look {
  readonly hint: Hint | FaceHint;
  readonly blur: number;
  readonly measures: Readonly<Record<string, number>>;
  /** The outline as parts of the visible picture, 0…1; null: none, or a face is looked for. */
  readonly outline: readonly Point[] | null;
}

/** The part of a video that its element shows (object-fit: cover), in pixels of the video. */
export function visible(
  video: { width: number; height: number }, box: { width: number; height: number },
): { x: number; y: number; width: number; height: number } {
  const scale = Math.max(box.width / video.width, box.height / video.height);
  const width = Math.min(video.width, box.width / scale);
  const height = Math.min(video.height, box.height / scale);
  return { x: (video.width - width) / 2, y: (video.height - height) / 2, width, height };
}

/** A size of about `pixels` pixels in all, of the same shape, divisible by eight. */
export function smallSize(shape: { width: number; height: number }, pixels: number): { width: number; height: number } {
  const scale = Math.sqrt(pixels / (shape.width * shape.height));
  const even = (n: number): number => Math.max(16, Math.round((n * scale) / 8) * 8);
  return { width: even(shape.width), height: even(shape.height) };
}

const patch = { width: 320, height: 200 };

/** Looks at the frames of a camera, one after the other. Draws on two canvases of its own. */
export class Looker {
  private readonly small = context();
  private readonly sharp = context();
  private before: Gray | undefined;

  private readonly face: boolean;

  constructor(face: boolean) {
    this.face = face;
  }

  look(video: HTMLVideoElement, lenient: boolean): Look {
    const part = visible({ width: video.videoWidth, height: video.videoHeight }, { width: video.clientWidth, height: video.clientHeight });
    const size = smallSize(part, this.face ? 28_000 : 72_000);
    const rgba = draw(this.small, video, part, size);
    const gray = grayOf(rgba, size.width, size.height);
    const tiny = shrink(gray, 8);
    const moved = this.before === undefined ? 255 : motion(tiny, this.before);
    this.before = tiny;
    return this.face ? this.lookAtFace(video, part, rgba, size, moved, lenient) : this.lookAtDocument(video, part, gray, moved, lenient);
  }

  private lookAtDocument(video: HTMLVideoElement, part: Part, gray: Gray, moved: number, lenient: boolean): Look {
    const found = findQuad(gray);
    const scale = part.width / gray.width;
    const quad: Quad | null = found?.quad ?? null;
    const cx = quad === null ? gray.width / 2 : quad.reduce((s, p) => s + p.x, 0) / 4;
    const cy = quad === null ? gray.height / 2 : quad.reduce((s, p) => s + p.y, 0) / 4;
    const soft = this.blurAt(video, part.x + cx * scale, part.y + cy * scale);
    const m: Measures = measure(gray, found, light(gray, quad), soft, moved);
    return {
      hint: judge(m, lenient), blur: soft, measures: { ...m },
      outline: quad === null ? null : quad.map((p) => ({ x: p.x / gray.width, y: p.y / gray.height })),
    };
  }

  private lookAtFace(
    video: HTMLVideoElement, part: Part, rgba: Uint8ClampedArray, size: { width: number; height: number }, moved: number, lenient: boolean,
  ): Look {
    const soft = this.blurAt(video, part.x + part.width / 2, part.y + part.height / 2);
    const m = measureFace(rgba, size.width, size.height, soft, moved);
    return { hint: judgeFace(m, lenient), blur: soft, measures: { ...m }, outline: null };
  }

  /** Blur of a patch in the camera's own pixels: a picture made smaller is always sharp. */
  private blurAt(video: HTMLVideoElement, x: number, y: number): number {
    const width = Math.min(patch.width, video.videoWidth);
    const height = Math.min(patch.height, video.videoHeight);
    const from = {
      x: Math.max(0, Math.min(video.videoWidth - width, x - width / 2)),
      y: Math.max(0, Math.min(video.videoHeight - height, y - height / 2)), width, height,
    };
    return blur(grayOf(draw(this.sharp, video, from, { width, height }), width, height));
  }
}

type Part = ReturnType<typeof visible>;

function context(): CanvasRenderingContext2D {
  const c = document.createElement("canvas").getContext("2d", { willReadFrequently: true, alpha: false });
  if (c === null) throw new Error("no canvas");
  return c;
}

function draw(c: CanvasRenderingContext2D, video: HTMLVideoElement, from: Part, to: { width: number; height: number }): Uint8ClampedArray {
  if (c.canvas.width !== to.width || c.canvas.height !== to.height) {
    c.canvas.width = to.width;
    c.canvas.height = to.height;
  }
  c.drawImage(video, from.x, from.y, from.width, from.height, 0, 0, to.width, to.height);
  return c.getImageData(0, 0, to.width, to.height).data;
}
