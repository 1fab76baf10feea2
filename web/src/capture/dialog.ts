import { Camera, type Facing } from "./camera";
import type { Cause } from "./cause";

/** Between two hints, in ms: they are read aloud. */
export const breath = 2500;

/**
 * A dialogue with a camera that the server made: its parts have `data-cam`. Whoever
 * uses it says what is done with the camera, and what an end means.
 */
export abstract class CameraDialog {
  protected camera: Camera | undefined;
  protected timer: number | undefined;
  protected ended = false;
  protected readonly over = new AbortController();
  protected readonly dialog: HTMLDialogElement;
  protected readonly facing: Facing;

  protected constructor(dialog: HTMLDialogElement, facing: Facing) {
    this.dialog = dialog;
    this.facing = facing;
  }

  /** The camera cannot be used, or not any more. */
  protected abstract lost(cause: Cause): void;

  /** Shows what the camera sees; null when it does not work or the dialogue has ended. */
  protected async connect(id?: string): Promise<Camera | null> {
    const opened = await Camera.open(this.facing, id === "" ? undefined : id);
    if (this.ended) {
      if ("camera" in opened) opened.camera.stop();
      return null;
    }
    if ("cause" in opened) {
      this.lost(opened.cause);
      return null;
    }
    const camera = opened.camera;
    this.camera = camera;
    camera.track.addEventListener("ended", () => {
      if (this.camera === camera && !document.hidden) this.lost("busy");
    });
    const video = this.video();
    video.srcObject = camera.stream;
    // Where it may not, it begins by itself, or when the person presses the button.
    await video.play().catch(() => undefined);
    return camera;
  }

  protected async listCameras(): Promise<void> {
    const all = await Camera.all();
    this.cameras().replaceChildren(...all.map((d, i) => {
      const option = new Option(d.label !== "" ? d.label : `${i + 1}`, d.deviceId);
      option.selected = d.deviceId === this.camera?.id;
      return option;
    }));
    this.part("picker").hidden = all.length < 2;
  }

  protected cameras(): HTMLSelectElement {
    return this.part("cameras") as HTMLSelectElement;
  }

  protected video(): HTMLVideoElement {
    return this.part("video") as HTMLVideoElement;
  }

  protected part(name: string): HTMLElement {
    const element = this.dialog.querySelector<HTMLElement>(`[data-cam="${name}"]`);
    if (element === null) throw new Error(`camera without ${name}`);
    return element;
  }
}
