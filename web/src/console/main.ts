import "./style.css";

// What is shown once gets a button to copy it, where browsers allow that.
if (window.isSecureContext) {
  for (const code of document.querySelectorAll<HTMLElement>("[data-copy]")) {
    const { copy = "", copied = "", refused = "" } = code.dataset;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = copy;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent ?? "");
        button.textContent = copied;
      } catch {
        button.textContent = refused;
      }
      window.setTimeout(() => { button.textContent = copy; }, 2000);
    });
    code.after(button);
  }
}
