import { type Answer, readAnswer } from "./answer";

/** Longest time without a byte moving before a try is given up. */
const stall = 30_000;

/** How a picture came to be: `by`, and what was measured on it (internal/flow/capture.go). */
export type Measures = Readonly<Record<string, string | number>>;

/** Sends one picture. XMLHttpRequest, because fetch does not tell how much has left. */
export function send(
  url: string,
  file: Blob,
  name: string,
  measures: Measures,
  progress: (part: number) => void,
): { answer: Promise<Answer>; abort: () => void } {
  const request = new XMLHttpRequest();
  let timer: number | undefined;
  const moved = (): void => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => request.abort(), stall);
  };
  const answer = new Promise<Answer>((resolve) => {
    const done = (): void => {
      window.clearTimeout(timer);
      resolve(readAnswer(request.status, request.responseText, request.status === 0 ? null : request.getResponseHeader("Retry-After")));
    };
    request.addEventListener("loadend", done);
    request.upload.addEventListener("progress", (event) => {
      moved();
      if (event.lengthComputable && event.total > 0) progress(event.loaded / event.total);
    });
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    const form = new FormData();
    // First, because the server reads the parts as they come.
    form.append("capture", JSON.stringify(measures));
    form.append("document", file, name);
    moved();
    request.send(form);
  });
  return { answer, abort: () => request.abort() };
}
