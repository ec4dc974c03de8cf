/* The site in Chromium without a screen: it asks nothing of another host, finds what is searched, is as wide as its window, and
 * axe-core finds nothing in it, light on a phone and dark on a desktop.
 *
 *   NODE_FOLDER=build/release/tests/browser SITE=out/site node site_browser.test.mjs
 *
 * NODE_FOLDER has node_modules (tests/browser/setup.sh). SHOTS: a folder for screenshots. CHROMIUM: the browser, where it is not
 * on the path. */
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {createReadStream, mkdirSync, readFileSync, readdirSync, statSync} from "node:fs";
import {createServer} from "node:http";
import {createRequire} from "node:module";
import path from "node:path";
import test from "node:test";

const need = (name) => process.env[name] || assert.fail(`${name} is not set`);
const require = createRequire(path.join(path.resolve(need("NODE_FOLDER")), "package.json"));
const {chromium} = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const site = path.resolve(need("SITE"));
const executablePath = process.env.CHROMIUM || execFileSync("sh", ["-c", "command -v chromium chromium-browser google-chrome | head -n 1"]).toString().trim();
const PHONE = {width: 360, height: 780}, DESKTOP = {width: 1280, height: 900};
const TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml",
  ".png": "image/png", ".woff2": "font/woff2"};

const server = createServer((request, answer) => {
  let file = path.join(site, decodeURIComponent(new URL(request.url, "http://site").pathname));
  if (statSync(file, {throwIfNoEntry: false})?.isDirectory()) file = path.join(file, "index.html");
  if (!file.startsWith(site) || !statSync(file, {throwIfNoEntry: false})) return answer.writeHead(404).end();
  answer.writeHead(200, {"Content-Type": TYPES[path.extname(file)] || "application/octet-stream"});
  createReadStream(file).pipe(answer);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const base = `http://127.0.0.1:${server.address().port}/`;
// no time limit of its own: a busy machine is slow, and ctest ends what hangs
const browser = await chromium.launch({executablePath, timeout: 0, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"]});
test.after(async () => { await browser.close(); server.close(); });

/* Does a test's work in a page, and sees that nothing was complained of or asked of another host meanwhile. */
const inPage = (name, options, work) => test(name, async () => {
  const context = await browser.newContext({viewport: DESKTOP, colorScheme: "light", ...options});
  context.setDefaultTimeout(0);
  context.setDefaultNavigationTimeout(0);
  const page = await context.newPage(), complaints = [], requests = [];
  // doxygen's pages name no icon, and browsers look for one
  page.on("console", (message) => message.location().url.endsWith("/favicon.ico") || complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("request", (request) => requests.push(request.url()));
  await work(page);
  assert.deepEqual(complaints, [], "console messages");
  assert.deepEqual(requests.filter((url) => !url.startsWith(base) && !/^(data|blob):/.test(url)), [], "requests");
  await context.close();
});

const every = readdirSync(site, {recursive: true}).filter((name) => name.endsWith(".html") && name !== "404.html");
const own = every.filter((name) => !name.startsWith("api/"));
const LOOKED_AT = ["index.html", "docs/claims.html", "docs/sweep-file-reference.html", "docs/faq.html", "scripts/slurm/one-node.sbatch.html"];

inPage("every page opens, asks nothing of others, and fits a phone", {viewport: PHONE}, async (page) => {
  assert.ok(own.length > 20);
  // each page's search would read its index anew, for most of the time; it is searched below
  await page.route("**/workers/search.*", (route) => route.fulfill({contentType: "text/javascript", body: ""}));
  for (const name of [...own, "api/index.html", "api/files.html", "api/engine_8h.html"]) {
    await page.goto(base + name);
    if (!name.startsWith("api/")) assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= PHONE.width, name);
  }
});

for (const [device, viewport, colorScheme] of [["phone", PHONE, "light"], ["desktop", DESKTOP, "dark"]])
  inPage(`axe finds nothing, ${device}, ${colorScheme}`, {viewport, colorScheme}, async (page) => {
    for (const name of LOOKED_AT.filter((one) => own.includes(one))) {
      await page.goto(base + name);
      assert.equal(await page.evaluate(() => document.body.dataset.mdColorScheme), colorScheme === "dark" ? "slate" : "default");
      await page.evaluate(axe);
      const found = await page.evaluate(() => axe.run({exclude: [".katex-html"]}, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}));
      assert.deepEqual(found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`), [], name);
    }
  });

inPage("code of 120 columns is not clipped in a window of 1280 pixels", {}, async (page) => {
  let seen = 0;
  for (const name of ["index.html", "docs/tutorial.html", "docs/cookbook.html", "docs/python.html", "docs/user-guide.html"]) {
    await page.goto(base + name);
    const blocks = await page.evaluate(() => [...document.querySelectorAll("article pre > code")].map((code) => ({
      columns: Math.max(...code.textContent.split("\n").map((line) => line.length)), clipped: code.scrollWidth - code.clientWidth,
      start: code.textContent.slice(0, 60)})));
    seen += blocks.filter((block) => block.columns > 110 && block.columns <= 120).length;
    assert.deepEqual(blocks.filter((block) => block.columns <= 120 && block.clipped > 0), [], name);
  }
  assert.ok(seen > 3);
});

test("a page that is opened from disk says how to search", async () => {
  const page = await browser.newPage();
  await page.goto(`file://${site}/index.html`);
  assert.match(await page.locator("header").innerText(), /To search: scripts\/site\.sh --serve/);
  await page.close();
});

inPage("formulas are set in KaTeX's own fonts", {}, async (page) => {
  await page.goto(`${base}docs/claims.html`);
  await page.evaluate(() => document.fonts.ready);
  assert.ok(await page.evaluate(() => document.fonts.check("16px KaTeX_Math")));
  const box = await page.locator(".katex-display .katex-html").first().boundingBox();
  assert.ok(box.height > 15 && box.width > 200);
});

inPage("the search finds words of a page and leads there", {}, async (page) => {
  await page.goto(base);
  await page.click("input[name=query]");
  await page.locator("input[name=query]").pressSequentially("checkpoint");
  const first = page.locator(".md-search-result__link").first();
  await first.waitFor();
  const address = await first.getAttribute("href");
  await first.click();
  await page.waitForURL((url) => url.pathname !== "/" && url.pathname !== "/index.html");
  assert.match(await page.locator("article").innerText(), /checkpoint/i, address);
});

inPage("the colours can be changed by hand", {}, async (page) => {
  await page.goto(base);
  await page.locator("label[for=__palette_2]").click();
  assert.equal(await page.evaluate(() => document.body.dataset.mdColorScheme), "slate");
});

if (process.env.SHOTS) test("screenshots", async () => {
  mkdirSync(process.env.SHOTS, {recursive: true});
  for (const colorScheme of ["light", "dark"])
    for (const [device, viewport] of [["phone", PHONE], ["desktop", DESKTOP]]) {
      const context = await browser.newContext({viewport, colorScheme}), page = await context.newPage();
      for (const name of LOOKED_AT) {
        await page.goto(base + name);
        await page.screenshot({path: path.join(process.env.SHOTS, `${path.basename(name, ".html")}-${device}-${colorScheme}.png`)});
      }
      await context.close();
    }
});
