/** What became of one upload. */
export type Answer =
  | { readonly kind: "next"; readonly url: string }
  | { readonly kind: "again"; readonly code: "network" | "busy"; readonly after: number }
  | { readonly kind: "refused"; readonly code: string; readonly text: string };

/**
 * Turns an HTTP answer into what to do next. Status 0 is a lost connection. What the server may say
 * differently a moment later (408, 429, 5xx but 501 and 507) is worth another try.
 */
export function readAnswer(status: number, body: string, retryAfter: string | null): Answer {
  if (status === 0) return { kind: "again", code: "network", after: 0 };
  if (status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 507)) {
    return { kind: "again", code: status === 408 ? "network" : "busy", after: seconds(retryAfter) };
  }
  const value = parse(body);
  if (status >= 200 && status < 300) {
    const next = value["next"];
    if (typeof next === "string" && next.startsWith("/") && !next.startsWith("//")) {
      return { kind: "next", url: next };
    }
    return { kind: "refused", code: "internal", text: "" };
  }
  const errors = value["errors"];
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (typeof first === "object" && first !== null) {
    const e = first as Record<string, unknown>;
    return {
      kind: "refused",
      code: typeof e["code"] === "string" ? e["code"] : "internal",
      text: typeof e["description"] === "string" ? e["description"] : "",
    };
  }
  return { kind: "refused", code: status === 413 ? "too_large" : "internal", text: "" };
}

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function seconds(header: string | null): number {
  const n = Number(header);
  return header !== null && Number.isFinite(n) && n > 0 ? Math.min(n, 60) : 0;
}
