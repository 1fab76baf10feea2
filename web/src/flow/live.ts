/** The server's word on a session: where its person should be and how far the analysis is. */
export interface Live {
  /** Address of the page on which the session stands. */
  readonly page: string;
  /** Changes whenever the session does. */
  readonly revision: string;
  /** Finished part of the running analysis, 0…1. */
  readonly progress: number;
  /** What is being done, in the page's language. */
  readonly label: string;
  /** Whether a document was chosen, here or on another device. */
  readonly begun: boolean;
}

/** Reads a message of the event stream or the polling address; null when it is not one. */
export function parseLive(text: string): Live | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const v = value as Record<string, unknown>;
  if (typeof v["page"] !== "string" || typeof v["revision"] !== "string") return null;
  // Only a path of this server: what arrives here is navigated to.
  if (!v["page"].startsWith("/") || v["page"].startsWith("//")) return null;
  const progress = typeof v["progress"] === "number" && Number.isFinite(v["progress"]) ? v["progress"] : 0;
  return {
    page: v["page"],
    revision: v["revision"],
    progress: Math.min(1, Math.max(0, progress)),
    label: typeof v["label"] === "string" ? v["label"] : "",
    begun: v["begun"] === true,
  };
}

/** A progress bar never runs backwards, whatever order messages arrive in. */
export function forward(shown: number, next: number): number {
  return Math.max(shown, Math.min(1, next));
}

/**
 * Where a page goes when the server has spoken: nowhere while the session is as the page knows it,
 * or while its person is in the middle of something that is still wanted.
 */
export function destination(here: { path: string; revision: string; busy: boolean; follow: boolean }, live: Live): string | null {
  if (live.revision === here.revision || live.page === here.path) return null;
  // A page that looks on while a phone does the work goes on when the pictures are sent.
  if (here.follow && !/\/(check|result)$/.test(live.page)) return null;
  return here.busy ? null : live.page;
}
