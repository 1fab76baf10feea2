/** What the page noticed of the camera (report.Camera). The server only takes it for a hint. */
export interface CameraHints {
  virtual: boolean;
  width: number;
  height: number;
  frame_rate: number;
  jitter: number;
}

// Programs that play pictures as if they were a camera. Those that turn a phone into one are none.
const programs = /\b(obs|virtual|manycam|xsplit|splitcam|camtwist|snap camera|mmhmm|e2esoft|v4l2loopback|ndi|dummy|fake|unity video|vcam)\b/i;

/** Whether a camera's name is that of a program. The name itself, which may hold a person's, stays here. */
export function isVirtual(label: string): boolean {
  return programs.test(label.replace(/[_-]/g, " "));
}

/** Deviation of the time between frames over its mean; 0 for too few. Dropped frames are left out. */
export function jitter(times: readonly number[]): number {
  const gaps = times.slice(1).map((t, i) => t - times[i]!).filter((gap) => gap > 0).sort((a, b) => a - b);
  const middle = gaps[gaps.length >> 1];
  if (middle === undefined) return 0;
  const usual = gaps.filter((gap) => gap < 1.5 * middle);
  if (usual.length < 20) return 0;
  const mean = usual.reduce((sum, gap) => sum + gap, 0) / usual.length;
  const square = usual.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / usual.length;
  return Math.round((1e5 * Math.sqrt(square)) / mean) / 1e5;
}
