import "./style.css";

// Code that a developer will want to paste gets a button for it.
if (window.isSecureContext) {
  for (const block of document.querySelectorAll<HTMLElement>(".code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(block.querySelector("pre")?.textContent ?? "");
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed";
      }
      window.setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    block.append(button);
  }
}
