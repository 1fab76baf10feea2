// The ways that people seldom go: a code that grows old, a page without encryption, pictures of other
// kinds, a page loaded anew where it hurts most, and a document where a face was asked for.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import {
  call, desktop, enter, inspect, missing, occupy, openPage, phone, root, start, startBrowser, startProduct,
} from "./harness.js";

describe("seldom ways", { skip: missing, timeout: 300_000 }, () => {
  const at = {};
  const ends = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  before(async () => {
    const scope = { after: (end) => ends.push(end) };
    at.product = await startProduct(scope);
    await at.product.setMerchant({ display_name: "Nordic Rentals", handoff: ["qr", "link"] });
    // A name that is no loopback address: what browsers call insecure without TLS.
    ({ browser: at.browser } = await startBrowser(scope, ["--host-resolver-rules=MAP shop.example 127.0.0.1"]));
    at.passport = path.join(at.product.dir, "passport.jpg");
    await writeFile(at.passport, Buffer.from(await (await fetch(`${at.product.base}/demo/specimen/passport.jpg`)).arrayBuffer()));
  });
  at.begin = async (fields = {}) => {
    const { status, body } = await call(at.product, "POST", "/v3/scanning", { locale: "en", ...fields });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  at.give = async (page, file) => {
    await page.locator("idp-upload.live").waitFor();
    await page.locator("[data-part=file-input]").setInputFiles(file);
    await page.getByRole("button", { name: "Send this picture" }).click();
  };

  /** Loads the page anew, goes back from it and comes again; it must stay the same. */
  async function returns(page) {
    const { url, title } = { url: page.url(), title: await page.getByRole("heading", { level: 1 }).innerText() };
    const stays = async (way) => {
      assert.equal(page.url(), url, way);
      assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), title, way);
    };
    await page.reload();
    await stays("a reload stays");
    await page.goBack();
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await page.getByText(/went wrong|does not work/).count(), 0, `back from ${url}`);
    await page.goto(url);
    await stays("and comes again");
  }

  it("keeps the code for the phone fresh, and copies the link", async (t) => {
    const page = await openPage(t, at.browser, desktop, { permissions: ["clipboard-read", "clipboard-write"] });
    await page.clock.install();
    await page.goto((await at.begin()).redirect_url);
    await page.getByRole("button", { name: "Start" }).click();
    await page.waitForURL("**/device");
    const drawn = () => page.locator("[data-code] path").getAttribute("d");
    const [code, link] = [await drawn(), await page.locator("[data-link]").inputValue()];
    await page.getByRole("button", { name: "Copy" }).click();
    await page.locator("[data-copied]").waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
    await Promise.all([page.waitForResponse((r) => r.url().endsWith("/link") && r.ok()), page.clock.fastForward("05:01")]);
    await page.waitForFunction((old) => document.querySelector("[data-link]").value !== old, link);
    assert.notEqual(await drawn(), code, "another link, another code");
    const other = await openPage(t, at.browser, phone);
    for (const address of [link, await page.locator("[data-link]").inputValue()]) {
      await other.goto(address); // an old one still opens
      await other.waitForURL("**/document");
    }
  });

  it("stays where it is on the page of devices", async (t) => {
    const page = await openPage(t, at.browser, desktop);
    await page.goto((await at.begin()).redirect_url);
    await page.getByRole("button", { name: "Start" }).click();
    await page.waitForURL("**/device");
    await returns(page);
  });

  it("says that a page without encryption has no camera, and takes files", async (t) => {
    const page = await openPage(t, at.browser, phone);
    await page.goto((await at.begin()).redirect_url.replace("127.0.0.1", "shop.example"));
    assert.equal(await page.evaluate(() => isSecureContext), false);
    await start(page);
    await page.getByRole("button", { name: "Passport" }).click();
    await page.locator("idp-upload.live").waitFor();
    await page.getByRole("button", { name: "Take a photo" }).click();
    await page.getByRole("alert").filter({ hasText: "no secure connection" }).waitFor();
    assert.deepEqual(await inspect(page, "camera-insecure"), []);
    await at.give(page, at.passport);
    await page.waitForURL("**/result", { timeout: 60_000 });
  });

  it("takes a picture of a kind that browsers do not draw", async (t) => {
    const page = await openPage(t, at.browser, phone);
    await enter(page, (await at.begin()).redirect_url);
    await page.getByRole("button", { name: "Passport" }).click();
    const heic = await readFile(path.join(root, "engine", "raster", "testdata", "rotated.heic"));
    await at.give(page, { name: "IMG_1.HEIC", mimeType: "image/heic", buffer: heic });
    // It was opened and looked at: there is a picture, and no document on it.
    await page.getByText("We see no document in the picture.").waitFor();
    assert.deepEqual(await inspect(page, "heic"), []);
  });

  it("shows the merchant's logo", async (t) => {
    await at.product.setMerchant({ branding: { logo_url: "https://cdn.shop.example/logo.svg" } });
    t.after(() => at.product.setMerchant({ branding: null }));
    const page = await openPage(t, at.browser, phone);
    await page.route("https://cdn.shop.example/**", (route) => route.fulfill({
      contentType: "image/svg+xml",
      body: '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="60"><rect width="240" height="60" rx="8" fill="#0b7a4b"/></svg>',
    }));
    await page.goto((await at.begin()).redirect_url);
    const logo = page.locator(".brand img");
    await logo.waitFor();
    assert.equal(await logo.evaluate((image) => image.naturalWidth), 240, "the policy lets it through");
    assert.deepEqual(await inspect(page, "logo"), []);
  });

  it("does not take the document for the face of its holder", async (t) => {
    const session = await at.begin({ analysis_types: ["document", "selfie"] });
    const page = await openPage(t, at.browser, phone);
    await enter(page, session.redirect_url);
    await page.getByRole("button", { name: "Passport" }).click();
    await at.give(page, at.passport);
    await page.waitForURL("**/selfie");
    await returns(page);
    await at.give(page, at.passport);
    await page.waitForURL("**/pictures");
    await returns(page);
    await page.getByRole("button", { name: "Send for checking" }).click();
    await page.waitForURL("**/result", { timeout: 60_000 });
    await page.getByRole("link", { name: "Take a new picture" }).waitFor();
    const { body } = await call(at.product, "GET", `/v3/scanning/${session.id}`);
    const match = body.analysis_summary.selfie_summary.face_match;
    assert.deepEqual([match.result, match.reason], ["NotPossible", "same_picture"]);
  });

  it("stays on the wish for another picture", async (t) => {
    await at.product.setMerchant({ quality_gate: "warn" });
    t.after(() => at.product.setMerchant({ quality_gate: null }));
    const blank = await at.browser.newPage();
    const empty = await blank.screenshot();
    await blank.close();
    const page = await openPage(t, at.browser, phone);
    await enter(page, (await at.begin()).redirect_url);
    await page.getByRole("button", { name: "Passport" }).click();
    await at.give(page, { name: "a.png", mimeType: "image/png", buffer: empty });
    await page.getByRole("button", { name: "Use it all the same" }).waitFor();
    await returns(page);
    await page.getByRole("button", { name: "Use it all the same" }).click();
    await page.waitForURL("**/result", { timeout: 60_000 });
    await page.getByRole("link", { name: "Take a new picture" }).waitFor();
    await returns(page);
  });

  it("stays on the page of waiting, still where people wish for that", async (t) => {
    const page = await openPage(t, at.browser, phone, { reducedMotion: "reduce" });
    await enter(page, (await at.begin()).redirect_url);
    await page.getByRole("button", { name: "Passport" }).click();
    await page.locator("idp-upload.live").waitFor();
    await occupy(at.product, at.passport, 16); // so that this one has to wait
    await at.give(page, at.passport);
    await page.waitForURL("**/check");
    await returns(page);
    assert.deepEqual(await inspect(page, "waiting"), []);
    const moving = () => page.evaluate(() => document.getAnimations().filter((a) => a.effect.getComputedTiming().duration > 1).length);
    assert.equal(await moving(), 0, "nothing moves");
    await page.emulateMedia({ reducedMotion: "no-preference" });
    await page.waitForFunction(() => document.getAnimations().length > 0); // so that the line above means something
    assert.match(page.url(), /check$/, "it is still waiting");
  });
});
