import "./style.css";
import "../liveness/style.css";
import { longDate, regional } from "./dates";
import { EmbedElement } from "./embed-element";
import { HandoffElement } from "./handoff-element";
import { LivenessElement } from "../liveness/liveness-element";
import { SessionElement } from "./session-element";
import { UploadElement } from "./upload-element";

// Upload first: the session looks inside itself for a running one.
customElements.define("idp-upload", UploadElement);
customElements.define("idp-liveness", LivenessElement);
customElements.define("idp-session", SessionElement);
customElements.define("idp-embed", EmbedElement);
customElements.define("idp-handoff", HandoffElement);

// The server offers the way to a phone where the page is not on one.
const device = document.querySelector<HTMLInputElement>("[data-device]");
if (device !== null) device.value = window.matchMedia("(pointer: coarse)").matches ? "touch" : "large";

// Dates are written in the reader's own way; without this script they stay ISO 8601.
for (const time of document.querySelectorAll<HTMLTimeElement>("time[data-date]")) {
  time.textContent = longDate(time.dateTime, regional(document.documentElement.lang, navigator.languages)) ?? time.dateTime;
}

// The list of languages closes like any menu: with Escape, or by going elsewhere.
const languages = document.querySelector<HTMLDetailsElement>("details.lang");
if (languages !== null) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !languages.open) return;
    languages.open = false;
    languages.querySelector("summary")?.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    if (event.target instanceof Node && !languages.contains(event.target)) languages.open = false;
  });
}
