/** One thing that the person is to do, and for how long. `straight` is between the movements. */
export interface Step {
  readonly action: string;
  readonly ms: number;
}

/** Looking straight at first, so that everything after is compared with that. */
const first = 1600;
/** A movement: to hear it, to do it, and to stay a moment. */
const moving = 3200;
/** Back in the middle, which the server wants to see before the next. */
const back = 1700;

/** The whole recording as steps, each movement between two looks straight ahead. */
export function plan(actions: readonly string[]): Step[] {
  return [{ action: "straight", ms: first }, ...actions.flatMap((action) => [{ action, ms: moving }, { action: "straight", ms: back }])];
}

/** Which step it is after that time, and how much of the whole is over; null: it is over. */
export function at(steps: readonly Step[], ms: number): { index: number; part: number } | null {
  const whole = steps.reduce((sum, step) => sum + step.ms, 0);
  let ends = 0;
  for (const [index, step] of steps.entries()) {
    ends += step.ms;
    if (ms < ends) return { index, part: ms / whole };
  }
  return null;
}

/** The size of a frame for a video of that size: enough to see a face well, and no more. */
export function frameSize(width: number, height: number): { width: number; height: number } {
  const k = Math.min(1, 480 / Math.min(width, height), 640 / Math.max(width, height));
  return { width: Math.round(width * k), height: Math.round(height * k) };
}
