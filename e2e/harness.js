// Starts the product in a folder of its own, with a browser and a receiver of
// webhooks, and takes all of it down again.
import { execFile, spawn } from "node:child_process";
import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createSocket } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const run = promisify(execFile);
const require = createRequire(import.meta.url);

export const root = fileURLToPath(new URL("..", import.meta.url));
export const binary = process.env.IDPROOF_BIN ?? path.join(root, "bin", "idproof");
const chrome = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why the tests cannot run here, or false. */
export const missing = !existsSync(binary)
  ? `${binary} is not built: make build`
  : !existsSync(chrome)
    ? `${chrome} is not installed`
    : false;

/** Pictures of every screen, to be looked at. */
export const shots = process.env.IDPROOF_SHOTS ?? path.join(tmpdir(), "idproof-shots");

async function freePort() {
  const socket = createSocket().listen(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

/** A running product: its address and the key of the development merchant. */
export async function startProduct(t, env = {}) {
  const dir = await mkdtemp(path.join(tmpdir(), "idproof-e2e-"));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const product = { base, dir, process: undefined, log: "" };
  const start = async () => {
    const child = spawn(binary, ["serve", "--listen", `127.0.0.1:${port}`, "--data-dir", path.join(dir, "data")], {
      cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"],
    });
    product.process = child;
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => { product.log += data; });
    for (let i = 0; ; i++) {
      if (child.exitCode !== null || i > 600) throw new Error(`the product does not start:\n${product.log}`);
      try {
        if ((await fetch(`${base}/healthz`)).ok) break;
      } catch {
        // Not yet.
      }
      await sleep(100);
    }
    product.key = (await readFile(path.join(dir, "data", "development.key"), "utf8")).trim();
  };
  const stop = async (signal) => {
    const child = product.process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  product.webhookSecret = async () => {
    const { stdout } = await run(binary, ["merchant", "secret", "development", "--data-dir", path.join(dir, "data")]);
    return stdout.trim().split("\n")[0];
  };
  product.setMerchant = (settings) =>
    run(binary, ["merchant", "set", "development", JSON.stringify(settings), "--data-dir", path.join(dir, "data")]);
  product.kill = () => stop("SIGKILL");
  product.restart = start;
  t.after(async () => {
    await stop("SIGTERM");
    await rm(dir, { recursive: true, force: true });
  });
  await start();
  return product;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls the API as a merchant's program does. */
export async function call(product, method, where, body) {
  const answer = await fetch(product.base + where, {
    method,
    headers: { Authorization: product.key, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

/** Gives the product that many other pictures to read, so that the next has to wait. */
export async function occupy(product, file, sessions) {
  const picture = new Blob([await readFile(file)], { type: "image/jpeg" });
  const headers = { Authorization: product.key };
  for (let i = 0; i < sessions; i++) {
    const { body } = await call(product, "POST", "/v3/scanning", {});
    const form = new FormData();
    form.append("document", picture, "picture.jpg");
    for (const [where, sent] of [["documents?documentType=document_front", form], ["analyses/", undefined]]) {
      const { status } = await fetch(`${product.base}/v3/scanning/${body.id}/${where}`, { method: "POST", headers, body: sent });
      if (status !== 201) throw new Error(`${where} answers ${status}`);
    }
  }
}

/** A merchant's server: takes webhooks, and is where people return to. */
export async function startMerchant(t) {
  const merchant = { webhooks: [], visits: [] };
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "POST") {
        merchant.webhooks.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(204).end();
        return;
      }
      if (request.url !== "/favicon.ico") merchant.visits.push(request.url);
      if (request.url.startsWith("/embed?")) {
        // A page that shows the flow inside itself and hears how it ended.
        const address = new URL(request.url, "http://x").searchParams.get("address");
        response.writeHead(200, { "Content-Type": "text/html" }).end(`<!doctype html><title>Shop</title>
          <iframe src="${address}" width="400" height="800" title="Check"></iframe><output></output>
          <script>addEventListener("message", (e) => { document.querySelector("output").textContent = JSON.stringify({ origin: e.origin, data: e.data }); });</script>`);
        return;
      }
      response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Shop</title><h1>Welcome back</h1>");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  merchant.base = `http://127.0.0.1:${server.address().port}`;
  merchant.webhook = async (event, id) => {
    for (let i = 0; i < 300; i++) {
      const found = merchant.webhooks.find((w) => {
        const message = JSON.parse(w.body);
        return message.event === event && message.id === id;
      });
      if (found !== undefined) return found;
      await sleep(100);
    }
    throw new Error(`no webhook ${event} in 30 s; got ${merchant.webhooks.map((w) => JSON.parse(w.body).event)}`);
  };
  t.after(() => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  }));
  return merchant;
}

/** Whether both signatures of a webhook are right. */
export function signed(webhook, secret) {
  const { headers, body } = webhook;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const standard = createHmac("sha256", key)
    .update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest("base64");
  const legacy = createHmac("sha256", secret).update(`${headers["webhook-timestamp"]}.${body}`).digest("hex");
  const same = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
  return headers["webhook-signature"].split(" ").some((s) => same(s, `v1,${standard}`))
    && same(headers["x-zignsec-hmac-sha256"], `t=${headers["webhook-timestamp"]},v1=${legacy}`)
    && Math.abs(Date.now() / 1000 - Number(headers["webhook-timestamp"])) < 300;
}

/** A browser with a profile of its own; `extra` are more arguments, such as those of a fake camera. */
export async function startBrowser(t, extra = []) {
  const profile = await mkdtemp(path.join(tmpdir(), "idproof-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chrome,
    headless: true,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync", ...extra],
  });
  const browser = context.browser();
  t.after(async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  });
  return { browser, context };
}

export const phone = {
  viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, locale: "en-GB",
};
export const desktop = { viewport: { width: 1280, height: 800 }, locale: "en-GB" };

/**
 * A page which fails the test on an error of its scripts and on everything that the content security
 * policy had to stop, but for complaints that are `expected`.
 */
export async function openPage(t, browser, view, options = {}, expected = /^$/) {
  const context = await browser.newContext({ ...view, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION/.test(message.text()) && !expected.test(message.text())) faults.push(message.text());
  });
  t.after(async () => {
    await context.close();
    if (faults.length > 0) throw new Error(`the page complains:\n${faults.join("\n")}`);
  });
  return page;
}

/** Opens a session's link and goes past the welcome, to where the session stands on this device. */
export async function enter(page, address) {
  await page.goto(address);
  await start(page);
}

/** From the welcome to the choice of a document, whatever the language. */
export async function start(page) {
  await page.locator("form[action$='/welcome'] button").click();
  await page.waitForURL(/\/(device|document)$/);
  if (page.url().endsWith("/device")) await page.locator("a[href$='?here']").click();
  await page.waitForURL("**/document");
}

const axe = readFile(require.resolve("axe-core/axe.min.js"), "utf8");

/** Looks at a page with axe and keeps a picture of it. What axe finds is the answer. */
export async function inspect(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true });
  // In a world of its own, past the page's content security policy.
  const session = await page.context().newCDPSession(page);
  try {
    const { frameTree } = await session.send("Page.getFrameTree");
    const { executionContextId } = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
    await session.send("Runtime.evaluate", { contextId: executionContextId, expression: await axe });
    const { result } = await session.send("Runtime.evaluate", {
      contextId: executionContextId, awaitPromise: true, returnByValue: true,
      expression: `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
        .then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ") + " " + n.failureSummary).join("; ")))`,
    });
    return result.value;
  } finally {
    await session.detach();
  }
}

/** Reads the JSON of the command line. */
export async function analyze(file) {
  const { stdout } = await run(binary, ["analyze", "--json", file], { cwd: root, maxBuffer: 1 << 26 });
  return JSON.parse(stdout);
}
