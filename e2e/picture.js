// Makes docs/images/flow.png: the hosted flow at work on a specimen, beside
// what the merchant's program gets. Run with: npm run picture
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { call, enter, missing, phone, root, startBrowser, startProduct } from "./harness.js";

if (missing) throw new Error(missing);
const ends = [];
const scope = { after: (end) => ends.push(end) };
try {
  const product = await startProduct(scope);
  await product.setMerchant({ display_name: "Nordic Rentals" });
  const { browser } = await startBrowser(scope);
  const specimen = Buffer.from(await (await fetch(`${product.base}/demo/specimen/passport.jpg`)).arrayBuffer());
  const { body: session } = await call(product, "POST", "/v3/scanning", {
    locale: "en", relay_state: "order-42", target: `${product.base}/demo/result`,
  });

  const context = await browser.newContext({ ...phone, reducedMotion: "reduce" });
  const page = await context.newPage();
  const screens = [];
  const keep = async () => {
    await page.evaluate(() => document.activeElement?.blur());
    screens.push((await page.screenshot()).toString("base64"));
  };
  await enter(page, session.redirect_url);
  await keep();
  await page.getByRole("button", { name: "Passport" }).click();
  await page.locator("idp-upload.live").waitFor();
  await page.locator("[data-part=file-input]").setInputFiles({ name: "passport.jpg", mimeType: "image/jpeg", buffer: specimen });
  await page.getByAltText("The picture you chose").waitFor();
  await keep();
  await page.getByRole("button", { name: "Send this picture" }).click();
  await page.waitForURL("**/result", { timeout: 60_000 });
  await page.waitForLoadState("networkidle");
  await keep();

  const { body: result } = await call(product, "GET", `/v3/scanning/${session.id}`);
  const mrz = result.document.mrz;
  const shown = {
    relay_state: result.relay_state,
    status: result.status,
    identity: pick(result.identity, ["first_name", "last_name", "date_of_birth", "gender", "nationality"]),
    document: {
      ...pick(result.document, ["type", "document_number", "date_of_expiry"]),
      mrz: { format: mrz.format, lines: mrz.lines.map((l) => `${l.slice(0, 23)}…`), valid: mrz.valid, certainty: mrz.certainty },
    },
  };
  const json = JSON.stringify(shown, null, 2)
    .replace(/&/g, "&amp;").replace(/</g, "&lt;")
    .replace(/"([^"]*)"(:)?/g, (_, text, colon) => `<i class="${colon ? "k" : "s"}">"${text}"</i>${colon ?? ""}`)
    .replace(/: (true|false|\d+)/g, ': <i class="n">$1</i>');
  const sheet = await (await browser.newContext({ viewport: { width: 1450, height: 700 } })).newPage();
  await sheet.setContent(`<style>
    body { margin: 0; height: 700px; display: flex; align-items: center; justify-content: center; gap: 22px; background: #e4e7f4; font-family: system-ui, sans-serif; }
    img { width: 290px; height: 596px; border-radius: 30px; border: 7px solid #14182a; box-shadow: 0 18px 40px -16px #14182a80; }
    pre { margin: 0 0 0 6px; width: 372px; box-sizing: border-box; padding: 22px 20px; border-radius: 18px; background: #14182a; color: #e6e9f7; font: 12.5px/1.65 "DejaVu Sans Mono", monospace; box-shadow: 0 18px 40px -16px #14182a80; overflow: hidden; }
    b { display: block; margin-bottom: 12px; color: #a9b4ff; font: 600 13px system-ui, sans-serif; }
    i { font-style: normal; } .k { color: #9db4ff; } .s { color: #a5e0b8; } .n { color: #f4c98b; }
  </style>${screens.map((s) => `<img src="data:image/png;base64,${s}">`).join("")}<pre><b>GET /v3/scanning/{id}</b>${json}</pre>`);
  await sheet.waitForTimeout(300);
  const file = path.join(root, "docs", "images", "flow.png");
  await mkdir(path.dirname(file), { recursive: true });
  const png = await sheet.screenshot();
  await writeFile(file, png);
  console.log(`${file}: ${png.length} bytes`);
} finally {
  for (const end of ends.reverse()) await end();
}

function pick(object, keys) {
  return Object.fromEntries(keys.map((key) => [key, object[key]]));
}
