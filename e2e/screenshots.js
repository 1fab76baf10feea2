// Pictures of the screens: phone and desktop, light and dark, a language of
// short words and one of long ones. Run with: make screenshots
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { cameraArgs, film } from "./camera.js";
import { call, missing, occupy, root, startBrowser, startProduct } from "./harness.js";

if (missing) throw new Error(missing);
const out = process.env.IDPROOF_SHOTS ?? path.join(root, "dist", "screenshots");
const views = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};
const ends = [];
const scope = { after: (end) => ends.push(end) };
try {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const product = await startProduct(scope);
  await product.setMerchant({ display_name: "Nordic Rentals", handoff: ["qr", "link", "sms"] });
  const { browser: plain } = await startBrowser(scope);
  const specimen = Buffer.from(await (await fetch(`${product.base}/demo/specimen/passport.jpg`)).arrayBuffer());
  const file = path.join(product.dir, "passport.jpg");
  const clip = path.join(product.dir, "passport.mjpeg");
  await writeFile(file, specimen);
  await film(plain, specimen, clip);
  const { browser } = await startBrowser(scope, cameraArgs(clip));
  const [card, cardBack] = await Promise.all(["card", "card-back"].map(async (name) => {
    const where = path.join(product.dir, `${name}.jpg`);
    await writeFile(where, Buffer.from(await (await fetch(`${product.base}/demo/specimen/${name}.jpg`)).arrayBuffer()));
    return where;
  }));
  // The face of a drawn puppet: the first picture of a film of it.
  const still = path.join(product.dir, "face.mjpeg");
  await promisify(execFile)("go", ["run", "-tags=nodynamic", "./engine/liveness/puppet/film", "-o", still], { cwd: root });
  const face = path.join(product.dir, "face.jpg");
  const frames = await readFile(still);
  await writeFile(face, frames.subarray(0, frames.indexOf(Buffer.from([0xff, 0xd9])) + 2));
  const { body: { key: testKey } } = await call(product, "POST", "/v3/merchant/keys", { kind: "secret", test: true });
  const poor = path.join(product.dir, "poor.jpg");
  await writeFile(poor, await blurred(plain, specimen));
  for (const [device, view] of Object.entries(views)) {
    for (const [locale, colorScheme] of [["en", "light"], ["de", "dark"]]) {
      const context = await browser.newContext({ ...view, colorScheme, reducedMotion: "reduce", permissions: ["camera"] });
      const page = await context.newPage();
      let n = 0;
      const keep = async (name, fullPage = true) =>
        page.screenshot({ path: path.join(out, `${device}-${colorScheme}-${++n}-${name}.png`), fullPage });
      const { body } = await call(product, "POST", "/v3/scanning", {
        locale, analysis_types: ["document", "selfie"], target: `${product.base}/demo/result`,
      });
      await page.goto(body.redirect_url);
      await keep("welcome");
      await page.locator("form[action$='/welcome'] button").click();
      if (device === "desktop") {
        await page.waitForURL("**/device");
        await keep("device");
        await page.locator("a[href$='?here']").click();
      }
      await page.waitForURL("**/document");
      await keep("document");
      await page.locator("button[value=passport]").click();
      const give = async (which = file) => {
        await page.locator("idp-upload.live").waitFor();
        await page.locator("[data-part=file-input]").setInputFiles(which);
        await page.locator("[data-view=preview] img").waitFor();
      };
      await page.locator("idp-upload.live [data-part=camera]:visible").waitFor();
      await keep("front");
      await page.locator("[data-part=file-input]").setInputFiles(poor);
      await page.locator("[data-view=preview] button.primary").click();
      await page.locator(".marked img").waitFor();
      await keep("poor");
      await page.locator("a[href$='?again']").click();
      await page.locator("idp-upload.live").waitFor();
      if (device === "phone") {
        await page.locator("[data-part=camera]").click();
        await page.locator("dialog.camera[data-hint=good]").waitFor();
        await keep("camera", false);
        await page.locator("[data-view=preview] img").waitFor();
      } else {
        await give();
      }
      await keep("preview");
      await page.locator("[data-view=preview] button.primary").click();
      await page.waitForURL("**/selfie");
      await page.locator("idp-upload.live").waitFor();
      await keep("selfie");
      await give(face);
      await page.locator("[data-view=preview] button.primary").click();
      await page.waitForURL("**/pictures");
      await keep("pictures");
      await page.locator("form[action$='/check'] button").click();
      await page.waitForURL(/\/(check|result)$/);
      await page.waitForURL("**/result", { timeout: 60_000 });
      await keep("result");
      await page.goto(`${product.base}/flow/nothing`);
      await keep("unknown");

      // A card: its back, the wait, and what became of it.
      const begin = async (key, where, extra) => {
        await context.clearCookies();
        const { body } = await call({ ...product, key }, "POST", where, { locale, target: `${product.base}/demo/result`, ...extra });
        await page.goto(body.redirect_url);
      };
      const here = async () => {
        await page.locator("form[action$='/welcome'] button").click();
        await page.waitForURL(/\/(device|document|liveness)$/);
        if (page.url().endsWith("/device")) await page.locator("a[href$='?here']").click();
        await page.waitForURL(/\/(document|liveness)$/);
      };
      await begin(product.key, "/v3/scanning", {});
      if (device === "desktop") {
        await page.locator("form[action$='/welcome'] button").click();
        await page.waitForURL("**/device");
        const other = await browser.newContext(views.phone);
        const held = await other.newPage();
        await held.goto(await page.locator("[data-link]").inputValue());
        await held.locator("button[value=passport]").click();
        await page.locator("[data-connected]").waitFor();
        await keep("connected");
        await other.close();
        await begin(product.key, "/v3/scanning", {});
      }
      await here();
      await page.locator("button[value=identity_card]").click();
      await give(card);
      await page.locator("[data-view=preview] button.primary").click();
      await page.waitForURL("**/back");
      await page.locator("idp-upload.live").waitFor();
      await keep("back");
      await give(cardBack);
      await page.locator("[data-view=preview] button.primary").click();
      await page.waitForURL("**/pictures");
      await occupy(product, file, 12); // so that there is a wait
      await page.locator("form[action$='/check'] button").click();
      await page.waitForURL("**/check");
      await keep("wait");
      await page.waitForURL("**/result", { timeout: 60_000 });
      await keep("thanks");

      await begin(product.key, "/v3/scanning", {});
      await page.locator("a[href$='/cancel']").click();
      await keep("cancel");
      await begin(product.key, "/v3/scanning", { target: undefined });
      await page.locator("a[href$='/cancel']").click();
      await page.locator("form button").last().click();
      await page.waitForURL("**/result");
      await keep("cancelled");

      await begin(product.key, "/v3/scanning/liveness", { options: "NoDocument" });
      await here();
      await keep("liveness");
      await page.locator("[data-part=open]").click();
      await page.locator("[data-cam=begin]:enabled").waitFor();
      await keep("liveness-camera", false);

      await begin(testKey, "/v3/scanning", { test_outcome: "timeout" });
      await page.locator(".outcome, h1").first().waitFor();
      await page.waitForURL(/\/result$/, { timeout: 30_000 }).catch(() => undefined);
      await page.reload();
      await keep("expired");
      await context.close();

      const blind = await (await browser.newContext({ ...view, colorScheme, reducedMotion: "reduce" })).newPage();
      await blind.goto((await call(product, "POST", "/v3/scanning", { locale })).body.redirect_url);
      await blind.locator("form[action$='/welcome'] button").click();
      if (device === "desktop") await blind.locator("a[href$='?here']").click();
      await blind.locator("button[value=passport]").click();
      await blind.locator("idp-upload.live").waitFor();
      await blind.locator("[data-part=camera]").click();
      await blind.getByRole("alert").first().waitFor();
      await blind.screenshot({ path: path.join(out, `${device}-${colorScheme}-${++n}-denied.png`), fullPage: true });
      await blind.context().close();
    }
  }
  console.log(out);
} finally {
  for (const end of ends.reverse()) await end();
}

/** The specimen out of focus. */
async function blurred(browser, specimen) {
  const page = await browser.newPage();
  const base64 = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.naturalWidth, height: image.naturalHeight });
    const c = canvas.getContext("2d");
    c.filter = "blur(7px)";
    c.drawImage(image, 0, 0);
    return canvas.toDataURL("image/jpeg", 0.9).split(",")[1];
  }, `data:image/jpeg;base64,${specimen.toString("base64")}`);
  await page.close();
  return Buffer.from(base64, "base64");
}
