// What the server says about a picture as soon as it has come; a document that
// is not the chosen one; connections that break; how quick and light the pages are.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { call, desktop, enter, inspect, missing, openPage, phone, start, startBrowser, startProduct } from "./harness.js";

describe("quality gate", { skip: missing, timeout: 300_000 }, () => {
  let product, browser;
  const picture = {};
  const ends = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  before(async () => {
    const suite = { after: (end) => ends.push(end) };
    product = await startProduct(suite);
    await product.setMerchant({ display_name: "Nordic Rentals" });
    ({ browser } = await startBrowser(suite));
    for (const name of ["passport", "card", "card-back"]) {
      picture[name] = path.join(product.dir, `${name}.jpg`);
      await writeFile(picture[name], Buffer.from(await (await fetch(`${product.base}/demo/specimen/${name}.jpg`)).arrayBuffer()));
    }
    picture.blank = path.join(product.dir, "blank.png");
    const blank = await browser.newPage();
    await blank.screenshot({ path: picture.blank });
    await blank.close();
    picture.blurred = path.join(product.dir, "blurred.jpg");
    picture.large = path.join(product.dir, "large.png");
    await redraw(picture.passport, picture.blurred, { blur: 7, type: "image/jpeg" });
    await redraw(picture.passport, picture.large, { blur: 0, type: "image/png" });
  });

  /** Draws a picture anew, blurred by so many pixels, as another type of file. */
  async function redraw(from, to, { blur, type }) {
    const page = await browser.newPage();
    const { readFile } = await import("node:fs/promises");
    const base64 = await page.evaluate(async ([source, blur, type]) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: image.naturalWidth, height: image.naturalHeight });
      const c = canvas.getContext("2d");
      c.filter = blur ? `blur(${blur}px)` : "none";
      c.drawImage(image, 0, 0);
      return canvas.toDataURL(type).split(",")[1];
    }, [`data:image/jpeg;base64,${(await readFile(from)).toString("base64")}`, blur, type]);
    await writeFile(to, Buffer.from(base64, "base64"));
    await page.close();
  }

  async function begin(fields = {}) {
    const { status, body } = await call(product, "POST", "/v3/scanning", { locale: "en", ...fields });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  async function choose(page, name) {
    await page.getByRole("button", { name }).click();
    await page.locator("idp-upload.live").waitFor();
  }

  async function give(page, file) {
    await page.locator("[data-part=file-input]").setInputFiles(file);
    await page.getByRole("button", { name: "Send this picture" }).click();
  }

  it("asks for a better picture at once, with the reason and the place", async (t) => {
    const session = await begin();
    const page = await openPage(t, browser, phone);
    await enter(page, session.redirect_url);
    await choose(page, /Passport/);
    const began = Date.now();
    await give(page, picture.blurred);
    await page.getByRole("heading", { name: "Please take this picture once more" }).waitFor();
    t.diagnostic(`answered after ${Date.now() - began} ms`);
    await page.getByText("It is blurred.").waitFor();
    const marks = page.locator(".marked svg polygon");
    assert.ok(await marks.count() > 0, "the place is marked");
    const [image, drawing] = await Promise.all([".marked img", ".marked svg"].map((s) => page.locator(s).boundingBox()));
    for (const side of ["x", "y", "width", "height"]) assert.ok(Math.abs(image[side] - drawing[side]) < 2, `${side} of the drawing over the picture`);
    assert.deepEqual(await inspect(page, "gate-stop"), []);
    assert.equal(await page.getByRole("button", { name: "Use it all the same" }).count(), 0);

    const other = await openPage(t, browser, phone); // another device stands there too
    await other.goto(session.redirect_url);
    await other.getByRole("heading", { name: "Please take this picture once more" }).waitFor();
    await page.reload();
    await page.getByRole("link", { name: "Take a new picture" }).click();
    await page.locator("idp-upload.live").waitFor();
    await give(page, picture.passport);
    await page.waitForURL("**/result", { timeout: 60_000 });
    await page.getByRole("heading", { name: "Thank you, that worked" }).waitFor();
  });

  it("only warns after some tries", async (t) => {
    await product.setMerchant({ quality_tries: 1 });
    t.after(() => product.setMerchant({ quality_tries: null }));
    const page = await openPage(t, browser, phone, { colorScheme: "dark" });
    await enter(page, (await begin()).redirect_url);
    await choose(page, /Passport/);
    await give(page, picture.blurred);
    await page.getByRole("link", { name: "Take a new picture" }).click();
    await page.locator("idp-upload.live").waitFor();
    await give(page, picture.blurred);
    await page.getByRole("heading", { name: "This picture may not be good enough" }).waitFor();
    assert.deepEqual(await inspect(page, "gate-warn"), []);
    await page.getByRole("button", { name: "Use it all the same" }).click();
    await page.waitForURL("**/result", { timeout: 60_000 });
  });

  it("works without JavaScript", async (t) => {
    const page = await openPage(t, browser, desktop, { javaScriptEnabled: false });
    await enter(page, (await begin()).redirect_url);
    await page.getByRole("button", { name: /Passport/ }).click();
    for (const file of [picture.blurred, picture.passport]) {
      await page.getByLabel("Picture of the document").setInputFiles(file);
      await page.getByRole("button", { name: "Send this picture" }).click();
      if (file === picture.blurred) await page.getByRole("heading", { name: "Please take this picture once more" }).waitFor();
    }
    await page.waitForURL("**/result", { timeout: 60_000 });
  });

  it("puts a wrong choice right, and says so", async (t) => {
    const page = await openPage(t, browser, phone);
    const session = await begin({ analysis_types: ["document", "selfie"] });
    await enter(page, session.redirect_url);
    assert.equal(await page.getByLabel("Country that issued it").inputValue(), "GBR", "from the browser's languages");
    assert.deepEqual(await inspect(page, "choose-country"), []);
    await choose(page, /Identity card/);
    await give(page, picture.passport);
    await page.waitForURL("**/selfie");
    await page.getByText("another document than you chose: Passport").waitFor();
    await page.getByText("another country than you chose").waitFor();
    assert.deepEqual(await inspect(page, "noted"), []);
    await page.locator("idp-upload.live").waitFor();
    await give(page, picture.blank);
    await page.getByText("We see no face in the picture.").waitFor();
    assert.deepEqual(await inspect(page, "no-face"), []);
    await page.getByRole("link", { name: "Take a new picture" }).click();
    await page.locator("idp-upload.live").waitFor();
    await give(page, picture.card);
    await page.waitForURL("**/pictures");
  });

  it("asks for the back when the front says so, and for a side turned over", async (t) => {
    const page = await openPage(t, browser, phone);
    await enter(page, (await begin()).redirect_url);
    await choose(page, /Passport/);
    await give(page, picture["card-back"]);
    await page.getByText("This is the other side of the document.").waitFor();
    await page.getByText("another document than you chose: Identity card").waitFor();
    await page.getByRole("link", { name: "Take a new picture" }).click();
    await page.locator("idp-upload.live").waitFor();
    await give(page, picture.card);
    await page.waitForURL("**/back");
    await give(page, picture["card-back"]);
    await page.waitForURL("**/pictures");
  });

  it("refuses what the merchant does not accept, before it is read", async (t) => {
    await product.setMerchant({ document_types: ["identity_card"], countries: ["SWE", "NOR"] });
    t.after(() => product.setMerchant({ document_types: null, countries: null }));
    const page = await openPage(t, browser, phone);
    await enter(page, (await begin()).redirect_url);
    assert.deepEqual(await page.getByLabel("Country that issued it").locator("option").allInnerTexts(), ["Not sure, or not in the list", "Norway", "Sweden"]);
    await choose(page, /Identity card/);
    await give(page, picture.passport);
    await page.getByText("This kind of document is not accepted here.").waitFor();
    await page.getByText("Documents of this country are not accepted here.").waitFor();
  });

  it("sends only the piece again that a broken connection lost", async (t) => {
    const page = await openPage(t, browser, phone);
    await enter(page, (await begin()).redirect_url);
    await choose(page, /Passport/);
    const sent = [];
    let broken = 0;
    await page.route("**/part", async (route) => {
      sent.push(route.request().postDataBuffer().length);
      if (sent.length === 2) {
        broken++;
        await route.abort("connectionreset");
        return;
      }
      await route.continue();
    });
    await give(page, picture.large);
    await page.waitForURL("**/result", { timeout: 60_000 });
    await page.getByRole("heading", { name: "Thank you, that worked" }).waitFor();
    t.diagnostic(`pieces of ${sent.join(", ")} bytes`);
    assert.equal(broken, 1);
    assert.equal(sent[1], sent[2], "the lost piece again");
    assert.equal(sent.filter((n) => n === sent[0]).length, sent.length - 1, "and no other");
  });

  it("reads from right to left where a language does", async (t) => {
    const page = await openPage(t, browser, { ...phone, viewport: { width: 320, height: 700 } });
    const turn = () => page.evaluate(() => { document.documentElement.dir = "rtl"; });
    const fits = async (name) => {
      await turn();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, name);
      const brand = await page.locator(".brand").boundingBox();
      assert.ok(brand.x + brand.width > 280, `${name}: the name stands on the right`);
      assert.deepEqual(await inspect(page, `rtl-${name}`), []);
    };
    const session = await begin();
    await page.goto(session.redirect_url);
    await fits("welcome");
    await start(page);
    await fits("choose");
    await choose(page, /Passport/);
    await fits("picture");
    await give(page, picture.blurred);
    await page.getByRole("link", { name: "Take a new picture" }).waitFor();
    await fits("gate");
  });

  it("looks as the merchant wishes, whatever the device does", async (t) => {
    await product.setMerchant({ branding: { scheme: "dark", radius: 0, colour: "#0b7a4b" } });
    t.after(() => product.setMerchant({ branding: null }));
    const page = await openPage(t, browser, phone, { colorScheme: "light" });
    await page.goto((await begin()).redirect_url);
    const style = (selector, name) => page.locator(selector).first().evaluate((e, name) => getComputedStyle(e)[name], name);
    assert.equal(await style(".card", "borderTopLeftRadius"), "0px");
    assert.equal(await style(".card", "backgroundColor"), "rgb(23, 27, 38)");
    assert.deepEqual(await inspect(page, "brand-dark"), []);
    await product.setMerchant({ branding: { scheme: "light" } });
    const other = await openPage(t, browser, phone, { colorScheme: "dark" });
    await other.goto((await begin()).redirect_url);
    assert.equal(await other.locator(".card").first().evaluate((e) => getComputedStyle(e).backgroundColor), "rgb(255, 255, 255)");
    assert.deepEqual(await inspect(other, "brand-light"), []);
  });

  it("can be reloaded and left with the back button at each step", async (t) => {
    const page = await openPage(t, browser, phone);
    const session = await begin({ analysis_types: ["document", "selfie"] });
    const seen = [];
    const step = async (name) => {
      await page.waitForURL(`**/${name}`);
      await page.reload();
      assert.match(page.url(), new RegExp(`/${name}$`), "a reload stays");
      const title = await page.getByRole("heading", { level: 1 }).innerText();
      if (seen.length > 0) {
        await page.goBack();
        await page.getByRole("heading", { level: 1 }).waitFor();
        assert.equal(await page.getByText(/went wrong|does not work/).count(), 0, `back from ${name}`);
        await page.goto(page.url().replace(/[^/]*$/, "")); // where the session stands
        await page.waitForURL(`**/${name}`);
        assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), title);
      }
      seen.push(name);
    };
    await page.goto(session.redirect_url);
    await step("welcome");
    await start(page);
    await step("document");
    await choose(page, /Identity card/);
    for (const [name, file] of [["front", "card"], ["back", "card-back"], ["selfie", "card"]]) {
      await step(name);
      await page.locator("idp-upload.live").waitFor();
      await give(page, picture[file]);
    }
    await step("pictures");
    await page.getByRole("button", { name: "Send for checking" }).click();
    await step("result");
    assert.deepEqual(seen, ["welcome", "document", "front", "back", "selfie", "pictures", "result"]);
  });

  it("says when the time of a check is over, with the way back", async (t) => {
    const { body: made } = await call(product, "POST", "/v3/merchant/keys", { kind: "secret", test: true });
    const { body: session } = await call({ ...product, key: made.key }, "POST", "/v3/scanning", {
      locale: "en", test_outcome: "timeout", target: `${product.base}/demo/result`,
    });
    const page = await openPage(t, browser, phone);
    await page.goto(session.redirect_url);
    await page.getByRole("heading", { name: "Confirm who you are" }).waitFor();
    await page.getByRole("heading", { name: /The time for this check is over|This link has expired/ }).waitFor({ timeout: 30_000 });
    for (const address of [session.redirect_url, page.url()]) {
      await page.goto(address);
      await page.getByRole("heading", { name: /The time for this check is over|This link has expired/ }).waitFor();
    }
    assert.deepEqual(await inspect(page, "expired"), []);
    assert.match(await page.getByRole("link", { name: /Back/ }).getAttribute("href"), /status=Timeout/);
  });

  it("begins with less than 60 kB, and quickly on a slow processor", async (t) => {
    const page = await openPage(t, browser, phone);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Network.enable");
    let bytes = 0;
    const asked = [];
    devtools.on("Network.loadingFinished", (e) => { bytes += e.encodedDataLength; });
    devtools.on("Network.requestWillBeSent", (e) => asked.push(e.request.url));
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 6 });
    await page.goto((await begin()).redirect_url, { waitUntil: "networkidle" });
    const loads = { bytes, asked: asked.length };
    await devtools.send("Network.setCacheDisabled", { cacheDisabled: true }); // each a first visit
    const times = [];
    for (let i = 0; i < 5; i++) {
      await page.goto((await begin()).redirect_url, { waitUntil: "networkidle" });
      times.push(await page.evaluate(() => {
        const { domInteractive, domContentLoadedEventEnd } = performance.getEntriesByType("navigation")[0];
        return { ready: domInteractive, live: domContentLoadedEventEnd };
      }));
    }
    const median = (name) => times.map((time) => time[name]).sort((a, b) => a - b)[2];
    const [ready, live] = [median("ready"), median("live")];
    t.diagnostic(`first page: ${loads.bytes} bytes on the wire in ${loads.asked} requests; median of five: interactive after ${Math.round(ready)} ms, scripts run after ${Math.round(live)} ms, on a processor slowed six times`);
    assert.ok(loads.bytes < 60_000, `${loads.bytes} bytes`);
    assert.ok(live < 1000, `usable, with its scripts, after ${Math.round(live)} ms`);
    assert.deepEqual(asked.filter((url) => !url.startsWith(product.base)), [], "no third parties");
  });
});
