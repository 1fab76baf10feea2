// Active liveness: a puppet before the fake camera does what is asked, or does not.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { cameraArgs } from "./camera.js";
import { call, desktop, enter as enterDocument, inspect, missing, openPage, phone, root, shots, sleep, startBrowser, startMerchant, startProduct } from "./harness.js";

const run = promisify(execFile);

describe("liveness", { skip: missing, timeout: 600_000 }, () => {
  let product, merchant, coming, still, plain, folder;
  const ends = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  before(async () => {
    const suite = { after: (end) => ends.push(end) };
    folder = await mkdtemp(path.join(tmpdir(), "idproof-films-"));
    suite.after(() => rm(folder, { recursive: true, force: true }));
    const film = async (name, ...actions) => {
      const file = path.join(folder, `fake-${name}.mjpeg`);
      await run("go", ["run", "-tags=nodynamic", "./engine/liveness/puppet/film", "-o", file, ...actions], { cwd: root });
      return (await startBrowser(suite, cameraArgs(file))).browser;
    };
    product = await startProduct(suite);
    merchant = await startMerchant(suite);
    await product.setMerchant({ display_name: "Nordic Rentals" });
    ({ browser: plain } = await startBrowser(suite));
    coming = await film("coming", "MoveTowardsCamera");
    still = await film("still");
  });

  const begin = async (extra = {}) => {
    const { body } = await call(product, "POST", "/v3/scanning/liveness", {
      locale: "en", options: "NoDocument", available_actions: ["MoveTowardsCamera"], target: `${merchant.base}/done`, ...extra,
    });
    return body;
  };
  const result = async (session) => {
    for (let i = 0; i < 600; i++) {
      const { body } = await call(product, "GET", `/v3/scanning/${session.id}`);
      if (body.analysis_summary.liveness_summary) return body;
      await sleep(100);
    }
    throw new Error("no result");
  };
  /** From the link to the page of the step. */
  const enter = async (page, session) => {
    await page.goto(session.redirect_url);
    await page.locator("form[action$='/welcome'] button").click();
    await page.waitForURL(/\/(device|liveness)$/);
    if (page.url().endsWith("/device")) await page.locator("a[href$='?here']").click();
    await page.waitForURL("**/liveness");
  };
  const record = async (page) => {
    await page.getByRole("button", { name: "Start the camera" }).click();
    await page.locator("[data-cam=begin]:enabled").click();
  };

  it("sees somebody come closer as asked", async (t) => {
    const page = await openPage(t, coming, phone, { permissions: ["camera"] });
    const session = await begin();
    await enter(page, session);
    assert.deepEqual(await inspect(page, "liveness"), []);
    await page.getByRole("button", { name: "Start the camera" }).click();
    await page.locator("[data-cam=begin]:enabled").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.dataset.cam), "begin", "the keyboard can go on");
    assert.deepEqual(await inspect(page, "liveness-ready"), []);
    await page.keyboard.press("Enter");
    await page.locator("dialog[data-do=straight]").waitFor();
    await page.locator("dialog[data-do=MoveTowardsCamera]").waitFor();
    assert.equal(await page.locator("[data-cam=aloud]").textContent(), "Come closer to the camera");
    await page.screenshot({ path: path.join(shots, "liveness-closer.png") });
    await page.waitForURL("**/result", { timeout: 120_000 });
    const got = await result(session);
    const live = got.analysis_summary.liveness_summary;
    assert.equal(live.mode, "active");
    assert.deepEqual(live.actions.map((a) => [a.action, a.result]), [["MoveTowardsCamera", "passed"]], JSON.stringify(live));
    for (const name of ["challenge", "one_take", "one_person", "actions"]) {
      assert.equal(live.checks.find((c) => c.name === name).result, "passed", name);
    }
    assert.equal(live.checks.find((c) => c.name === "camera").reason, "virtual_camera", "a camera named after a file called fake");
    assert.equal(got.images.filter((i) => i.type === "liveness_recording").length, 1);
  });

  it("takes the picture of a face by itself once it is framed", async (t) => {
    const page = await openPage(t, still, phone, { permissions: ["camera"] });
    const { body: session } = await call(product, "POST", "/v3/scanning", { locale: "en", analysis_types: ["document", "selfie"] });
    await enterDocument(page, session.redirect_url);
    await page.locator("button[value=passport]").click();
    await page.locator("idp-upload.live").waitFor();
    const passport = Buffer.from(await (await fetch(`${product.base}/demo/specimen/passport.jpg`)).arrayBuffer());
    await page.locator("[data-part=file-input]").setInputFiles({ name: "p.jpg", mimeType: "image/jpeg", buffer: passport });
    await page.getByRole("button", { name: "Send this picture" }).click();
    await page.waitForURL("**/selfie");
    await page.locator("idp-upload.live").waitFor();
    await page.getByRole("button", { name: "Take a photo" }).click();
    await page.getByAltText("The picture you chose").waitFor({ timeout: 60_000 }); // nobody pressed the shutter
    await page.getByRole("button", { name: "Send this picture" }).click();
    await page.waitForURL("**/pictures"); // the server sees a face as well
    assert.match(product.log.split("\n").filter((line) => line.includes("picture taken")).at(-1) ?? "", /by"?[=:]"?auto/);
  });

  it("stays where it is when loaded anew, and comes back", async (t) => {
    const page = await openPage(t, plain, phone);
    await enter(page, await begin());
    const title = await page.getByRole("heading", { level: 1 }).innerText();
    await page.reload();
    assert.match(page.url(), /liveness$/);
    await page.goBack();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.goForward();
    await page.waitForURL("**/liveness");
    assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), title);
  });

  it("asks again when nothing moved, with the reason, and takes a refusal to move", async (t) => {
    const page = await openPage(t, still, desktop, { permissions: ["camera"], colorScheme: "dark" });
    const session = await begin();
    await enter(page, session);
    await record(page);
    await page.waitForURL("**/result", { timeout: 120_000 });
    await page.getByText("A movement was not seen").waitFor();
    assert.deepEqual(await inspect(page, "liveness-again"), []);
    const first = await result(session);
    assert.equal(first.analysis_summary.liveness_summary.reason, "action_not_shown");
    assert.equal(first.decision.reasons[0].code, "LIVENESS_ACTION_MISSED");
    await page.getByRole("link", { name: /again|new/i }).first().click();
    await page.waitForURL("**/liveness?again");
    await page.getByText("I cannot do this").click();
    assert.deepEqual(await inspect(page, "liveness-without"), []);
    await page.getByRole("button", { name: "Go on without" }).click();
    await page.waitForURL("**/selfie");
  });

  it("names what keeps the camera off, and leaves the other ways", async (t) => {
    const page = await openPage(t, plain, phone);
    const session = await begin();
    await enter(page, session);
    await page.getByRole("button", { name: "Start the camera" }).click();
    await page.getByRole("alert").getByText("No camera was found on this device.").waitFor();
    assert.ok(await page.getByRole("button", { name: "Go on without" }).isVisible());
    assert.ok(await page.getByRole("link", { name: "Continue on another device" }).isVisible());
    assert.deepEqual(await inspect(page, "liveness-no-camera"), []);
  });

  it("shows every movement, in any language", async (t) => {
    for (const [view, locale, scheme] of [[phone, "de", "light"], [desktop, "gr", "dark"]]) {
      const page = await openPage(t, still, view, { permissions: ["camera"], colorScheme: scheme });
      const session = await begin({ locale, available_actions: ["FollowText"] });
      await enter(page, session);
      assert.deepEqual(await inspect(page, `liveness-${locale}`), []);
      await page.locator("[data-part=open]").click();
      await page.locator("[data-cam=begin]:enabled").click();
      // Some of them are asked for; the movement may end while it is looked at.
      const over = [];
      const asked = ["TurnLeft", "TurnRight", "LookUp"].map(async (action) => {
        await page.locator(`dialog[data-do=${action}]`).waitFor();
        await sleep(1200);
        over.push(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth));
        await page.screenshot({ path: path.join(shots, `liveness-${locale}-${action}.png`) });
      }).map((seen) => seen.catch(() => undefined));
      await page.waitForURL("**/result", { timeout: 120_000 });
      await page.close();
      await Promise.all(asked);
      assert.ok(over.length > 0, "a movement was seen");
      assert.deepEqual(over.filter((n) => n !== 0), [], "nothing is wider than the page");
    }
  });

  it("stops when the person closes the camera, and can be begun again", async (t) => {
    const page = await openPage(t, coming, desktop, { permissions: ["camera"], reducedMotion: "reduce" });
    const session = await begin();
    await enter(page, session);
    await record(page);
    await page.locator("dialog[data-do=straight]").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Start the camera" }).waitFor();
    await record(page);
    await page.waitForURL("**/result", { timeout: 120_000 });
  });
});
