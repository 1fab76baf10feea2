// The console of a merchant's people in a real browser, wide and narrow, with
// and without scripts: that it can be used, read aloud, and obeys its own policy.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { binary, desktop, inspect, missing, openPage, phone, startBrowser, startMerchant, startProduct } from "./harness.js";

const run = promisify(execFile);
const password = "five wet otters";
const sizes = { wide: desktop, narrow: phone };

/** A link for a new person of the development merchant. */
async function invite(product, email, role) {
  const { stdout } = await run(binary, ["merchant", "user", "add", "development", email, "--role", role, "--base-url", product.base, "--data-dir", path.join(product.dir, "data")]);
  return stdout.match(/link: (\S+)/)[1];
}

async function enter(page, link) {
  await page.goto(link);
  await page.getByLabel("New password").fill(password);
  await page.getByLabel("The same again").fill(password);
  await page.getByRole("button", { name: "Set password and sign in" }).click();
}

/** Nothing is wider than the window. */
async function fits(page, name) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${name} is ${over} pixels too wide`);
}

test("console", { skip: missing, timeout: 240_000 }, async (t) => {
  const product = await startProduct(t);
  const merchant = await startMerchant(t);
  const { browser } = await startBrowser(t);

  for (const [size, view] of Object.entries(sizes)) {
    await t.test(`an administrator's day, ${size}`, async (t) => {
      const page = await openPage(t, browser, view, {}, /the server responded with a status of 4/);
      const look = async (name) => {
        assert.deepEqual(await inspect(page, `console-${name}-${size}`), [], name);
        await fits(page, name);
      };
      await page.goto(`${product.base}/console`);
      await look("sign-in");
      await page.getByLabel("E-mail address").fill("nobody@shop.example");
      await page.getByLabel("Password").fill("not the password");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("alert").waitFor();
      await look("refused");
      const link = await invite(product, `anna-${size}@shop.example`, "admin");
      await page.goto(link);
      await look("welcome");
      await enter(page, link);
      await page.waitForURL("**/console/settings/pages");
      for (const group of ["pages", "checks", "risks", "phone", "access", "legal", "retention", "policy"]) {
        await page.goto(`${product.base}/console/settings/${group}`);
        await look(`settings-${group}`);
      }

      // A change, a mistake, and a second tab that is too late.
      await page.goto(`${product.base}/console/settings/checks`);
      const late = await page.context().newPage();
      await late.goto(`${product.base}/console/settings/checks`);
      await page.getByLabel("Attempts").fill("50");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("From 1 to 20").waitFor();
      await look("settings-wrong");
      await page.getByLabel("Attempts").fill(size === "wide" ? "4" : "6");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("Saved as revision").waitFor();
      await look("settings-saved");
      await late.getByLabel("Attempts").fill("9");
      await late.getByRole("button", { name: "Save" }).click();
      await late.getByText("Somebody else has changed").waitFor();
      assert.deepEqual(await inspect(late, `console-settings-conflict-${size}`), []);
      assert.equal(await late.getByLabel("Attempts").inputValue(), "9");
      await late.close();

      await page.goto(`${product.base}/console/keys`);
      await page.getByLabel("Your name for it").fill("Till");
      await page.getByLabel("Test: for trying out, with outcomes of your choice").check();
      await page.getByRole("button", { name: "Make key" }).click();
      const key = await page.locator("code[data-copy]").textContent();
      assert.match(key, /^idp_test_/);
      await page.getByRole("button", { name: "Copy" }).waitFor();
      await look("keys");
      await page.locator("details.sure summary").last().click();
      await look("keys-sure");
      await page.getByRole("button", { name: "End this key now" }).click();
      await page.getByText("The key has ended.").waitFor();

      await page.goto(`${product.base}/console/settings/access`);
      await page.getByLabel("Receiver of webhooks").fill(`${merchant.base}/hooks`);
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("status").waitFor();
      await page.goto(`${product.base}/console/webhooks`);
      await page.getByRole("button", { name: "Send a test" }).click();
      await page.getByText("A test is on its way").waitFor();
      await page.getByRole("button", { name: "Add a secret" }).click();
      await page.getByText("This is the new secret").waitFor();
      await page.goto(`${product.base}/console/webhooks?state=delivered`);
      for (let i = 0; i < 50 && await page.locator("#log .rows a").count() === 0; i++) {
        await page.waitForTimeout(100);
        await page.reload();
      }
      await look("webhooks");
      await page.locator("#log .rows a").first().click();
      await look("webhook");
      await page.getByRole("button", { name: "Send again" }).click();
      await page.getByText("on its way again").waitFor();
      await page.getByRole("link", { name: "Changes" }).click();
      await look("changes");
      await page.getByRole("link", { name: "Your account" }).click();
      await look("account");
      await page.getByRole("button", { name: "Sign out", exact: true }).click();
      await page.getByText("You are signed out.").waitFor();
    });
  }

  await t.test("in the dark", async (t) => {
    const page = await openPage(t, browser, desktop, { colorScheme: "dark" });
    await enter(page, await invite(product, "dora@shop.example", "admin"));
    for (const at of ["settings/policy", "settings/checks", "keys", "webhooks"]) {
      await page.goto(`${product.base}/console/${at}`);
      assert.deepEqual(await inspect(page, `console-${at.replace("/", "-")}-dark`), [], at);
    }
  });

  await t.test("without scripts, and only by keyboard", async (t) => {
    const page = await openPage(t, browser, phone, { javaScriptEnabled: false });
    await enter(page, await invite(product, "kim@shop.example", "admin"));
    await page.goto(`${product.base}/console/settings/pages`);
    await page.getByLabel("Name on the pages").fill("Kim's shop");
    await page.getByLabel("Name on the pages").press("Enter");
    await page.getByText("Saved as revision").waitFor();
    assert.equal(await page.getByLabel("Name on the pages").inputValue(), "Kim's shop");
    await page.goto(`${product.base}/console/keys`);
    await page.getByRole("button", { name: "Make key" }).press("Enter");
    assert.match(await page.locator("code[data-copy]").textContent(), /^idp_/);
  });

  await t.test("a reviewer sees no settings", async (t) => {
    const page = await openPage(t, browser, desktop, {}, /the server responded with a status of 404/);
    await enter(page, await invite(product, "rita@shop.example", "reviewer"));
    await page.getByText("reviewer of Development").waitFor();
    assert.equal(await page.getByRole("link", { name: "Settings" }).count(), 0);
    assert.deepEqual(await inspect(page, "console-reviewer"), []);
    const answer = await page.goto(`${product.base}/console/settings/pages`);
    assert.equal(answer.status(), 404);
    assert.deepEqual(await inspect(page, "console-notfound"), []);
  });
});
