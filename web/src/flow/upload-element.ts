import { backoff } from "./backoff";
import { fileProblem, mayPreview, readableSize } from "./files";
import { type Measures, Transfer } from "./send";
import { fill, pageTexts } from "./texts";

/** Tries after the first before the person is asked to press a button. */
const tries = 6;

type View = "pick" | "stored" | "preview" | "sending";

/**
 * Turns the plain upload form inside it into one with camera, drag and drop, paste, preview, progress
 * and repetition. The form keeps working by itself where this script does not run.
 *
 * Attributes: `max-bytes`, `stored` (a picture is already at the server).
 */
export class UploadElement extends HTMLElement {
  /** True from the moment a picture is chosen, so that news from elsewhere does not throw it away. */
  busy = false;

  private readonly text = pageTexts(document);
  private chosen: { file: File; url: string | null; measures: Measures; transfer?: Transfer | undefined } | undefined;
  private abort: (() => void) | undefined;
  private waiting: number | undefined;
  private wake: (() => void) | undefined;
  private drags = 0;
  private readonly listening = new AbortController();

  connectedCallback(): void {
    const signal = this.listening.signal;
    this.classList.add("live");
    const touch = window.matchMedia("(pointer: coarse)").matches;
    this.piece("drop-hint").hidden = touch;
    this.offerCamera(touch);
    if (!touch) {
      // A phone always has one; elsewhere the browser is asked.
      void import("../capture/camera").then((c) => c.hasCamera()).then((yes) => this.offerCamera(yes)).catch(() => undefined);
    }
    const camera = this.input("camera-input");
    const picker = this.input("file-input");
    this.piece("camera").addEventListener("click", () => void this.live(), { signal });
    this.piece("app").addEventListener("click", () => camera.click(), { signal });
    this.piece("again").addEventListener("click", () => void this.live(), { signal });
    this.piece("choose").addEventListener("click", () => picker.click(), { signal });
    this.piece("other").addEventListener("click", () => this.reset(), { signal });
    this.querySelector("[data-part=replace]")?.addEventListener("click", () => this.show("pick", true), { signal });
    this.piece("retry").addEventListener("click", () => void this.upload(), { signal });
    this.piece("stop").addEventListener("click", () => this.halt(), { signal });
    camera.addEventListener("change", () => this.take(camera.files, { by: "app" }), { signal });
    picker.addEventListener("change", () => this.take(picker.files), { signal });
    // The plain file field is hidden now; what it demands cannot be met.
    this.form().noValidate = true;
    this.form().addEventListener("submit", (event) => {
      event.preventDefault();
      void this.upload();
    }, { signal });

    window.addEventListener("paste", (event) => {
      if (event.clipboardData?.files.length) this.take(event.clipboardData.files);
    }, { signal });
    window.addEventListener("dragenter", (event) => {
      if (hasFiles(event)) { this.drags++; this.classList.add("dragging"); event.preventDefault(); }
    }, { signal });
    window.addEventListener("dragleave", () => {
      this.drags = Math.max(0, this.drags - 1);
      if (this.drags === 0) this.classList.remove("dragging");
    }, { signal });
    window.addEventListener("dragover", (event) => {
      if (hasFiles(event)) event.preventDefault();
    }, { signal });
    window.addEventListener("drop", (event) => {
      this.drags = 0;
      this.classList.remove("dragging");
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.take(event.dataTransfer?.files ?? null);
    }, { signal });
    window.addEventListener("online", () => this.wake?.(), { signal });

    this.show(this.hasAttribute("stored") ? "stored" : "pick", false);
    // Chosen before this script was there, on a slow line, or kept by the browser over a reload.
    for (const input of this.querySelectorAll<HTMLInputElement>("input[type=file]")) {
      if (input.files?.length) this.take(input.files);
    }
  }

  disconnectedCallback(): void {
    this.listening.abort();
    this.halt();
  }

  private offerCamera(yes: boolean): void {
    this.piece("camera").hidden = !yes;
    // Where there is a camera it is what people want; the file comes second.
    this.piece("choose").classList.toggle("primary", !yes);
  }

  /** Takes a picture with the live camera; when there is none, says why and offers the other ways. */
  private async live(): Promise<void> {
    if (this.abort !== undefined) return;
    this.problem("");
    this.busy = true;
    let cause = "failed";
    try {
      const { takePicture } = await import("../capture/session");
      const facing = this.getAttribute("facing") === "user" ? "user" : "environment";
      const ended = await takePicture(this.piece("live") as HTMLDialogElement, facing, this.text);
      if (ended === null) {
        this.busy = this.chosen !== undefined;
        return;
      }
      if ("picture" in ended) {
        this.accept(new File([ended.picture], "picture.jpg", { type: "image/jpeg" }), ended.measures);
        return;
      }
      cause = ended.cause;
    } catch {
      // The script did not arrive, or the browser cannot run it: the other ways need neither.
    }
    this.forget();
    this.show("pick", false);
    this.problem(this.text(`camera.cause.${cause}`));
    this.piece("app").hidden = !window.matchMedia("(pointer: coarse)").matches;
    const other = this.piece("app").hidden ? "choose" : "app";
    this.piece(other).focus();
  }

  private take(files: FileList | null, measures: Measures = { by: "file" }): void {
    const file = files?.[0];
    if (file === undefined || this.abort !== undefined) return;
    if (files !== null && files.length > 1) {
      this.problem(this.text("error.several"));
      return;
    }
    const max = Number(this.getAttribute("max-bytes"));
    const problem = fileProblem(file, max);
    if (problem !== null) {
      this.forget();
      this.show("pick", false);
      this.problem(fill(this.text(`error.${problem}`), { mb: Math.floor(max / (1024 * 1024)) }));
      return;
    }
    this.accept(file, measures);
  }

