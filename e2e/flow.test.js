// The whole way in a real browser: a merchant begins a session, a person gives
// a picture, the merchant gets the result; and everything that goes wrong on
// the way.
import assert from "node:assert/strict";
import { mkdir, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import {
  analyze, call, desktop, enter, inspect, missing, openPage, phone, signed, sleep, start, startBrowser, startMerchant, startProduct,
} from "./harness.js";

describe("hosted flow", { skip: missing, timeout: 600_000 }, () => {
  let product, merchant, browser;
  const picture = {};

  const ends = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  before(async () => {
    const suite = { after: (end) => ends.push(end) };
    product = await startProduct(suite);
    merchant = await startMerchant(suite);
    ({ browser } = await startBrowser(suite));
    const dir = path.join(product.dir, "specimens");
    await mkdir(dir);
    for (const name of ["passport", "card", "card-back", "expired"]) {
      const answer = await fetch(`${product.base}/demo/specimen/${name}.jpg`);
      assert.equal(answer.status, 200, `specimen ${name}`);
      picture[name] = path.join(dir, `${name}.jpg`);
      await writeFile(picture[name], Buffer.from(await answer.arrayBuffer()));
    }
    picture.blank = path.join(dir, "blank.png");
    picture.large = path.join(dir, "large.jpg");
    await writeFile(picture.large, "");
    await truncate(picture.large, 26 * 1024 * 1024);
    const page = await browser.newPage();
    await page.screenshot({ path: picture.blank });
    await page.close();
  });

  /** Begins a session; relay state and target differ from test to test. */
  async function begin(fields = {}) {
    const { status, body } = await call(product, "POST", "/v3/scanning", {
      locale: "en", target: `${merchant.base}/done?cart=7#top`, target_error: `${merchant.base}/stopped`,
      webhook: `${merchant.base}/hook`, relay_state: "order 1&2", ...fields,
    });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  async function choose(page, name) {
    await page.getByRole("button", { name, exact: false }).click();
    await page.waitForURL("**/front");
  }

  async function give(page, file) {
    await page.locator("idp-upload.live").waitFor();
    await page.locator("[data-part=file-input]").setInputFiles(file);
    await page.getByRole("button", { name: "Send this picture" }).click();
  }

  /** The result without what differs between two analyses of the same picture. */
  function comparable(result) {
    const copy = structuredClone(result);
    for (const key of ["id", "relay_state", "created_at", "finished_at", "images", "steps", "analysis_types", "status", "total_result", "decision", "metadata"]) delete copy[key];
    if (copy.identity) delete copy.identity.identification_date;
    for (const p of copy.analysis_summary.id_document_summary?.pages ?? []) delete p.image;
    if (copy.analysis_summary.id_document_summary) delete copy.analysis_summary.id_document_summary.status;
    return copy;
  }

  for (const [name, view] of Object.entries({ phone, desktop })) {
    it(`reads a passport on a ${name}`, async (t) => {
      const session = await begin();
      const page = await openPage(t, browser, view);
      await page.goto(session.redirect_url);
      assert.match(page.url(), /\/verify\/[0-9a-f-]+\/welcome$/, "the secret is out of the address");
      assert.deepEqual(await inspect(page, `${name}-0-welcome`), []);
      await start(page);
      assert.deepEqual(await inspect(page, `${name}-1-choose`), []);
      await choose(page, "Passport");
      assert.deepEqual(await inspect(page, `${name}-2-picture`), []);

      assert.equal(await page.getByRole("button", { name: "Take a photo" }).isVisible(), name === "phone");
      await page.locator("[data-part=file-input]").setInputFiles(picture.passport);
      await page.getByAltText("The picture you chose").waitFor();
      assert.deepEqual(await inspect(page, `${name}-3-preview`), []);
      await page.getByRole("button", { name: "Send this picture" }).click();
      await page.waitForURL(/\/(check|result)$/);
      // The waiting page may move on while it is looked at.
      const moved = (error) => (/navigat|context|closed|detached/i.test(error.message) ? [] : Promise.reject(error));
      if (page.url().endsWith("/check")) assert.deepEqual((await inspect(page, `${name}-4-wait`).catch(moved)) ?? [], []);
      await page.waitForURL("**/result", { timeout: 60_000 });
      assert.deepEqual(await inspect(page, `${name}-5-result`), []);
      await page.getByRole("heading", { name: "Thank you, that worked" }).waitFor();
      assert.match(await page.locator("dl.fields").innerText(), /Date of birth/);

      await page.getByRole("link", { name: "Back to" }).click();
      await page.getByRole("heading", { name: "Welcome back" }).waitFor();
      const back = new URL(page.url());
      assert.equal(back.hash, "#top");
      assert.deepEqual(Object.fromEntries(back.searchParams), {
        cart: "7", relay_state: "order 1&2", relaystate: "order 1&2", id: session.id, status: "Accepted",
      });

      const hook = await merchant.webhook("session_finished", session.id);
      assert.ok(signed(hook, await product.webhookSecret()), "the signatures are right");
      const message = JSON.parse(hook.body);
      assert.equal(message.relay_state, "order 1&2");
      const { body: result } = await call(product, "GET", `/v3/scanning/${session.id}`);
      assert.deepEqual(message.result, result, "the webhook says what the API says");
      assert.equal(result.status, "Accepted");
      assert.deepEqual(comparable(result), comparable(await analyze(picture.passport)), "the service says what the command line says");
    });
  }

  it("asks for both sides of a card and lets either be taken again", async (t) => {
    const session = await begin();
    const page = await openPage(t, browser, phone);
    await enter(page, session.redirect_url);
    await choose(page, "Identity card");
    await give(page, picture.card);
    await page.waitForURL("**/back");
    assert.deepEqual(await inspect(page, "card-1-back"), []);
    await page.goBack();
    await page.getByText("We already have this picture.").waitFor();
    assert.deepEqual(await inspect(page, "card-2-stored"), []);
    await page.getByRole("link", { name: "Continue with it" }).click();
    await page.waitForURL("**/back");
    await give(page, picture["card-back"]);
    await page.getByRole("heading", { name: "Check your pictures" }).waitFor();
    assert.deepEqual(await inspect(page, "card-3-pictures"), []);
    await page.getByRole("button", { name: "Send for checking" }).click();
    await page.waitForURL("**/result", { timeout: 60_000 });
    const { body: result } = await call(product, "GET", `/v3/scanning/${session.id}`);
    assert.equal(result.status, "Accepted", JSON.stringify(result.decision));
    assert.equal(result.document.mrz.format, "TD1");
  });

  it("declines an expired passport in plain words", async (t) => {
    const session = await begin();
    const page = await openPage(t, browser, phone);
    await enter(page, session.redirect_url);
    await choose(page, "Passport");
    await give(page, picture.expired);
    await page.waitForURL("**/result", { timeout: 60_000 });
    await page.getByText("The document has expired.").waitFor();
    assert.deepEqual(await inspect(page, "declined"), []);
  });

  it("asks for a better picture when it can read nothing", async (t) => {
    await product.setMerchant({ quality_gate: "warn" });
    t.after(() => product.setMerchant({ quality_gate: null }));
    const session = await begin();
    const page = await openPage(t, browser, phone);
    await enter(page, session.redirect_url);
    await choose(page, "Passport");
    await give(page, picture.blank);
    await page.getByText("We see no document in the picture.").waitFor();
    assert.deepEqual(await inspect(page, "nothing"), []);
    await page.getByRole("button", { name: "Use it all the same" }).click();
    await page.waitForURL("**/result", { timeout: 60_000 });
    assert.deepEqual(await inspect(page, "retake"), []);
    await page.getByRole("link", { name: "Take a new picture" }).click();
    await give(page, picture.passport);
    await page.waitForURL("**/result", { timeout: 60_000 });
    await page.getByRole("heading", { name: "Thank you, that worked" }).waitFor();
  });

  it("says what is wrong with a file, and takes the next", async (t) => {
    const session = await begin({ locale: "de" });
    const page = await openPage(t, browser, phone);
    await enter(page, session.redirect_url);
    await choose(page, "Reisepass");
    const input = page.locator("[data-part=file-input]");
    const alert = page.getByRole("alert");
    await input.setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
    assert.match(await alert.innerText(), /kein Bild/);
    await input.setInputFiles({ name: "a.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(0) });
    assert.match(await alert.innerText(), /leer/);
    await input.setInputFiles(picture.large);
    assert.match(await alert.innerText(), /zu groß.*25 MB/);
    // Named like a picture: only the server can tell.
    await input.setInputFiles({ name: "a.jpg", mimeType: "image/jpeg", buffer: Buffer.from("not a picture") });
    await page.getByRole("button", { name: "Dieses Bild senden" }).click();
    await alert.filter({ hasText: "kein Bild" }).waitFor();
    assert.deepEqual(await inspect(page, "error-de"), []);
    await input.setInputFiles(picture.passport);
    assert.equal(await alert.isVisible(), false);
    await page.getByRole("button", { name: "Dieses Bild senden" }).click();
    await page.waitForURL("**/result", { timeout: 60_000 });
  });

  it("takes a picture that was dropped or pasted", async (t) => {
    const session = await begin();
    const page = await openPage(t, browser, desktop);
    await enter(page, session.redirect_url);
    await choose(page, "Passport");
    const data = (await (await fetch(`${product.base}/demo/specimen/passport.jpg`)).arrayBuffer());
    const base64 = Buffer.from(data).toString("base64");
    for (const kind of ["drop", "paste"]) {
      await page.evaluate(([kind, base64]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], "x.jpg", { type: "image/jpeg" }));
        window.dispatchEvent(kind === "drop"
          ? new DragEvent("drop", { dataTransfer: transfer, cancelable: true })
          : new ClipboardEvent("paste", { clipboardData: transfer }));
      }, [kind, base64]);
      await page.getByAltText("The picture you chose").waitFor();
      await page.getByRole("button", { name: "Choose another" }).click();
    }
  });

  it("takes a scan that is a PDF", async (t) => {
    const session = await begin();
    const page = await openPage(t, browser, desktop);
    await enter(page, session.redirect_url);
    await choose(page, "Passport");
    const jpeg = Buffer.from(await (await fetch(`${product.base}/demo/specimen/passport.jpg`)).arrayBuffer());
    await page.locator("idp-upload.live").waitFor();
    await page.locator("[data-part=file-input]").setInputFiles({ name: "scan.pdf", mimeType: "application/pdf", buffer: pdf(jpeg) });
    await page.getByRole("button", { name: "Send this picture" }).waitFor();
    assert.deepEqual(await inspect(page, "preview-pdf"), []);
    await page.getByRole("button", { name: "Send this picture" }).click();
    await page.waitForURL("**/result", { timeout: 60_000 });
    await page.getByRole("heading", { name: "Thank you, that worked" }).waitFor();
  });

  it("goes on by itself after a lost connection", async (t) => {
    const session = await begin();
    const page = await openPage(t, browser, phone);
    await enter(page, session.redirect_url);
    await choose(page, "Passport");
    await page.locator("[data-part=file-input]").setInputFiles(picture.passport);
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Send this picture" }).click();
    await page.getByText("You are offline.").waitFor();
    assert.deepEqual(await inspect(page, "offline"), []);
    await page.context().setOffline(false);
    await page.waitForURL("**/result", { timeout: 60_000 });
  });

  it("keeps a second tab and a second device in step", async (t) => {
    const session = await begin();
    const page = await openPage(t, browser, desktop);
    const other = await openPage(t, browser, phone);
    await enter(page, session.redirect_url);
    await enter(other, session.redirect_url);
    await choose(other, "Passport");
    await page.waitForURL("**/front");
    await give(other, picture.passport);
    await Promise.all([page, other].map((p) => p.waitForURL("**/result", { timeout: 60_000 })));
    // The link leads to the outcome for as long as it lasts; old pages do too.
    await page.goto(session.redirect_url);
    assert.match(page.url(), /\/result$/);
    await page.goto(page.url().replace(/result$/, "front"));
    assert.match(page.url(), /\/result$/);
  });

  it("goes on without events when a proxy swallows them", async (t) => {
    const session = await begin();
    const page = await openPage(t, browser, desktop);
    await page.route("**/events", () => {}); // never answered
    await enter(page, session.redirect_url);
    await choose(page, "Passport");
    await give(page, picture.passport);
    await page.waitForURL("**/result", { timeout: 60_000 });
  });

  it("works without JavaScript", async (t) => {
    const session = await begin();
    const page = await openPage(t, browser, desktop, { javaScriptEnabled: false });
    await enter(page, session.redirect_url);
    await choose(page, "Identity card");
    await page.screenshot({ path: path.join(product.dir, "plain.png") });
    for (const side of ["card", "card-back"]) {
      await page.getByLabel("Picture of the document").setInputFiles(picture[side]);
      await page.getByRole("button", { name: "Send this picture" }).click();
      await page.waitForURL(side === "card" ? "**/back" : "**/pictures");
    }
    await page.getByRole("button", { name: "Send for checking" }).click();
    await page.waitForURL("**/result", { timeout: 60_000 }); // the page asks by itself
    await page.getByRole("link", { name: "Back to" }).click();
    await page.getByRole("heading", { name: "Welcome back" }).waitFor();
  });

  it("leads to target_error after a cancellation", async (t) => {
    const session = await begin();
    const page = await openPage(t, browser, phone);
    await page.goto(session.redirect_url);
    await page.getByRole("link", { name: "Cancel" }).click();
    assert.deepEqual(await inspect(page, "cancel"), []);
    await page.getByRole("button", { name: "Stop the check" }).click();
    await page.getByRole("heading", { name: "Welcome back" }).waitFor();
    const back = new URL(page.url());
    assert.equal(back.pathname, "/stopped");
    assert.equal(back.searchParams.get("status"), "Cancelled");
    assert.equal(back.searchParams.get("relay_state"), "order 1&2");
    await page.goto(session.redirect_url);
    await page.getByRole("heading", { name: "You have stopped the check" }).waitFor();
    assert.deepEqual(await inspect(page, "cancelled"), []);
  });

  it("can be used with the keyboard alone, and speaks another language when asked", async (t) => {
    const session = await begin();
    const page = await openPage(t, browser, desktop);
    await enter(page, session.redirect_url);
    const press = async (key, times = 1) => { for (let i = 0; i < times; i++) await page.keyboard.press(key); };
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
    await press("Tab");
    assert.equal(await focused(), "Skip to content");
    await press("Tab");
    await press("Enter"); // the list of languages
    await press("Tab", 9);
    assert.equal(await focused(), "Svenska");
    await press("Enter");
    await page.getByRole("heading", { name: "Vilken handling vill du använda?" }).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "sv");
    assert.deepEqual(await inspect(page, "choose-sv"), []);
    await press("Tab", 4);
    assert.match(await focused(), /^Pass/);
    await press("Enter");
    await page.waitForURL("**/front");
    await page.locator("[data-part=file-input]").setInputFiles(picture.passport);
    assert.equal(await focused(), "Skicka bilden", "the focus follows");
    await press("Enter");
    await page.waitForURL("**/result", { timeout: 60_000 });
    await page.getByRole("heading", { name: "Tack, det gick bra" }).waitFor();
  });

  it("has a sensible page for links that do not work", async (t) => {
    const page = await openPage(t, browser, phone);
    await page.goto(`${product.base}/flow/nothing`);
    assert.deepEqual(await inspect(page, "link-unknown"), []);
    const session = await begin();
    await page.goto(`${product.base}/verify/${session.id}/document`);
    await page.getByRole("heading", { name: "Please open your link again" }).waitFor();
    assert.deepEqual(await inspect(page, "link-device"), []);
  });

  it("fits into 320 pixels and survives text twice as large", async (t) => {
    const session = await begin({ locale: "gr" });
    const page = await openPage(t, browser, { viewport: { width: 320, height: 640 }, locale: "el" });
    await page.goto(session.redirect_url);
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(await wide(), 0, "welcome");
    await start(page);
    assert.equal(await wide(), 0, "choose");
    await choose(page, "Άδεια οδήγησης");
    assert.equal(await wide(), 0, "picture");
    await page.evaluate(() => { document.documentElement.style.fontSize = "200%"; });
    assert.equal(await wide(), 0, "picture, large text");
    assert.deepEqual(await inspect(page, "large-text-el"), []);
  });

  it("runs in a frame of the merchant's page, and in nobody else's", async (t) => {
    await product.setMerchant({ allowed_origins: [merchant.base] });
    t.after(() => product.setMerchant({ allowed_origins: null }));
    const session = await begin();
    const page = await openPage(t, browser, desktop);
    await page.goto(`${merchant.base}/embed?address=${encodeURIComponent(session.redirect_url)}`);
    const frame = page.frameLocator("iframe");
    await frame.getByRole("button", { name: "Start" }).click();
    await frame.getByRole("link", { name: "Continue on this device" }).click();
    await frame.getByRole("button", { name: "Passport" }).click();
    await frame.locator("idp-upload.live").waitFor();
    await frame.locator("[data-part=file-input]").setInputFiles(picture.passport);
    await frame.getByRole("button", { name: "Send this picture" }).click();
    await frame.getByRole("heading", { name: "Thank you, that worked" }).waitFor({ timeout: 60_000 });
    assert.deepEqual(JSON.parse(await page.locator("output").innerText()), {
      origin: product.base,
      data: { type: "idproof.session", id: session.id, relay_state: "order 1&2", status: "Accepted" },
    });

    const stranger = await openPage(t, browser, desktop, {}, /frame-ancestors 'none'/);
    await stranger.goto(`${merchant.base.replace("127.0.0.1", "localhost")}/embed?address=${encodeURIComponent(session.redirect_url)}`);
    await sleep(1000);
    assert.equal(await stranger.frameLocator("iframe").getByRole("heading").count(), 0);
    assert.equal(await stranger.locator("output").innerText(), "");
  });

  it("finishes after kill -9 in the middle of an analysis", async (t) => {
    const session = await begin();
    const page = await openPage(t, browser, phone);
    await enter(page, session.redirect_url);
    await choose(page, "Passport");
    await give(page, picture.passport);
    await page.waitForURL(/\/(check|result)$/);
    await product.kill();
    await sleep(500);
    await product.restart();
    await page.waitForURL("**/result", { timeout: 120_000 });
    await page.getByRole("heading", { name: "Thank you, that worked" }).waitFor();
    await merchant.webhook("session_finished", session.id);
    await sleep(2000);
    const finished = new Set(merchant.webhooks.filter((w) => JSON.parse(w.body).id === session.id && JSON.parse(w.body).event === "session_finished")
      .map((w) => w.headers["webhook-id"]));
    assert.equal(finished.size, 1, "finished once");
  });
});

