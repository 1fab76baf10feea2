import { describe, expect, it } from "vitest";
import { readAnswer } from "../src/flow/answer";
import { backoff } from "../src/flow/backoff";
import { longDate, regional } from "../src/flow/dates";
import { extension, fileProblem, mayPreview, readableSize } from "../src/flow/files";
import { destination, forward, parseLive } from "../src/flow/live";
import { fill } from "../src/flow/texts";

describe("fileProblem", () => {
  const max = 1000;
  it.each([
    ["a JPEG", { name: "a.jpg", type: "image/jpeg", size: 1 }, null],
    ["capitals in the ending", { name: "IMG_1.HEIC", type: "", size: 1 }, null],
    ["an image type without a name that tells", { name: "blob", type: "image/png", size: 1 }, null],
    ["neither type nor ending", { name: "image", type: "", size: 1 }, null],
    ["a PDF", { name: "scan.pdf", type: "application/pdf", size: 1 }, null],
    ["exactly the limit", { name: "a.png", type: "image/png", size: 1000 }, null],
    ["one byte more", { name: "a.png", type: "image/png", size: 1001 }, "too_large"],
    ["nothing in it", { name: "a.png", type: "image/png", size: 0 }, "empty"],
    ["a text", { name: "a.txt", type: "text/plain", size: 1 }, "unsupported"],
    ["an ending nobody knows", { name: "a.xyz", type: "", size: 1 }, "unsupported"],
    ["a drawing with scripts in it", { name: "a.svg", type: "image/svg+xml", size: 1 }, "unsupported"],
  ])("%s", (_, file, want) => expect(fileProblem(file, max)).toBe(want));

  it("reads endings", () => {
    expect(extension("a.b.JPG")).toBe("jpg");
    expect(extension("a")).toBe("");
  });

  it("does not try to draw a PDF", () => {
    expect(mayPreview({ name: "x", type: "application/pdf", size: 1 })).toBe(false);
    expect(mayPreview({ name: "x.PDF", type: "", size: 1 })).toBe(false);
    expect(mayPreview({ name: "x.jpg", type: "image/jpeg", size: 1 })).toBe(true);
  });

  it("says sizes in the reader's way", () => {
    expect(readableSize(2.5 * 1024 * 1024, "de")).toBe("2,5 MB");
    expect(readableSize(25.4 * 1024 * 1024, "en")).toBe("25 MB");
    expect(readableSize(10, "en")).toBe("0.1 MB");
  });
});

describe("backoff", () => {
  it("doubles up to its most", () => {
    expect([0, 1, 2, 3, 4, 9].map((n) => backoff(n, 0))).toEqual([1, 2, 4, 8, 15, 15]);
  });
  it("spreads by a quarter at most", () => {
    expect(backoff(2, 1)).toBe(5);
  });
});

describe("readAnswer", () => {
  it("follows the server", () => {
    expect(readAnswer(200, '{"next":"/verify/1/back"}', null)).toEqual({ kind: "next", url: "/verify/1/back" });
  });
  it.each(["//evil.example/", "https://evil.example/", "javascript:alert(1)", 7])("does not follow %s", (next) => {
    expect(readAnswer(200, JSON.stringify({ next }), null).kind).toBe("refused");
  });
  it.each([
    [0, "network"], [408, "network"], [429, "busy"], [500, "busy"], [502, "busy"], [503, "busy"], [504, "busy"],
  ])("tries again after %i", (status, code) => {
    expect(readAnswer(status, "", "7")).toEqual({ kind: "again", code, after: status === 0 ? 0 : 7 });
  });
  it("does not wait for ever", () => {
    expect(readAnswer(503, "", "86400")).toMatchObject({ after: 60 });
    expect(readAnswer(503, "", "Wed, 21 Oct 2026 07:28:00 GMT")).toMatchObject({ after: 0 });
  });
  it("passes the server's words on", () => {
    const body = '{"errors":[{"code":"unsupported","description":"Kein Bild"}]}';
    expect(readAnswer(415, body, null)).toEqual({ kind: "refused", code: "unsupported", text: "Kein Bild" });
  });
  it("lives with an answer from a proxy", () => {
    expect(readAnswer(413, "<html>", null)).toEqual({ kind: "refused", code: "too_large", text: "" });
    expect(readAnswer(403, "", null)).toEqual({ kind: "refused", code: "internal", text: "" });
    expect(readAnswer(200, "<html>", null)).toEqual({ kind: "refused", code: "internal", text: "" });
  });
});

describe("live", () => {
  it("reads a message", () => {
    expect(parseLive('{"page":"/verify/1/check","revision":"4","progress":0.5,"label":"Reading"}')).toEqual({
      page: "/verify/1/check", revision: "4", progress: 0.5, label: "Reading", begun: false,
    });
  });
  it.each(["", "null", "[]", "{", '{"page":1,"revision":"1"}', '{"page":"//x","revision":"1"}', '{"page":"http://x","revision":"1"}'])(
    "refuses %s", (text) => expect(parseLive(text)).toBeNull());
  it("keeps progress between 0 and 1", () => {
    expect(parseLive('{"page":"/a","revision":"1","progress":7}')?.progress).toBe(1);
    expect(parseLive('{"page":"/a","revision":"1","progress":-7}')?.progress).toBe(0);
    expect(parseLive('{"page":"/a","revision":"1","progress":"x"}')?.progress).toBe(0);
  });
  it("never runs backwards", () => {
    expect(forward(0.5, 0.2)).toBe(0.5);
    expect(forward(0.5, 0.7)).toBe(0.7);
  });

  const live = { page: "/verify/1/check", revision: "4", progress: 0, label: "", begun: true };
  it("goes where the session is", () => {
    expect(destination({ path: "/verify/1/front", revision: "3", busy: false, follow: false }, live)).toBe("/verify/1/check");
  });
  it("stays while nothing changed: the back button is a wish", () => {
    expect(destination({ path: "/verify/1/front", revision: "4", busy: false, follow: false }, live)).toBeNull();
  });
  it("stays on the right page", () => {
    expect(destination({ path: "/verify/1/check", revision: "3", busy: false, follow: false }, live)).toBeNull();
  });
  it("looks on while a phone does the work", () => {
    const here = { path: "/verify/1/device", revision: "3", busy: false, follow: true };
    expect(destination(here, { ...live, page: "/verify/1/front" })).toBeNull();
    expect(destination(here, live)).toBe("/verify/1/check");
  });
  it("does not throw a chosen picture away", () => {
    expect(destination({ path: "/verify/1/front", revision: "3", busy: true, follow: false }, live)).toBeNull();
  });
});

describe("fill", () => {
  it("fills places", () => expect(fill("{n} of {total}", { n: 1, total: "3" })).toBe("1 of 3"));
  it("leaves unknown places to be seen", () => expect(fill("{a}", {})).toBe("{a}"));
});

describe("dates", () => {
  it("are written in the reader's way", () => {
    expect(longDate("1974-08-12", "en-GB")).toBe("12 August 1974");
    expect(longDate("1974-08-12", "de")).toBe("12. August 1974");
  });
  it.each(["1974", "1974-08", "", "1974-13-40", "x"])("are left alone when not complete: %s", (iso) =>
    expect(longDate(iso, "en")).toBeNull());
  it("keep the reader's region", () => {
    expect(regional("en", ["de-AT", "en-GB", "en-US"])).toBe("en-GB");
    expect(regional("de", ["en-GB"])).toBe("de");
  });
});
