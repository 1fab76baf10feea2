import type { Facing } from "./camera";
import type { Cause } from "./cause";
import { breath, CameraDialog } from "./dialog";
import { type Look, Looker } from "./look";
import { Shutter } from "./shutter";

/** A picture that was taken, with what was measured on it. */
export interface Shot {
  readonly picture: Blob;
  readonly measures: Readonly<Record<string, string | number>>;
}

/** How a camera session ended: with a picture, on the person's wish, or because there is no camera. */
export type Ended = Shot | { readonly cause: Cause } | null;

/** Between two looks, in ms; what is left belongs to the phone. */
const pace = 110;

/**
 * Runs the camera in a dialogue that the server made (its parts have `data-cam`): guides the person,
 * takes the picture by itself when it is good, or when they press the button.
 */
export function takePicture(dialog: HTMLDialogElement, facing: Facing, text: (key: string) => string): Promise<Ended> {
  return new Promise((resolve) => new Session(dialog, facing, text, resolve).start());
}

class Session extends CameraDialog {
  private readonly looker: Looker;
  private shutter: Shutter;
  private kept: { canvas: HTMLCanvasElement; look: Look } | undefined;
  private last: Look | undefined;
  private frames = 0;
  private spent = 0;
  private spoken = "";
  private spokenAt = 0;
  private readonly text: (key: string) => string;
  private readonly resolve: (ended: Ended) => void;

  constructor(dialog: HTMLDialogElement, facing: Facing, text: (key: string) => string, resolve: (ended: Ended) => void) {
    super(dialog, facing);
    this.text = text;
    this.resolve = resolve;
    this.looker = new Looker(facing === "user");
    this.shutter = this.newShutter();
  }

  start(): void {
    const signal = this.over.signal;
    this.say("start");
    this.dialog.addEventListener("close", () => this.end(null), { signal });
    this.part("close").addEventListener("click", () => this.end(null), { signal });
    this.part("shutter").addEventListener("click", () => void this.shoot("manual"), { signal });
    this.part("torch").addEventListener("click", () => void this.light(), { signal });
    this.part("cameras").addEventListener("change", () => void this.open(this.cameras().value), { signal });
    // The browser takes the camera away from a page that is not seen.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.rest();
      else void this.open(this.camera?.id);
    }, { signal });
    (this.part("shutter") as HTMLButtonElement).disabled = true;
    this.dialog.showModal();
    void this.open();
  }

  private async open(id?: string): Promise<void> {
    this.rest();
    const camera = await this.connect(id);
    if (camera === null) return;
    const torch = this.part("torch");
    torch.hidden = !camera.hasTorch;
    torch.setAttribute("aria-pressed", "false");
    await this.listCameras();
    this.shutter = this.newShutter();
    const shutter = this.part("shutter") as HTMLButtonElement;
    if (shutter.disabled) {
      shutter.disabled = false;
      shutter.focus();
    }
    this.next();
  }

  private newShutter(): Shutter {
    return new Shutter(performance.now(), this.facing === "user" ? "face" : "search");
  }

  private next(): void {
    window.clearTimeout(this.timer);
    if (!this.ended) this.timer = window.setTimeout(() => this.look(), pace);
  }

  private look(): void {
    const video = this.video();
    if (video.videoWidth === 0 || video.readyState < 2) {
      this.next();
      return;
    }
    const began = performance.now();
    const look = this.looker.look(video, this.shutter.lenient(began));
    const step = this.shutter.see(look.hint, look.blur, began);
    this.frames++;
    this.spent += performance.now() - began;
    this.last = look;
    this.say(step.hint);
    this.outline(look);
    if (step.keep) this.keep(look);
    if (step.fire) void this.shoot("auto");
    else this.next();
  }

  private keep(look: Look): void {
    const video = this.video();
    const canvas = this.kept?.canvas ?? document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    this.kept = { canvas, look };
  }

  private async shoot(by: "auto" | "manual"): Promise<void> {
    const video = this.video();
    if (video.videoWidth === 0) return;
    window.clearTimeout(this.timer);
    if (by === "manual" || this.kept === undefined) {
      this.keep(this.last ?? { hint: "search", blur: 1, measures: {}, outline: null });
    }
    const { canvas, look } = this.kept!;
    navigator.vibrate?.(30);
    const picture = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.93));
    if (picture === null || this.ended) {
      this.next();
      return;
    }
    const measures: Record<string, string | number> = {
      by, hint: look.hint, frames: this.frames, frame_ms: round(this.spent / Math.max(1, this.frames)),
      width: canvas.width, height: canvas.height,
    };
    for (const [name, value] of Object.entries(look.measures)) measures[name] = round(value);
    this.end({ picture, measures });
  }

  private async light(): Promise<void> {
    const torch = this.part("torch");
    const on = torch.getAttribute("aria-pressed") !== "true";
    if (await this.camera?.torch(on)) torch.setAttribute("aria-pressed", String(on));
    else torch.hidden = true;
  }

  private say(hint: string): void {
    const words = this.text(`capture.${hint}`);
    this.dialog.dataset["hint"] = hint;
    const line = this.part("hint");
    if (line.textContent !== words) line.textContent = words;
    const now = performance.now();
    if (words !== this.spoken && now - this.spokenAt > breath) {
      this.spoken = words;
      this.spokenAt = now;
      this.part("aloud").textContent = words;
    }
  }

  private outline(look: Look): void {
    const points = look.outline?.map((p) => `${(100 * p.x).toFixed(1)},${(100 * p.y).toFixed(1)}`).join(" ") ?? "";
    this.dialog.querySelector("polygon")?.setAttribute("points", points);
  }

  private rest(): void {
    window.clearTimeout(this.timer);
    this.camera?.stop();
    this.video().srcObject = null;
  }

  protected lost(cause: Cause): void {
    this.end({ cause });
  }

  private end(how: Ended): void {
    if (this.ended) return;
    this.ended = true;
    this.over.abort();
    this.rest();
    this.dialog.querySelector("polygon")?.setAttribute("points", "");
    if (this.dialog.open) this.dialog.close();
    this.resolve(how);
  }
}

function round(n: number): number {
  return Math.round(n * 1000) / 1000;
}
