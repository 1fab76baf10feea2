import { backoff } from "../flow/backoff";
import { type Answer, readAnswer } from "../flow/answer";

/** A picture with its time in ms. */
export interface Frame {
  readonly at: number;
  readonly picture: Blob;
}

/** Tries of one request; together about ten seconds, for a challenge does not last long. */
const tries = 5;

/** Why a recording could not be sent: to be said as it is, or "" for a lost connection. */
export class Refused extends Error {}

/** Sends the parts of a recording one after the other, each again when the connection fails. */
export class Sender {
  private readonly url: string;
  private readonly token: string;
  private parts = 0;
  private last: Promise<void> = Promise.resolve();

  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
    this.last.catch(() => undefined);
  }

  /** Takes the next part; returns at once. What goes wrong is told by [finish]. */
  part(frames: readonly Frame[]): void {
    const n = this.parts++;
    this.last = this.last.then(async () => {
      const form = new FormData();
      form.append("token", this.token);
      form.append("part", String(n));
      for (const frame of frames) form.append("frame", frame.picture, `${frame.at.toFixed(1)}.jpg`);
      await post(`${this.url}/frames`, form);
    });
    this.last.catch(() => undefined); // heard by finish
  }

  /** Ends the recording when all parts have arrived; the answer is where to go. */
  async finish(camera: unknown): Promise<string> {
    await this.last;
    const body = await post(this.url, JSON.stringify({ token: this.token, parts: this.parts, camera }));
    const answer = readAnswer(200, body, null);
    if (answer.kind !== "next") throw new Refused("");
    return answer.url;
  }
}

/** Posts and returns the answer's body; tries again while that may help. */
export async function post(url: string, body: FormData | string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    let answer: Answer = { kind: "again", code: "network", after: 0 };
    try {
      const headers: Record<string, string> = { Accept: "application/json" };
      if (typeof body === "string") headers["Content-Type"] = "application/json";
      const got = await fetch(url, { method: "POST", headers, body });
      const text = await got.text();
      if (got.ok) return text;
      answer = readAnswer(got.status, text, got.headers.get("Retry-After"));
    } catch {
      // A lost connection.
    }
    if (answer.kind === "refused") throw new Refused(answer.text);
    if (attempt + 1 >= tries) throw new Refused("");
    const seconds = answer.kind === "again" ? Math.max(answer.after, backoff(attempt, Math.random())) : 0;
    await new Promise((resolve) => window.setTimeout(resolve, 1000 * Math.min(seconds, 4)));
  }
}
