import type { Cause } from "../capture/cause";
import { breath, CameraDialog } from "../capture/dialog";
import { Looker } from "../capture/look";
import { fill } from "../flow/texts";
import { type CameraHints, isVirtual, jitter } from "./hints";
import { at, frameSize, plan, type Step } from "./plan";
import { type Frame, post, Refused, Sender } from "./sender";

/** How it ended: with the next page, for a reason that the person reads, without a camera, or on their wish. */
export type Ended = { readonly next: string } | { readonly problem: string } | { readonly cause: Cause } | null;

interface Asked {
  readonly token: string;
  readonly actions: readonly string[];
  readonly interval_ms: number;
  readonly max_bytes: number;
}

/** What is worth saying before the recording; stillness and focus come by themselves. */
const worthSaying = ["dark", "bright", "face", "face_near", "face_far", "centre", "shadow"];
/** Frames of one part. */
const together = 6;

/** Runs the camera in a dialogue that the server made, asks for the movements and sends what it sees. */
export function record(dialog: HTMLDialogElement, url: string, text: (key: string) => string): Promise<Ended> {
  return new Promise((resolve) => new Recorder(dialog, url, text, resolve).start());
}

class Recorder extends CameraDialog {
  private recording = false;
  private steps: Step[] = [];
  private shown = -1;
  private waiting: Frame[] = [];
  private readonly times: number[] = [];
  private readonly looker = new Looker(true);
  private readonly canvas = document.createElement("canvas");
  private readonly url: string;
  private readonly text: (key: string) => string;
  private readonly resolve: (ended: Ended) => void;

  constructor(dialog: HTMLDialogElement, url: string, text: (key: string) => string, resolve: (ended: Ended) => void) {
    super(dialog, "user");
    this.url = url;
    this.text = text;
    this.resolve = resolve;
  }

  start(): void {
    const signal = this.over.signal;
    this.dialog.addEventListener("close", () => this.end(null), { signal });
    this.part("close").addEventListener("click", () => this.end(null), { signal });
    this.part("begin").addEventListener("click", () => void this.begin(), { signal });
    this.part("cameras").addEventListener("change", () => void this.open(this.cameras().value), { signal });
    document.addEventListener("visibilitychange", () => {
      if (this.recording) this.end({ problem: this.text("liveness.broken") });
      else if (document.hidden) this.camera?.stop();
      else void this.open(this.camera?.id);
    }, { signal });
    this.show("");
    this.say("liveness.start");
    this.dialog.showModal();
    void this.open();
  }

  private async open(id?: string): Promise<void> {
    this.camera?.stop();
    if (await this.connect(id) === null) return;
    await this.listCameras();
    const begin = this.part("begin") as HTMLButtonElement;
    begin.disabled = false;
    begin.focus();
    this.say("liveness.ready");
    window.clearInterval(this.timer);
    this.timer = window.setInterval(() => this.guide(), breath);
  }

  /** Says what is wrong with light and distance; the button works whatever it says. */
  private guide(): void {
    const video = this.video();
    if (this.recording || video.videoWidth === 0 || video.readyState < 2) return;
    const { hint } = this.looker.look(video, true);
    this.say(worthSaying.includes(hint) ? `capture.${hint}` : "liveness.ready");
  }

  /** Gets a challenge and records the answer. */
  private async begin(): Promise<void> {
    if (this.recording) return;
    this.recording = true;
    window.clearInterval(this.timer);
    this.part("picker").hidden = true;
    (this.part("begin") as HTMLButtonElement).disabled = true;
    try {
      const got = JSON.parse(await post(`${this.url}/challenge`, "")) as Asked & { next?: string };
      if (this.ended) return;
      if (got.next !== undefined) {
        this.end({ next: got.next });
        return;
      }
      this.part("begin").hidden = true;
      (this.part("close")).focus();
      const sender = new Sender(this.url, got.token);
      await this.film(got, sender);
      if (this.ended) return;
      this.show("done");
      this.say("liveness.done");
      const next = await sender.finish(this.hints());
      this.end({ next });
    } catch (error) {
      const words = error instanceof Refused && error.message !== "" ? error.message : this.text("liveness.network");
      this.end({ problem: words });
    }
  }

