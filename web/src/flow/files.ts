/** What the browser can tell about a file before it is sent. The server decides; this only spares a wasted upload. */
export type FileProblem = "empty" | "too_large" | "unsupported";

export interface FileFacts {
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

const extensions = new Set([
  "jpg", "jpeg", "jpe", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "pdf",
]);

/** The lower-case extension without its dot, "" when there is none. */
export function extension(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
}

/** The first reason why a file cannot be taken, or null. A file without type and extension passes: some phones give neither. */
export function fileProblem(file: FileFacts, maxBytes: number): FileProblem | null {
  if (file.size === 0) return "empty";
  if (file.size > maxBytes) return "too_large";
  const type = file.type.toLowerCase();
  const ext = extension(file.name);
  if (extensions.has(ext) || type === "application/pdf") return null;
  if (type.startsWith("image/") && type !== "image/svg+xml") return null;
  return type === "" && ext === "" ? null : "unsupported";
}

/** Whether the browser may be able to draw the file; a failed load says the rest. */
export function mayPreview(file: FileFacts): boolean {
  return file.type.toLowerCase() !== "application/pdf" && extension(file.name) !== "pdf";
}

/** A size for people: one decimal below ten megabytes, in the page's language. */
export function readableSize(bytes: number, locale: string): string {
  const megabytes = bytes / (1024 * 1024);
  const digits = megabytes < 10 ? 1 : 0;
  const amount = Math.max(megabytes, 0.1);
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(amount)} MB`;
}