describe("demo page", { skip: missing, timeout: 300_000 }, () => {
  for (const [name, view] of Object.entries({ phone, desktop })) {
    it(`starts a check and shows its result on a ${name}`, async (t) => {
      const product = await startProduct(t);
      const { browser } = await startBrowser(t);
      const page = await openPage(t, browser, view);
      await page.goto(product.base);
      await page.evaluate(() => Promise.all([...document.images].map((i) => { i.loading = "eager"; return i.decode(); })));
      assert.deepEqual(await inspect(page, `demo-${name}`), []);
      await page.getByRole("button", { name: "Start a check" }).click();
      await start(page);
      await page.getByRole("button", { name: "Passport" }).click();
      const specimen = Buffer.from(await (await fetch(`${product.base}/demo/specimen/passport.jpg`)).arrayBuffer());
      await page.locator("[data-part=file-input]").setInputFiles({ name: "p.jpg", mimeType: "image/jpeg", buffer: specimen });
      await page.getByRole("button", { name: "Send this picture" }).click();
      await page.getByRole("link", { name: "Back to" }).click({ timeout: 60_000 });
      await page.getByText("signature right").first().waitFor();
      assert.deepEqual(await inspect(page, `demo-result-${name}`), []);
      await page.goto(product.base);
      await page.getByRole("button", { name: "Send by API Misprinted passport" }).click();
      await page.getByText("MRZ_CHECK_DIGIT_WRONG").first().waitFor({ timeout: 60_000 });
    });
  }
});

