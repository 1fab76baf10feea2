/** Fills `{name}` places of a text. A place without a value stays as it is, so that a mistake is seen. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    return value === undefined ? place : String(value);
  });
}

/** The texts which the server put into the page for its script, in the page's language. */
export function pageTexts(root: ParentNode): (key: string) => string {
  const element = root.querySelector("script[type='application/json'][data-texts]");
  let texts: Record<string, string> = {};
  try {
    texts = JSON.parse(element?.textContent ?? "{}") as Record<string, string>;
  } catch {
    // Without texts the page still works; the server's own words are in its markup.
  }
  return (key) => texts[key] ?? "";
}
