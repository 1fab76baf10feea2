/**
 * Starts an identity check from any page: no server of one's own is needed, only a publishable key that
 * is bound to the page's origin. The check runs in the installation this script was loaded from.
 */

/** Where the pages are shown. */
export type Mode = "modal" | "redirect" | "mount";

/** What the check is to be. Only `key` is needed. */
export interface Options {
  /** Publishable key of the merchant. */
  key: string;
  /** Address of the installation; default: where this script came from. */
  base?: string;
  /** Default `modal`; with `mount`, `element` holds the pages. */
  mode?: Mode;
  /** Where the pages go in mode `mount`: an element or a selector. */
  element?: Element | string;
  /** Language of the pages, such as `de`; default: the browser's. */
  locale?: string;
  /** The page's own id for this check; comes back in the outcome. */
  relayState?: string;
  /** Such as `["document", "selfie"]`; default: the merchant's. */
  analysisTypes?: string[];
  /** Where the browser goes at the end in mode `redirect`; default: this page. */
  target?: string;
  /** Words of the button that closes the modal; default `Close`. */
  closeLabel?: string;
  onReady?: (session: Started) => void;
  onFinish?: (outcome: Outcome) => void;
  onCancel?: (outcome: Outcome) => void;
  onError?: (error: IDProofError) => void;
}

/** A check that has begun. */
export interface Started {
  id: string;
  relayState: string;
}

/** How a check ended for the person. The page's server asks the API for what it may rely on. */
export interface Outcome extends Started {
  /** Accepted, Declined, Review, Failed, Timeout or Cancelled. */
  status: string;
}

/** Why there is no check. `code` is that of the API, or `NETWORK`, `OPTIONS`. */
export class IDProofError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "IDProofError";
    this.code = code;
  }
}

/** A running check: a promise of its outcome that can be stopped. */
export interface Check extends Promise<Outcome> {
  /** Takes the pages away. The session stays open until it expires. */
  close(): void;
}

const script = typeof document === "undefined" ? null : document.currentScript;
const own = script instanceof HTMLScriptElement && script.src !== "" ? new URL(script.src).origin : "";

/** How long the pages may stay silent in a frame before they are opened as a page of their own. */
const patience = 8000;

/** Starts a check. The promise fails with an {@link IDProofError} only. */
export function start(options: Options): Check {
  let close = (): void => undefined;
  const outcome = run(options, (f) => { close = f; }).catch((e: unknown) => {
    const error = e instanceof IDProofError ? e : new IDProofError("NETWORK", "The service cannot be reached.");
    options.onError?.(error);
    throw error;
  });
  return Object.assign(outcome, { close: () => close() });
}

async function run(o: Options, onClose: (close: () => void) => void): Promise<Outcome> {
  const base = (o.base ?? own).replace(/\/+$/, "");
  const mode = o.mode ?? "modal";
  const place = typeof o.element === "string" ? document.querySelector(o.element) : o.element;
  if (!o.key || base === "") throw new IDProofError("OPTIONS", "key, and base where the script is bundled, must be given.");
  if (mode === "mount" && !place) throw new IDProofError("OPTIONS", "mode mount needs an element that is there.");

  // A way back is always given: frames may have to become a page.
  const target = o.target ?? location.href.split("#")[0]!;
  const answer = await fetch(`${base}/v3/scanning`, {
    method: "POST",
    headers: { Authorization: o.key, "Content-Type": "application/json" },
    body: JSON.stringify({ locale: o.locale, relay_state: o.relayState, analysis_types: o.analysisTypes, target }),
    credentials: "omit",
  });
  const body = (await answer.json()) as { id: string; redirect_url: string; errors?: { code: string; description: string }[] };
  if (!answer.ok) {
    const first = body.errors?.[0];
    throw new IDProofError(first?.code ?? "INTERNAL", first?.description ?? `The service answers ${answer.status}.`);
  }
  const session: Started = { id: body.id, relayState: o.relayState ?? body.id };
  if (mode === "redirect") {
    o.onReady?.(session);
    location.assign(body.redirect_url);
    return new Promise(() => undefined); // this page ends here
  }
  return show(body.redirect_url, session, o, mode === "mount" ? place! : null, onClose);
}

