// The WebSDK on a page of another origin: its sample, with address and key put in.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { call, desktop, inspect, missing, openPage, root, start, startBrowser, startProduct } from "./harness.js";

describe("WebSDK", { skip: missing, timeout: 200_000 }, () => {
  let product, browser, shop, passport;
  const ends = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  before(async () => {
    const suite = { after: (end) => ends.push(end) };
    product = await startProduct(suite);
    ({ browser } = await startBrowser(suite));
    const { body: made } = await call(product, "POST", "/v3/merchant/keys", { kind: "publishable" });
    assert.ok(made.key, JSON.stringify(made));
    const sample = (await readFile(path.join(root, "sdk", "sample.html"), "utf8"))
      .replaceAll("http://127.0.0.1:8080", product.base).replaceAll("idp_pub_…", made.key);
    const server = createServer((_, response) => response.writeHead(200, { "Content-Type": "text/html" }).end(sample)).listen(0);
    await once(server, "listening");
    ends.push(() => new Promise((done) => { server.close(done); server.closeAllConnections(); }));
    shop = (host) => `http://${host}:${server.address().port}`;
    await product.setMerchant({ allowed_origins: [shop("127.0.0.1"), shop("localhost")] });
    passport = path.join(product.dir, "passport.jpg");
    await writeFile(passport, Buffer.from(await (await fetch(`${product.base}/demo/specimen/passport.jpg`)).arrayBuffer()));
  });

  /** Through the pages, in a frame or not. */
  async function through(pages) {
    await pages.getByRole("button", { name: "Start" }).click();
    await pages.getByRole("link", { name: "Continue on this device" }).click();
    await pages.getByRole("button", { name: "Passport" }).click();
    await pages.locator("idp-upload.live").waitFor();
    await pages.locator("[data-part=file-input]").setInputFiles(passport);
    await pages.getByRole("button", { name: "Send this picture" }).click();
  }

  it("is small, and may be loaded from anywhere", async () => {
    const answer = await fetch(`${product.base}/sdk/idproof.js`);
    assert.equal(answer.headers.get("cross-origin-resource-policy"), "cross-origin");
    const size = gzipSync(Buffer.from(await answer.arrayBuffer()), { level: 9 }).length;
    assert.ok(size < 6000, `${size} bytes`);
    assert.match(await (await fetch(`${product.base}/sdk/idproof.d.ts`)).text(), /export declare function start/);
    assert.match(await (await fetch(`${product.base}/sdk/idproof.mjs`)).text(), /export\s*{/);
  });

  it("opens a dialogue from a button, and tells how it ended", async (t) => {
    const page = await openPage(t, browser, desktop);
    await page.goto(shop("127.0.0.1"));
    await page.getByRole("button", { name: "Confirm who you are" }).click();
    await page.frameLocator("iframe").getByRole("heading", { name: "Confirm who you are" }).waitFor();
    assert.deepEqual(await inspect(page, "sdk-dialogue"), []);
    await through(page.frameLocator("iframe"));
    await page.locator("output").filter({ hasText: "order-42: Accepted" }).waitFor({ timeout: 60_000 });
    assert.equal(await page.locator("iframe").count(), 0, "the dialogue is gone");
  });

  it("goes into an element, and can be cancelled from inside", async (t) => {
    const page = await openPage(t, browser, desktop);
    await page.goto(shop("127.0.0.1"));
    await page.getByRole("button", { name: "Confirm it in the page" }).click();
    const pages = page.frameLocator("#place iframe");
    await pages.getByRole("link", { name: "Cancel" }).click();
    await pages.getByRole("button", { name: "Stop the check" }).click();
    await page.locator("output").filter({ hasText: /: Cancelled$/ }).waitFor();
  });

  it("closes with Escape", async (t) => {
    const page = await openPage(t, browser, desktop);
    await page.goto(shop("127.0.0.1"));
    await page.getByRole("button", { name: "Confirm who you are" }).click();
    await page.frameLocator("iframe").getByRole("heading", { name: "Confirm who you are" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("output").filter({ hasText: "order-42: Cancelled" }).waitFor();
  });

  it("becomes a page where frames keep no cookies", async (t) => {
    const page = await openPage(t, browser, desktop, {}, /frame-ancestors 'none'/); // the page without a cookie lets nobody frame it
    await page.goto(shop("localhost")); // another site: cookies of its frames are third-party ones
    await page.getByRole("button", { name: "Confirm who you are" }).click();
    await page.waitForURL(`${product.base}/verify/**`, { timeout: 30_000 });
    await start(page);
    await page.getByRole("button", { name: "Passport" }).click();
    await page.locator("idp-upload.live").waitFor();
    await page.locator("[data-part=file-input]").setInputFiles(passport);
    await page.getByRole("button", { name: "Send this picture" }).click();
    await page.getByRole("link", { name: "Back to" }).click({ timeout: 60_000 });
    await page.locator("output").filter({ hasText: "order-42: Accepted" }).waitFor();
  });

  it("is refused to pages that are not allowed", async (t) => {
    await product.setMerchant({ allowed_origins: [shop("localhost")] });
    const page = await openPage(t, browser, desktop, {}, /blocked by CORS policy/);
    await page.goto(shop("127.0.0.1"));
    await page.getByRole("button", { name: "Confirm who you are" }).click();
    await page.locator("output").filter({ hasText: /NETWORK|UNAUTHORIZED/ }).waitFor();
    assert.equal(await page.locator("iframe").count(), 0);
  });
});