  /** Takes pictures at an even pace until all steps are over. */
  private async film(asked: Asked, sender: Sender): Promise<void> {
    this.steps = plan(asked.actions);
    this.part("bar").hidden = false;
    this.watch();
    const began = performance.now();
    for (let due = began; !this.ended; ) {
      const now = performance.now();
      const step = at(this.steps, now - began);
      if (step === null) break;
      this.ask(step.index, step.part);
      const picture = await this.take(asked.max_bytes);
      if (picture !== null) this.waiting.push({ at: now - began, picture });
      if (this.waiting.length >= together) sender.part(this.waiting.splice(0));
      due = Math.max(due + asked.interval_ms, performance.now() + 20);
      await new Promise((resolve) => { this.timer = window.setTimeout(resolve, due - performance.now()); });
    }
    if (this.waiting.length > 0 && !this.ended) sender.part(this.waiting.splice(0));
  }

  /** Remembers when the camera gave a frame, for the hints. */
  private watch(): void {
    const video = this.video() as HTMLVideoElement & {
      requestVideoFrameCallback?: (fn: (now: number, frame: { captureTime?: number; mediaTime: number }) => void) => void;
    };
    video.requestVideoFrameCallback?.((now, frame) => {
      this.times.push(frame.captureTime ?? now);
      if (!this.ended && this.times.length < 600) this.watch();
    });
  }

  private hints(): CameraHints {
    const track = this.camera?.track;
    const set = track?.getSettings() ?? {};
    return {
      virtual: isVirtual(track?.label ?? ""), width: set.width ?? 0, height: set.height ?? 0,
      frame_rate: Math.round(100 * (set.frameRate ?? 0)) / 100, jitter: jitter(this.times),
    };
  }

  private async take(most: number): Promise<Blob | null> {
    const video = this.video();
    if (video.videoWidth === 0 || video.readyState < 2) return null;
    const size = frameSize(video.videoWidth, video.videoHeight);
    Object.assign(this.canvas, size);
    this.canvas.getContext("2d")?.drawImage(video, 0, 0, size.width, size.height);
    for (const quality of [0.85, 0.6, 0.3]) {
      const picture = await new Promise<Blob | null>((done) => this.canvas.toBlob(done, "image/jpeg", quality));
      if (picture !== null && picture.size <= most) return picture;
    }
    return null;
  }

  private ask(index: number, part: number): void {
    (this.part("bar") as HTMLProgressElement).value = part;
    if (index === this.shown) return;
    this.shown = index;
    const action = this.steps[index]!.action;
    this.show(action);
    if (action === "straight") {
      this.say(index === 0 ? "liveness.straight" : "liveness.back");
      return;
    }
    navigator.vibrate?.(40);
    const moves = this.steps.map((step, i) => ({ step, i })).filter(({ step }) => step.action !== "straight");
    const n = 1 + moves.findIndex(({ i }) => i === index);
    this.say(`liveness.action.${action}`, fill(this.text("liveness.step"), { n, total: moves.length }));
  }

  /** What the dialogue's style shows: a movement, `straight`, `done`, or nothing. */
  private show(what: string): void {
    this.dialog.dataset["do"] = what;
  }

  private say(key: string, small = ""): void {
    const words = this.text(key);
    const line = this.part("say");
    if (line.textContent === words && small === "") return;
    line.textContent = words;
    if (small !== "") {
      const count = document.createElement("small");
      count.textContent = small;
      line.append(count);
    }
    this.part("aloud").textContent = words;
  }

  protected lost(cause: Cause): void {
    this.end({ cause });
  }

  private end(how: Ended): void {
    if (this.ended) return;
    this.ended = true;
    this.over.abort();
    window.clearTimeout(this.timer);
    this.camera?.stop();
    this.video().srcObject = null;
    this.part("bar").hidden = true;
    this.part("begin").hidden = false;
    if (this.dialog.open) this.dialog.close();
    this.resolve(how);
  }
}
