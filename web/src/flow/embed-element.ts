/**
 * Tells the page that embeds this one that the session is here, or with a `status` how it ended; once on
 * each page, and only to the origins which the merchant allows (attribute `origins`, separated by spaces;
 * never `*`).
 *
 * Attributes: `origins`, `session`, `relay-state`, `status`.
 */
export class EmbedElement extends HTMLElement {
  connectedCallback(): void {
    if (window.parent === window) return;
    const id = this.getAttribute("session") ?? "";
    const status = this.getAttribute("status");
    const message = status === null
      ? { type: "idproof.ready", id }
      : { type: "idproof.session", id, relay_state: this.getAttribute("relay-state") ?? "", status };
    for (const origin of (this.getAttribute("origins") ?? "").split(" ")) {
      if (origin === "" || origin === "*") continue;
      // The browser delivers only where the embedding page really is of that origin.
      window.parent.postMessage(message, origin);
    }
  }
}