function show(url: string, session: Started, o: Options, place: Element | null, onClose: (close: () => void) => void): Promise<Outcome> {
  return new Promise((resolve) => {
    const origin = new URL(url).origin;
    const frame = document.createElement("iframe");
    frame.src = url;
    frame.allow = "camera; fullscreen; clipboard-write";
    frame.title = "IDProof";
    frame.style.cssText = "border:0;width:100%;height:100%;min-height:40rem;display:block;color-scheme:normal";
    let dialog: HTMLDialogElement | undefined;
    let silent = 0;
    const end = (): void => {
      clearTimeout(silent);
      removeEventListener("message", hear);
      frame.remove();
      dialog?.close();
      dialog?.remove();
    };
    const finish = (status: string): void => {
      end();
      const outcome: Outcome = { ...session, status };
      (status === "Cancelled" ? o.onCancel : o.onFinish)?.(outcome);
      dispatchEvent(new CustomEvent("idproof", { detail: outcome }));
      resolve(outcome);
    };
    const hear = (event: MessageEvent): void => {
      if (event.origin !== origin || event.source !== frame.contentWindow) return;
      const data = event.data as { type?: string; id?: string; status?: string } | null;
      if (data?.type === "idproof.ready") {
        if (silent !== 0) o.onReady?.(session);
        clearTimeout(silent);
        silent = 0;
      }
      if (data?.type === "idproof.session" && data.id === session.id) finish(data.status ?? "");
    };
    addEventListener("message", hear);
    // A browser that keeps no cookies in frames never gets past the door: go there as a page.
    silent = window.setTimeout(() => { location.assign(url); }, patience);
    onClose(() => finish("Cancelled"));
    if (place !== null) {
      place.replaceChildren(frame);
      return;
    }
    dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", "IDProof");
    dialog.style.cssText = "padding:0;border:0;border-radius:16px;width:min(44rem,100vw);height:min(56rem,100dvh);max-width:100vw;max-height:100dvh;overflow:hidden;background:#fff";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", o.closeLabel ?? "Close");
    button.style.cssText = "position:absolute;inset-block-start:4px;inset-inline-end:4px;width:44px;height:44px;border:0;border-radius:50%;background:#fff;color:#14182a;font:24px/1 sans-serif;cursor:pointer";
    button.addEventListener("click", () => finish("Cancelled"));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault(); // Escape
      finish("Cancelled");
    });
    dialog.append(frame, button);
    document.body.append(dialog);
    dialog.showModal();
    button.focus(); // Escape is heard here, not in the frame
  });
}

/** What the address of this page says after mode `redirect`; null when it says nothing. */
export function outcome(address: string = location.href): Outcome | null {
  const q = new URL(address).searchParams;
  const id = q.get("id");
  const status = q.get("status");
  return id === null || status === null ? null : { id, status, relayState: q.get("relay_state") ?? id };
}

/** Every element with `data-idproof-key` starts a check when it is pressed. */
function listen(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-idproof-key]") : null;
    if (button === null) return;
    const d = button.dataset;
    const options: Options = { key: d["idproofKey"]! };
    if (d["idproofMode"]) options.mode = d["idproofMode"] as Mode;
    if (d["idproofElement"]) options.element = d["idproofElement"];
    if (d["idproofLocale"]) options.locale = d["idproofLocale"];
    if (d["idproofRelayState"]) options.relayState = d["idproofRelayState"];
    if (d["idproofAnalysisTypes"]) options.analysisTypes = d["idproofAnalysisTypes"].split(/[\s,]+/);
    if (d["idproofTarget"]) options.target = d["idproofTarget"];
    button.setAttribute("aria-busy", "true");
    start({ ...options, onError: (error) => { dispatchEvent(new CustomEvent("idproof-error", { detail: error })); } })
      .catch(() => undefined)
      .finally(() => button.removeAttribute("aria-busy"));
  });
}

if (script !== null) listen();
