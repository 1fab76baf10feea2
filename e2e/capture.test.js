// Cameras, and what is there when there is none; the way from a computer to a
// phone; the face; all languages.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { cameraArgs, film } from "./camera.js";
import {
  call, desktop, enter, inspect, missing, openPage, phone, shots, start, startBrowser, startMerchant, startProduct,
} from "./harness.js";

describe("capture", { skip: missing, timeout: 300_000 }, () => {
  let product, merchant, plain, filmed, passport;
  const ends = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  before(async () => {
    const suite = { after: (end) => ends.push(end) };
    product = await startProduct(suite);
    merchant = await startMerchant(suite);
    await product.setMerchant({ handoff: ["qr", "link", "sms"], display_name: "Nordic Rentals" });
    ({ browser: plain } = await startBrowser(suite));
    const specimen = Buffer.from(await (await fetch(`${product.base}/demo/specimen/passport.jpg`)).arrayBuffer());
    passport = path.join(product.dir, "passport.jpg");
    await writeFile(passport, specimen);
    const clip = path.join(product.dir, "passport.mjpeg");
    await film(plain, specimen, clip);
    ({ browser: filmed } = await startBrowser(suite, cameraArgs(clip)));
  });

  async function begin(fields = {}) {
    const { status, body } = await call(product, "POST", "/v3/scanning", { locale: "en", target: `${merchant.base}/done`, ...fields });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  async function front(page, fields) {
    const session = await begin(fields);
    await enter(page, session.redirect_url);
    await page.locator("button[value=passport]").click();
    await page.locator("idp-upload.live").waitFor();
    return session;
  }

  async function give(page, file) {
    await page.locator("idp-upload.live").waitFor();
    await page.locator("[data-part=file-input]").setInputFiles(file);
    await page.locator("[data-view=preview] button.primary").click();
  }

  const live = (page) => page.locator("dialog.camera");

  it("guides, takes the picture by itself, and the picture can be read", async (t) => {
    const page = await openPage(t, filmed, phone, { permissions: ["camera"] });
    await front(page);
    await page.evaluate(() => {
      window.hints = [];
      const dialog = document.querySelector("dialog.camera");
      new MutationObserver(() => window.hints.push(dialog.dataset.hint)).observe(dialog, { attributeFilter: ["data-hint"] });
    });
    await page.getByRole("button", { name: "Take a photo" }).click();
    await page.locator("dialog.camera [data-cam=shutter]:enabled").waitFor();
    assert.deepEqual(await inspect(page, "camera"), []);
    await page.getByAltText("The picture you chose").waitFor({ timeout: 60_000 });
    const hints = new Set(await page.evaluate(() => window.hints));
    assert.ok(hints.has("good"), [...hints].join());
    assert.ok(["search", "far", "tilt", "blur", "glare"].some((hint) => hints.has(hint)), [...hints].join());
    assert.deepEqual(await inspect(page, "camera-preview"), []);
    await page.getByRole("button", { name: "Take it again" }).click();
    await page.getByRole("button", { name: "Close the camera" }).click();
    await page.getByRole("button", { name: "Send this picture" }).click();
    await page.waitForURL("**/result", { timeout: 60_000 });
    await page.getByRole("heading", { name: "Thank you, that worked" }).waitFor();
    const taken = product.log.split("\n").filter((line) => line.includes("picture taken")).at(-1) ?? "";
    assert.match(taken, /by"?[=:]"?auto/);
    const ms = Number(/frame_ms"?[=:]([\d.]+)/.exec(taken)?.[1]);
    t.diagnostic(`guidance costs ${ms} ms a frame; hints ${[...hints].join(", ")}`);
    assert.ok(ms > 0); // no limit: it depends on what else the machine does
  });

  it("takes the picture when told to", async (t) => {
    const page = await openPage(t, filmed, phone, { permissions: ["camera"] });
    await front(page);
    await page.getByRole("button", { name: "Take a photo" }).click();
    await page.locator("dialog.camera [data-cam=shutter]:enabled").waitFor();
    await page.waitForFunction(() => document.querySelector("dialog.camera video").videoWidth > 0);
    await page.keyboard.press("Enter"); // the shutter has the focus
    await page.getByAltText("The picture you chose").waitFor();
    assert.equal(await live(page).isVisible(), false);
  });

  it("says why there is no picture, and offers the other ways", async (t) => {
    for (const [name, browser, cause] of [
      ["camera-denied", filmed, "The camera is blocked for this page."],
      ["camera-none", plain, "No camera was found on this device."],
    ]) {
      const page = await openPage(t, browser, phone, name === "camera-none" ? { permissions: ["camera"] } : {});
      await front(page);
      await page.getByRole("button", { name: "Take a photo" }).click();
      await page.getByRole("alert").filter({ hasText: cause }).waitFor();
      assert.ok(await page.getByRole("button", { name: "Use the phone’s camera app" }).isVisible());
      assert.ok(await page.getByRole("link", { name: "Continue on another device" }).isVisible());
      assert.deepEqual(await inspect(page, name), []);
      if (name === "camera-none") {
        await give(page, passport);
        await page.waitForURL("**/result", { timeout: 60_000 });
      }
    }
  });

  it("names a frame that does not pass the camera on", async (t) => {
    await product.setMerchant({ frame_origins: [merchant.base] });
    const session = await begin();
    const page = await openPage(t, filmed, phone, { permissions: ["camera"] });
    await page.goto(`${merchant.base}/embed?address=${encodeURIComponent(session.redirect_url)}`);
    const frame = page.frameLocator("iframe");
    await frame.getByRole("button", { name: "Start" }).click();
    await frame.getByRole("button", { name: "Passport" }).click();
    await frame.getByRole("button", { name: "Take a photo" }).click();
    await frame.getByRole("alert").filter({ hasText: "The page around this one" }).waitFor();
  });

  it("hands over to a phone by a text message, and both devices follow", async (t) => {
    const session = await begin();
    const page = await openPage(t, plain, desktop);
    await page.goto(session.redirect_url);
    await page.getByRole("button", { name: "Start" }).click();
    await page.waitForURL("**/device");
    assert.deepEqual(await inspect(page, "device"), []);
    const box = await page.locator("[data-code]").boundingBox();
    assert.ok(box.width > 150 && Math.abs(box.width - box.height) < 2, "the code is square and large");
    await page.getByLabel("Or have it sent").fill("070");
    await page.getByRole("button", { name: "Send a text message" }).click();
    await page.getByRole("alert").filter({ hasText: "not a mobile number" }).waitFor();
    await page.getByLabel("Or have it sent").fill("+46 70 174 06 05");
    await page.getByRole("button", { name: "Send a text message" }).click();
    await page.getByText("on its way").waitFor();
    const outbox = await (await fetch(`${product.base}/demo/messages`)).text();
    const link = /http:\/\/127[^<\s]+phone/.exec(outbox)[0];

    const other = await openPage(t, plain, phone);
    await other.goto(link);
    await other.waitForURL("**/document");
    await other.getByRole("button", { name: "Passport" }).click();
    await page.getByText("Your phone is connected").waitFor();
    await page.getByText("Photograph the picture page of your passport").waitFor();
    assert.deepEqual(await inspect(page, "device-connected"), []);
    await other.reload();
    await give(other, passport);
    await Promise.all([page, other].map((p) => p.waitForURL("**/result", { timeout: 60_000 })));
    await other.getByText("Go back to your computer").waitFor();
    assert.deepEqual(await inspect(other, "phone-done"), []);
    await page.getByRole("link", { name: "Back to Nordic Rentals" }).click();
    await page.getByRole("heading", { name: "Welcome back" }).waitFor();
  });

  it("asks for the face, and shows everything before it is sent", async (t) => {
    const page = await openPage(t, filmed, phone, { permissions: ["camera"], colorScheme: "dark" });
    await front(page, { analysis_types: ["document", "selfie"] });
    await give(page, passport);
    await page.waitForURL("**/selfie");
    assert.deepEqual(await inspect(page, "selfie"), []);
    await page.getByRole("button", { name: "Take a photo" }).click();
    await page.locator("dialog.camera [data-cam=shutter]:enabled").waitFor();
    await page.waitForFunction(() => document.querySelector("dialog.camera video").videoWidth > 0);
    assert.deepEqual(await inspect(page, "selfie-camera"), []);
    // Wood looks like skin to it: the picture may be taken before the button is pressed.
    await page.getByRole("button", { name: "Take the picture" }).click({ timeout: 2000 }).catch(() => undefined);
    await page.getByRole("button", { name: "Send this picture" }).click();
    const poor = page.getByRole("heading", { name: "Please take this picture once more" });
    await poor.or(page.getByRole("heading", { name: "Check your pictures" })).waitFor();
    if (await poor.isVisible()) { // of wood alone
      await page.getByText("We see no face in the picture.").waitFor();
      await page.getByRole("link", { name: "Take a new picture" }).click();
      await give(page, passport);
    }
    await page.waitForURL("**/pictures");
    assert.deepEqual(await inspect(page, "pictures"), []);
    await page.getByRole("link", { name: "Take again: Your face" }).click();
    await give(page, passport);
    await page.waitForURL("**/pictures");
    await page.reload();
    await page.getByRole("button", { name: "Send for checking" }).click();
    await page.waitForURL("**/result", { timeout: 60_000 });
  });

  it("asks for the merchant's consent, in its colour", async (t) => {
    await product.setMerchant({
      legal: { consent: { en: "I agree to everything in these words.", de: "Ich bin mit diesen Worten einverstanden." }, consent_version: "7", privacy_url: "https://shop.example/privacy" },
      branding: { colour: "#0b7a4b" },
    });
    t.after(() => product.setMerchant({ legal: null, branding: null }));
    const session = await begin({ locale: "de" });
    const page = await openPage(t, plain, phone);
    await page.goto(session.redirect_url);
    await page.getByText("Ich bin mit diesen Worten einverstanden.").waitFor();
    assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--accent")), "#0b7a4b");
    assert.deepEqual(await inspect(page, "consent-de"), []);
    await start(page);
    await page.reload();
    assert.match(page.url(), /\/document$/);
  });

  for (const locale of ["en", "se", "de", "fr", "gr", "it", "ru", "es", "cz", "tr"]) {
    it(`speaks ${locale} all the way`, async (t) => {
      const page = await openPage(t, plain, phone);
      const session = await begin({ locale });
      const fits = async () => {
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, page.url());
        assert.doesNotMatch(await page.locator("body").innerText(), /\b(?:welcome|device|choose|upload|check|result|field|reason|page|type)\.[a-z_]+/);
      };
      await page.goto(session.redirect_url);
      await fits();
      await start(page);
      await fits();
      await page.locator("button[value=passport]").click();
      await page.locator("idp-upload.live").waitFor();
      await fits();
      await give(page, passport);
      await page.waitForURL("**/result", { timeout: 60_000 });
      await fits();
      if (["de", "gr"].includes(locale)) await page.screenshot({ path: path.join(shots, `result-${locale}.png`), fullPage: true });
      assert.equal((await call(product, "GET", `/v3/scanning/${session.id}`)).body.status, "Accepted");
    });
  }
});
