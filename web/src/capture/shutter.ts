import type { FaceHint } from "./face";
import type { Hint as DocumentHint } from "./judge";

type Hint = DocumentHint | FaceHint;

/** Good frames in a row, and the time that they take together, before the picture is taken by itself. */
const inRow = 4;
const atLeast = 500;
/** After this time in front of the camera, in ms, the limits soften. */
const patience = 12_000;
/** A hint that comes once only is noise. */
const steady = 2;

/** What to do with a frame. */
export interface Step {
  /** What to show the person. */
  readonly hint: Hint;
  /** Keep this frame: it is the best of its row so far. */
  readonly keep: boolean;
  /** Take the kept frame now. */
  readonly fire: boolean;
}

/**
 * Decides when the picture is taken by itself: after several good frames in a row, and then the
 * sharpest of them. Time is in ms and comes from outside.
 */
export class Shutter {
  private row = 0;
  private since = 0;
  private best = Infinity;
  private shown: Hint;
  private next: Hint;
  private seen = 0;
  private readonly began: number;

  /** `first` is what is said until something was seen. */
  constructor(now: number, first: Hint = "search") {
    [this.shown, this.next] = [first, first];
    this.began = now;
  }

  /** Whether limits are soft by now. */
  lenient(now: number): boolean {
    return now - this.began > patience;
  }

  /** Takes the hint and the blur of a frame. */
  see(hint: Hint, blur: number, now: number): Step {
    if (hint === this.next) this.seen++;
    else [this.next, this.seen] = [hint, 1];
    if (this.seen >= steady || hint === "good") this.shown = hint;
    if (hint !== "good") {
      // One doubtful frame among good ones does not begin the row anew.
      if (this.seen >= steady) [this.row, this.best] = [0, Infinity];
      return { hint: this.shown, keep: false, fire: false };
    }
    if (this.row === 0) this.since = now;
    this.row++;
    const keep = blur < this.best;
    if (keep) this.best = blur;
    const fire = this.row >= inRow && now - this.since >= atLeast;
    if (fire) [this.row, this.best] = [0, Infinity];
    return { hint: this.shown, keep, fire };
  }
}