  /** Shows a picture before it is sent. */
  private accept(file: File, measures: Measures): void {
    this.forget();
    this.problem("");
    this.busy = true;
    const shot = measures["by"] === "auto" || measures["by"] === "manual";
    this.piece("again").hidden = !shot;
    this.piece("name").hidden = shot;
    const url = mayPreview(file) ? URL.createObjectURL(file) : null;
    this.chosen = { file, url, measures };
    this.piece("name").textContent = `${file.name} · ${readableSize(file.size, document.documentElement.lang)}`;
    const frame = this.piece("frame");
    frame.replaceChildren();
    const without = (): void => {
      frame.replaceChildren();
      frame.hidden = true;
      this.piece("no-preview").hidden = false;
    };
    frame.hidden = false;
    this.piece("no-preview").hidden = true;
    if (url === null) {
      without();
    } else {
      const image = new Image();
      image.alt = this.text("upload.preview_alt");
      image.addEventListener("error", without);
      image.src = url;
      frame.append(image);
    }
    this.show("preview", true);
  }

  private async upload(): Promise<void> {
    const chosen = this.chosen;
    if (chosen === undefined || this.abort !== undefined) return;
    this.wake?.();
    this.problem("");
    this.show("sending", true);
    this.piece("retry").hidden = true;
    let running = true;
    chosen.transfer ??= new Transfer({ form: this.form().action, part: new URL("part", this.form().action).href }, chosen.file, chosen.measures);
    const transfer = chosen.transfer;
    this.portion(0);
    for (let attempt = 0; running; attempt++) {
      this.abort = () => {
        running = false;
        transfer.abort();
        chosen.transfer = undefined;
      };
      const answer = await transfer.attempt((part) => this.portion(part));
      if (!running) return;
      if (answer.kind === "next") {
        // Still busy: news of the session must not overtake this.
        window.location.assign(answer.url);
        return;
      }
      if (answer.kind === "refused") {
        this.abort = undefined;
        this.forget();
        this.show("pick", false);
        this.problem(answer.text !== "" ? answer.text : this.text("error.internal"));
        return;
      }
      if (attempt >= tries) break;
      await this.pause(Math.max(answer.after, backoff(attempt, Math.random())), answer.code);
    }
    if (!running) return;
    this.abort = undefined;
    this.status(this.text("error.network"));
    this.piece("retry").hidden = false;
    this.piece("retry").focus();
  }

  /** Waits, saying so; ends early when the connection comes back. */
  private async pause(seconds: number, code: "network" | "busy"): Promise<void> {
    await new Promise<void>((resolve) => {
      const ends = Date.now() + seconds * 1000;
      const done = (): void => {
        window.clearTimeout(this.waiting);
        this.wake = undefined;
        resolve();
      };
      const tick = (): void => {
        const left = Math.ceil((ends - Date.now()) / 1000);
        if (left <= 0) {
          done();
          return;
        }
        const key = navigator.onLine === false ? "upload.offline" : code === "busy" ? "upload.busy" : "upload.retrying";
        this.status(fill(this.text(key), { seconds: left }), false);
        this.waiting = window.setTimeout(tick, 1000);
      };
      this.wake = done;
      this.status(this.text(code === "busy" ? "upload.busy" : "upload.lost"));
      tick();
    });
  }

  private halt(): void {
    this.abort?.();
    this.abort = undefined;
    this.wake?.();
    window.clearTimeout(this.waiting);
    if (this.chosen !== undefined && this.isConnected) this.show("preview", true);
  }

  private reset(): void {
    this.forget();
    this.problem("");
    this.show("pick", true);
  }

  private forget(): void {
    if (this.chosen?.url) URL.revokeObjectURL(this.chosen.url);
    this.chosen = undefined;
    this.busy = false;
    this.input("camera-input").value = "";
    this.input("file-input").value = "";
  }

  /** Shows one part of the element and, when the person moved there, puts the focus on its first control. */
  private show(view: View, focus: boolean): void {
    for (const section of this.querySelectorAll<HTMLElement>("[data-view]")) {
      section.hidden = section.dataset["view"] !== view;
    }
    if (!focus) return;
    const section = this.querySelector<HTMLElement>(`[data-view="${view}"]`);
    const first = section?.querySelector<HTMLElement>("[data-focus]:not([hidden])");
    first?.focus();
  }

  private portion(part: number): void {
    const percent = Math.round(part * 100);
    const bar = this.piece("bar") as HTMLProgressElement;
    bar.value = percent;
    const text = percent < 100 ? fill(this.text("upload.sending"), { percent }) : this.text("upload.storing");
    // Announced in steps of a quarter: a screen reader is not to read a hundred numbers.
    this.status(text, percent % 25 === 0);
  }

  private said = "";

  private status(text: string, aloud = true): void {
    this.piece("status").textContent = text;
    if (aloud && text !== this.said) {
      this.said = text;
      this.piece("announce").textContent = text;
    }
  }

  private problem(text: string): void {
    const place = this.piece("problem");
    place.textContent = text;
    place.hidden = text === "";
  }

  private form(): HTMLFormElement {
    return this.piece("form") as HTMLFormElement;
  }

  private input(name: string): HTMLInputElement {
    return this.piece(name) as HTMLInputElement;
  }

  private piece(name: string): HTMLElement {
    const element = this.querySelector<HTMLElement>(`[data-part="${name}"]`);
    if (element === null) throw new Error(`upload form without ${name}`);
    return element;
  }
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
