/**
 * Tells the page that embeds this one how the session ended, once, and only to the origins which the
 * merchant allows (attribute `origins`, separated by spaces; never `*`).
 *
 * Attributes: `origins`, `session`, `relay-state`, `status`.
 */
export class EmbedElement extends HTMLElement {
  connectedCallback(): void {
    if (window.parent === window) return;
    const message = {
      type: "idproof.session",
      id: this.getAttribute("session") ?? "",
      relay_state: this.getAttribute("relay-state") ?? "",
      status: this.getAttribute("status") ?? "",
    };
    for (const origin of (this.getAttribute("origins") ?? "").split(" ")) {
      if (origin === "" || origin === "*") continue;
      // The browser delivers only where the embedding page really is of that origin.
      window.parent.postMessage(message, origin);
    }
  }
}
