import { type Cause, causeOf, knownCause, type Surroundings } from "./cause";

/** Which way the camera should look. */
export type Facing = "environment" | "user";

interface Policy {
  allowsFeature(name: string): boolean;
}

/** What this page may do, found without asking the person anything. */
export function surroundings(): Surroundings {
  const policy = (document as { permissionsPolicy?: Policy; featurePolicy?: Policy }).permissionsPolicy
    ?? (document as { featurePolicy?: Policy }).featurePolicy;
  return {
    secure: window.isSecureContext,
    supported: typeof navigator.mediaDevices?.getUserMedia === "function",
    allowed: policy === undefined ? null : policy.allowsFeature("camera"),
    framed: window.parent !== window,
  };
}

/** Whether it makes sense to offer a live camera at all; browsers tell of cameras before they name them. */
export async function hasCamera(): Promise<boolean> {
  if (knownCause(surroundings()) !== null) return false;
  try {
    return (await navigator.mediaDevices.enumerateDevices()).some((d) => d.kind === "videoinput");
  } catch {
    return false;
  }
}

/** A camera that is running, or why it is not. */
export type Opened = { readonly camera: Camera } | { readonly cause: Cause };

const remembered = "idproof.camera";

/** One running camera, with its light where it has one. */
export class Camera {
  readonly stream: MediaStream;
  readonly track: MediaStreamTrack;

  private constructor(stream: MediaStream, track: MediaStreamTrack) {
    this.stream = stream;
    this.track = track;
  }

  /** Asks for a camera: that of `id`, else the one chosen before, else one that looks the right way. */
  static async open(facing: Facing, id?: string): Promise<Opened> {
    const at = surroundings();
    const known = knownCause(at);
    if (known !== null) return { cause: known };
    const device = id ?? stored(facing);
    // As much both ways, because phones are held upright or not: the print of a document wants pixels.
    const ideal = facing === "user" ? 1280 : 2048;
    const size = { width: { ideal }, height: { ideal } };
    const wishes: MediaTrackConstraints[] = [{ ...size, facingMode: { ideal: facing } }, {}];
    if (device !== undefined) wishes.unshift({ ...size, deviceId: { exact: device } });
    let error: unknown;
    for (const video of wishes) {
      try {
        const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
        const track = stream.getVideoTracks()[0];
        if (track === undefined) return { cause: "none" };
        if (id !== undefined) store(facing, id);
        return { camera: new Camera(stream, track) };
      } catch (e) {
        error = e;
        // Only wishes that this camera cannot fulfil are worth another try.
        if (!(e instanceof Error) || e.name !== "OverconstrainedError") break;
      }
    }
    return { cause: causeOf(error, at) };
  }

  /** The cameras to choose from; names are known once one of them runs. */
  static async all(): Promise<MediaDeviceInfo[]> {
    return (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === "videoinput" && d.deviceId !== "");
  }

  get id(): string {
    return this.track.getSettings().deviceId ?? "";
  }

  get hasTorch(): boolean {
    const can = this.track.getCapabilities?.() as { torch?: boolean } | undefined;
    return can?.torch === true;
  }

  /** Switches the light; false when the camera would not. */
  async torch(on: boolean): Promise<boolean> {
    try {
      await this.track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
      return true;
    } catch {
      return false;
    }
  }

  stop(): void {
    for (const track of this.stream.getTracks()) track.stop();
  }
}

// Storage may be blocked in a frame; the choice is then forgotten.
function stored(facing: Facing): string | undefined {
  try {
    return sessionStorage.getItem(`${remembered}.${facing}`) ?? undefined;
  } catch {
    return undefined;
  }
}

function store(facing: Facing, id: string): void {
  try {
    sessionStorage.setItem(`${remembered}.${facing}`, id);
  } catch {
    // Forgotten, then.
  }
}
