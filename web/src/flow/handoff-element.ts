/** How often the link is made anew, in ms, so that a code on an old screen still opens. */
const fresh = 5 * 60_000;

/**
 * The ways to a phone: keeps code and link fresh, and copies the link. Without this script the code, the
 * link in its field and the text message work all the same.
 *
 * Attribute: `address` (answers with a new link).
 */
export class HandoffElement extends HTMLElement {
  private timer: number | undefined;

  connectedCallback(): void {
    this.timer = window.setInterval(() => void this.refresh(), fresh);
    const copy = this.querySelector<HTMLButtonElement>("[data-copy]");
    if (copy === null || navigator.clipboard === undefined) return;
    copy.hidden = false;
    copy.addEventListener("click", () => void this.copy());
  }

  disconnectedCallback(): void {
    window.clearInterval(this.timer);
  }

  private async copy(): Promise<void> {
    const field = this.querySelector<HTMLInputElement>("[data-link]");
    const said = this.querySelector<HTMLElement>("[data-copied]");
    if (field === null || said === null) return;
    try {
      await navigator.clipboard.writeText(field.value);
      said.hidden = false;
    } catch {
      field.select(); // then the person copies it
    }
  }

  private async refresh(): Promise<void> {
    try {
      const answer = await fetch(this.getAttribute("address") ?? "", { headers: { Accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) return;
      const { link, box, path } = (await answer.json()) as Record<string, string>;
      if (link === undefined || box === undefined || path === undefined) return;
      const code = this.querySelector("[data-code]");
      code?.setAttribute("viewBox", box);
      code?.querySelector("path")?.setAttribute("d", path);
      const field = this.querySelector<HTMLInputElement>("[data-link]");
      if (field !== null) field.value = link;
    } catch {
      // The old one still works; the next turn tries again.
    }
  }
}
