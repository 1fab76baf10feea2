import { pageTexts } from "../flow/texts";

/**
 * The page on which a person moves as asked before the camera. Without this script, or without a
 * camera, the page's other ways remain: another device, or going on without.
 *
 * Attributes: `action` (address of the page), `stored` (a recording is at the server already).
 */
export class LivenessElement extends HTMLElement {
  /** True from the start of the camera on, so that news from elsewhere does not take the page away. */
  busy = false;

  private readonly text = pageTexts(document);

  connectedCallback(): void {
    this.classList.add("live");
    this.piece("open").addEventListener("click", () => void this.record());
    this.querySelector("[data-part=again]")?.addEventListener("click", () => {
      this.show("ready");
      this.piece("open").focus();
    });
    this.show(this.hasAttribute("stored") ? "stored" : "ready");
  }

  private async record(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem("");
    try {
      const { record } = await import("./recorder");
      const ended = await record(this.piece("live") as HTMLDialogElement, this.getAttribute("action") ?? "", this.text);
      if (ended !== null && "next" in ended) {
        window.location.assign(ended.next); // still busy: news of the session must not overtake this
        return;
      }
      if (ended !== null && "cause" in ended) {
        this.problem(this.text(`liveness.cause.${ended.cause}`));
        const without = this.querySelector<HTMLDetailsElement>(".without");
        if (without !== null) without.open = true;
      } else if (ended !== null) {
        this.problem(ended.problem);
      }
    } catch {
      this.problem(this.text("liveness.network")); // the script did not arrive
    }
    this.busy = false;
    this.piece("open").focus();
  }

  private show(view: string): void {
    for (const section of this.querySelectorAll<HTMLElement>("[data-view]")) section.hidden = section.dataset["view"] !== view;
  }

  private problem(words: string): void {
    const place = this.piece("problem");
    place.textContent = words;
    place.hidden = words === "";
  }

  private piece(name: string): HTMLElement {
    const element = this.querySelector<HTMLElement>(`[data-part="${name}"]`);
    if (element === null) throw new Error(`liveness without ${name}`);
    return element;
  }
}
