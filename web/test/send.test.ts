import { describe, expect, it } from "vitest";
import { pieceSize, type Post, Transfer } from "../src/flow/send";

const address = { form: "/front", part: "/part" };
const file = (size: number): File => new File([new Uint8Array(size)], "x.jpg", { type: "image/jpeg" });

/** A server that answers one after the other, and remembers what came. */
function server(answers: readonly (readonly [number, string])[]): { post: Post; came: string[] } {
  const came: string[] = [];
  const post: Post = (url, body, progress) => {
    const next = answers[came.length];
    if (next === undefined) throw new Error("asked too often");
    came.push(body instanceof FormData ? `${url} ${String(body.get("parts") ?? "whole")}` : `${url} ${body.size}`);
    progress(body instanceof FormData ? 1 : body.size);
    return Promise.resolve({ status: next[0], body: next[1], retryAfter: null });
  };
  return { post, came };
}

describe("Transfer", () => {
  it("sends a small picture whole", async () => {
    const { post, came } = server([[200, `{"next":"/check"}`]]);
    expect(await new Transfer(address, file(10), {}, post).attempt(() => undefined)).toEqual({ kind: "next", url: "/check" });
    expect(came).toEqual(["/front whole"]);
  });

  it("goes on with the piece that was under way", async () => {
    const { post, came } = server([
      [200, `{"part":"a"}`], [0, ""], [200, `{"part":"b"}`], [200, `{"part":"c"}`], [0, ""], [200, `{"next":"/check"}`],
    ]);
    const transfer = new Transfer(address, file(2 * pieceSize + 5), {}, post);
    const shown: number[] = [];
    for (const want of ["again", "again", "next"]) {
      expect((await transfer.attempt((part) => shown.push(part))).kind).toBe(want);
    }
    expect(came).toEqual([`/part ${pieceSize}`, `/part ${pieceSize}`, `/part ${pieceSize}`, "/part 5", "/front a b c", "/front a b c"]);
    expect(Math.max(...shown)).toBe(1);
  });

  it("begins anew when the server has forgotten a piece", async () => {
    const { post, came } = server([
      [200, `{"part":"a"}`], [200, `{"part":"b"}`], [400, `{"errors":[{"code":"interrupted","description":""}]}`],
      [200, `{"part":"c"}`], [200, `{"part":"d"}`], [200, `{"next":"/check"}`],
    ]);
    const transfer = new Transfer(address, file(pieceSize + 1), {}, post);
    expect(await transfer.attempt(() => undefined)).toEqual({ kind: "again", code: "network", after: 0 });
    expect((await transfer.attempt(() => undefined)).kind).toBe("next");
    expect(came[5]).toBe("/front c d");
  });

  it("tells what the server refuses", async () => {
    const { post } = server([[413, `{"errors":[{"code":"too_large","description":"Too large."}]}`]]);
    expect(await new Transfer(address, file(pieceSize + 1), {}, post).attempt(() => undefined))
      .toEqual({ kind: "refused", code: "too_large", text: "Too large." });
  });
});
