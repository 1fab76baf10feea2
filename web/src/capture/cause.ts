/** Why there is no live picture. Each has words that say what to do (locales, `camera.cause.*`). */
export type Cause = "insecure" | "frame" | "denied" | "none" | "busy" | "unsupported" | "failed";

/** What the browser can tell before anything is asked of the person. */
export interface Surroundings {
  readonly secure: boolean;
  readonly supported: boolean;
  /** Whether the page may ask for the camera; false in a frame whose page did not allow it; null: unknown. */
  readonly allowed: boolean | null;
  readonly framed: boolean;
}

/** The cause that is known before trying, or null. */
export function knownCause(at: Surroundings): Cause | null {
  if (!at.secure) return "insecure";
  if (!at.supported) return "unsupported";
  if (at.allowed === false) return at.framed ? "frame" : "denied";
  return null;
}

/** The cause behind an error of getUserMedia (Media Capture and Streams, section 10.2). */
export function causeOf(error: unknown, at: Surroundings): Cause {
  const known = knownCause(at);
  if (known !== null) return known;
  const name = typeof error === "object" && error !== null && "name" in error ? String(error.name) : "";
  const message = typeof error === "object" && error !== null && "message" in error ? String(error.message) : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
    case "PermissionDeniedError":
      return at.framed && /polic/i.test(message) ? "frame" : "denied";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "busy";
    case "TypeError":
      return "unsupported";
  }
  return "failed";
}