/** A PDF of one page, A4, with the picture on it (ISO 32000-1). */
function pdf(jpeg) {
  const { width, height } = size(jpeg);
  const place = `q 480 0 0 ${Math.round((480 * height) / width)} 57 300 cm /P Do Q`;
  const parts = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /P 5 0 R >> >> /Contents 4 0 R >>",
    `<< /Length ${place.length} >>\nstream\n${place}\nendstream`,
    Buffer.concat([
      Buffer.from(`<< /Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length ${jpeg.length} >>\nstream\n`),
      jpeg, Buffer.from("\nendstream"),
    ]),
  ];
  let file = Buffer.from("%PDF-1.4\n");
  const at = [];
  parts.forEach((part, i) => {
    at.push(file.length);
    file = Buffer.concat([file, Buffer.from(`${i + 1} 0 obj\n`), Buffer.from(part), Buffer.from("\nendobj\n")]);
  });
  const table = at.map((n) => `${String(n).padStart(10, "0")} 00000 n \n`).join("");
  return Buffer.concat([file, Buffer.from(
    `xref\n0 ${parts.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${parts.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`,
  )]);
}

/** The size that a JPEG's frame header tells (ITU-T T.81, B.2.2). */
function size(jpeg) {
  for (let i = 2; i < jpeg.length; i += 2 + jpeg.readUInt16BE(i + 2)) {
    const marker = jpeg[i + 1];
    if (marker >= 0xc0 && marker <= 0xc3) return { height: jpeg.readUInt16BE(i + 5), width: jpeg.readUInt16BE(i + 7) };
  }
  throw new Error("no frame");
}
