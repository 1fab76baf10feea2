import { type Answer, readAnswer } from "./answer";

/** Longest time without a byte moving before a try is given up. */
const stall = 30_000;

/** Bytes of a piece of a large picture: after a lost connection only the one under way is sent again. */
export const pieceSize = 512 * 1024;

/** How a picture came to be: `by`, and what was measured on it (internal/flow/capture.go). */
export type Measures = Readonly<Record<string, string | number>>;

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
}

/** Posts something; the second argument of `progress` is what has left, in bytes. */
export type Post = (url: string, body: FormData | Blob, progress: (bytes: number) => void, signal: AbortSignal) => Promise<Reply>;

/** Posts with XMLHttpRequest, because fetch does not tell how much has left. Status 0: the connection was lost. */
const post: Post = (url, body, progress, signal) =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let timer: number | undefined;
    const abort = (): void => request.abort();
    const moved = (): void => {
      window.clearTimeout(timer);
      timer = window.setTimeout(abort, stall);
    };
    request.addEventListener("loadend", () => {
      window.clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      const { status, responseText } = request;
      resolve({ status, body: responseText, retryAfter: status === 0 ? null : request.getResponseHeader("Retry-After") });
    });
    request.upload.addEventListener("progress", (event) => {
      moved();
      progress(event.loaded);
    });
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    signal.addEventListener("abort", abort);
    moved();
    request.send(body);
  });

/** Sends one picture. A try after one that failed goes on where that one stopped. */
export class Transfer {
  private readonly pieces: string[] = [];
  private readonly over = new AbortController();
  private readonly address: { form: string; part: string };
  private readonly file: File;
  private readonly measures: Measures;
  private readonly post: Post;

  constructor(address: { form: string; part: string }, file: File, measures: Measures, how: Post = post) {
    this.address = address;
    this.file = file;
    this.measures = measures;
    this.post = how;
  }

  abort(): void {
    this.over.abort();
  }

  /** Tries to send what has not arrived yet; `progress` is the part of the whole that has left, 0…1. */
  async attempt(progress: (part: number) => void): Promise<Answer> {
    const { size } = this.file;
    const form = new FormData();
    // First, because the server reads the parts as they come.
    form.append("capture", JSON.stringify(this.measures));
    if (size <= pieceSize) {
      form.append("document", this.file, this.file.name);
      return this.answer(await this.post(this.address.form, form, (n) => progress(n / size), this.over.signal));
    }
    for (let at = this.pieces.length * pieceSize; at < size; at += pieceSize) {
      progress(at / size);
      const piece = this.file.slice(at, at + pieceSize);
      const reply = await this.post(this.address.part, piece, (n) => progress((at + n) / size), this.over.signal);
      const name = reply.status === 200 ? pieceName(reply.body) : null;
      if (name === null) return this.answer(reply);
      this.pieces.push(name);
    }
    progress(1);
    form.append("parts", this.pieces.join(" "));
    const answer = this.answer(await this.post(this.address.form, form, () => undefined, this.over.signal));
    if (answer.kind !== "refused" || answer.code !== "interrupted") return answer;
    // The server has forgotten a piece: from the beginning.
    this.pieces.length = 0;
    return { kind: "again", code: "network", after: 0 };
  }

  private answer({ status, body, retryAfter }: Reply): Answer {
    return readAnswer(status, body, retryAfter);
  }
}

function pieceName(body: string): string | null {
  try {
    const name: unknown = (JSON.parse(body) as Record<string, unknown>)["part"];
    return typeof name === "string" ? name : null;
  } catch {
    return null;
  }
}
