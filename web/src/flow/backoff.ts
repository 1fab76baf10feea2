/**
 * Seconds to wait before try number `attempt` (0 is the first repetition): 1, 2, 4, 8 … up to `most`,
 * spread by up to a quarter so that many phones do not come back together.
 */
export function backoff(attempt: number, random: number, most = 15): number {
  const base = Math.min(2 ** Math.max(attempt, 0), most);
  return base * (1 + random / 4);
}
