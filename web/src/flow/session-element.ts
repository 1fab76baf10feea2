import { destination, forward, type Live } from "./live";
import type { LivenessElement } from "../liveness/liveness-element";
import type { UploadElement } from "./upload-element";
import { watch } from "./watch";

/**
 * Wraps a page of a running session and keeps it in step with the server: another tab or device may
 * have moved on, the analysis makes progress, the session ends.
 *
 * Attributes: `events`, `state` (addresses), `revision` (of the session when the page was made), `follow`
 * (another device does the work; this page looks on).
 */
export class SessionElement extends HTMLElement {
  private stop: (() => void) | undefined;
  private shown = 0;
  private slow: number | undefined;

  connectedCallback(): void {
    const events = this.getAttribute("events");
    const state = this.getAttribute("state");
    if (events === null || state === null) return;
    this.stop = watch({ events, state }, (live) => this.heard(live), (yes) => this.connection(yes));
    const patience = this.querySelector<HTMLElement>("[data-slow]");
    if (patience !== null) this.slow = window.setTimeout(() => { patience.hidden = false; }, 20_000);
    // A page out of the browser's back-forward memory is as old as it is: ask again.
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) window.location.reload();
    });
    window.addEventListener("pagehide", () => this.disconnectedCallback());
    // The answer to a form says where to go; news of what it caused must not overtake it.
    this.addEventListener("submit", (event) => {
      if (!event.defaultPrevented) this.disconnectedCallback();
    });
  }

  disconnectedCallback(): void {
    this.stop?.();
    this.stop = undefined;
    window.clearTimeout(this.slow);
  }

  private heard(live: Live): void {
    const busy = [...this.querySelectorAll("idp-upload, idp-liveness")].some((e) => (e as UploadElement | LivenessElement).busy);
    const revision = this.getAttribute("revision") ?? "";
    const follow = this.hasAttribute("follow");
    const url = destination({ path: window.location.pathname, revision, busy, follow }, live);
    if (url !== null) {
      this.disconnectedCallback();
      window.location.replace(url);
      return;
    }
    const connected = this.querySelector<HTMLElement>("[data-connected]");
    if (connected !== null) connected.hidden = !live.begun;
    const bar = this.querySelector<HTMLProgressElement>("progress[data-analysis]");
    if (bar !== null) {
      this.shown = forward(this.shown, live.progress);
      bar.value = this.shown * 100;
    }
    const label = this.querySelector<HTMLElement>("[data-label]");
    if (label !== null && live.label !== "" && label.textContent !== live.label) label.textContent = live.label;
  }

  private connection(yes: boolean): void {
    const lost = this.querySelector<HTMLElement>("[data-lost]");
    if (lost !== null) lost.hidden = yes;
  }
}
