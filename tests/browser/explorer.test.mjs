/* The explorer in a browser: Chromium without a screen, driven by playwright-core, judged by axe-core; every number that the page
 * shows is compared with what explorer_expected.py found in the file.
 *
 *   NODE_FOLDER=build/release/tests/browser PAGES=FOLDER node explorer.test.mjs
 *
 * NODE_FOLDER has node_modules (setup.sh), FOLDER what explorer_expected.py makes. SHOTS: a folder for screenshots. CHROMIUM: the
 * browser, where it is not on the path. */
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import path from "node:path";
import test from "node:test";
import {pathToFileURL} from "node:url";

const need = (name) => process.env[name] || assert.fail(`${name} is not set`);
const require = createRequire(path.join(path.resolve(need("NODE_FOLDER")), "package.json"));
const {chromium} = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const pages = path.resolve(need("PAGES")), expected = JSON.parse(readFileSync(path.join(pages, "expected.json"), "utf8"));
const executablePath = process.env.CHROMIUM || execFileSync("sh", ["-c", "command -v chromium chromium-browser google-chrome | head -n 1"]).toString().trim();
const WAIT = 120_000; // milliseconds, of any one step
const PHONE = {width: 390, height: 844}, DESKTOP = {width: 1280, height: 900};
const MILLISECONDS_TO_OPEN = 2000, MILLISECONDS_OF_A_FRAME = 1000 / 30; // of processor time, at 100,000 networks

const browser = await chromium.launch({executablePath, timeout: WAIT, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"]});
test.after(() => browser.close());

/* Opens a page, does a test's work, and sees that nothing was complained of or asked of the network meanwhile. */
const inPage = (name, work, options = {}, file = "small.html") => test(name, async () => {
  const context = await browser.newContext({viewport: DESKTOP, colorScheme: "light", reducedMotion: "reduce", ...options}), complaints = [], requests = [];
  context.setDefaultTimeout(WAIT); // names what hangs
  context.setDefaultNavigationTimeout(WAIT);
  const page = await context.newPage(), address = pathToFileURL(path.join(pages, file)).href;
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("request", (request) => requests.push(request.url()));
  const open = async () => {
    await page.goto(address);
    await page.waitForFunction(() => document.documentElement.dataset.explorer === "ready");
  };
  if (file === "small.html") await open();
  await work(page, open);
  if (process.env.SHOTS) await page.screenshot({path: path.join(process.env.SHOTS, `${name.replace(/\W+/g, "-")}.png`), fullPage: true});
  assert.deepEqual(complaints, [], "console messages");
  assert.deepEqual(requests.filter((url) => url !== address && !/^(data|blob):/.test(url)), [], "requests");
  await context.close();
});

const whole = (number) => number.toLocaleString("en-GB");
const counted = (page, number, of = expected.networks) =>
  page.waitForFunction((text) => document.getElementById("count").textContent === text, `${whole(number)} of ${whole(of)} networks are brushed`);
const fields = (page, name) => page.locator(`#fields fieldset:has(legend:text-is("${name}"))`);
const openFields = (page) => page.evaluate(() => { document.getElementById("fields").open = true; });

/* Where an element is in the window, once nothing scrolls any more. */
async function settledBox(element) {
  await element.scrollIntoViewIfNeeded();
  for (let last, box = await element.boundingBox(); ; last = box) {
    await element.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
    box = await element.boundingBox();
    if (last && box.x === last.x && box.y === last.y) return box;
  }
}

/* A drag along an axis of the parallel coordinates, between two shares of its length from below. */
async function drag(page, name, from, to) {
  const at = await page.evaluate((wanted) => {
    const names = [...document.querySelectorAll("#fields legend")].map((one) => one.textContent), k = names.indexOf(wanted);
    const canvas = document.getElementById("parallel"), width = canvas.clientWidth;
    canvas.parentElement.parentElement.scrollLeft = (width * k) / names.length - 100;
    return {x: 48 + (k * (width - 96)) / (names.length - 1), height: canvas.clientHeight};
  }, name);
  const box = await settledBox(page.locator("#parallel")), y = (share) => box.y + at.height - 26 - (0.06 + 0.94 * share) * (at.height - 90);
  await page.mouse.move(box.x + at.x, y(from));
  await page.mouse.down();
  await page.mouse.move(box.x + at.x, y((from + to) / 2));
  await page.mouse.move(box.x + at.x, y(to));
  await page.mouse.up();
}

inPage("brushes by fields and by dragging keep the networks that the file says", async (page) => {
  await counted(page, expected.networks);
  await openFields(page);
  await fields(page, "depth").locator("label", {hasText: "1"}).locator("input").uncheck();
  await counted(page, expected.depth_2);
  await page.locator("#reset").click();
  await counted(page, expected.networks);
  await fields(page, "accuracy").locator("input").first().fill("0.75");
  await page.keyboard.press("Enter");
  await counted(page, expected.accurate);
  await page.locator("#reset").click();
  await drag(page, "depth", 0.8, 1.0);
  await counted(page, expected.depth_2);
  assert.equal(await fields(page, "depth").locator("input:checked").count(), 1);
  await page.locator("#reset").click();
  await fields(page, "status").locator("label", {hasText: "completed"}).locator("input").uncheck();
  await counted(page, expected.diverged);
  await page.locator("#reset").click();
  await drag(page, "loss", -0.005, 1.01); // all that have a loss
  await counted(page, expected.networks - expected.diverged);
});

inPage("lines are drawn in the colours of the chosen column, and a brush takes some away", async (page) => {
  const coloured = (series) => page.evaluate((name) => {
    const canvas = document.getElementById("parallel"), [r, g, b] = report.colour(name).match(/\d+/g).map(Number);
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", {willReadFrequently: true});
    copy.drawImage(canvas, 0, 0);
    const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
    let found = 0;
    for (let i = 0; i < pixels.length; i += 4)
      if (pixels[i + 3] > 150 && Math.abs(pixels[i] - r) + Math.abs(pixels[i + 1] - g) + Math.abs(pixels[i + 2] - b) < 60) found++;
    return found;
  }, series);
  await page.locator("#colour").selectOption({label: "depth"});
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  const [one, two] = [await coloured("series-0"), await coloured("series-1")];
  assert.ok(one > 500 && two > 500, `${one} and ${two} pixels`);
  await openFields(page);
  await fields(page, "depth").locator("label", {hasText: "1"}).locator("input").uncheck();
  await counted(page, expected.depth_2);
  assert.ok(await coloured("series-0") < one / 20, "lines of depth 1 are gone");
});

inPage("a heat map has the medians of the file, says what it pools, and facets share its scale", async (page) => {
  await page.locator("#map-y").selectOption({label: "init"});
  await page.locator("#map-x").selectOption({label: "depth"});
  await page.locator("#map-value").selectOption({label: "loss"});
  assert.match(await page.locator("#map-note").textContent(), /^36 brushed networks per cell; pooled: learning_rate, replicate\.$/);
  const chart = page.locator("#map-figures .chart");
  await chart.focus();
  await page.keyboard.press("ArrowRight"); // the first row is the first initialiser, zeros
  const shown = await page.locator("#map-figures .readout").textContent(), number = await page.evaluate((value) => report.number(value), expected.cell_median);
  assert.match(shown, /^init zeros, depth 1: median loss /);
  assert.equal(shown.split("median loss ")[1], number);
  await page.locator("#map-facet").selectOption({label: "learning_rate"});
  assert.equal(await page.locator("#map-figures figure").count(), 6);
  const ends = await page.locator("#map-figures .chart svg").evaluateAll((all) => all.map((svg) => [...svg.querySelectorAll("g.soft:last-of-type text")].slice(0, 2).map((one) => one.textContent).join(" to ")));
  assert.equal(new Set(ends).size, 1, String(ends));
});

inPage("the table sorts, a number opens its network with the command that replays it, and the CSV is what is brushed", async (page) => {
  await page.locator("#networks thead button", {hasText: /^loss$/}).click();
  assert.equal(await page.locator("#networks th[aria-sort]").getAttribute("aria-sort"), "ascending");
  const first = page.locator("#networks tbody tr").first();
  assert.equal(await first.locator("button").textContent(), String(expected.best));
  await first.locator("button").focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), `Network ${expected.best}`);
  assert.equal(await page.locator("#network pre").textContent(), `initsweep replay small.h5 --network ${expected.best}`);
  assert.equal(await page.locator('#network dt:text-is("learning_rate") + dd').textContent(), await page.evaluate((value) => report.number(value), expected.rate_of_best));
  assert.equal(await page.locator("#network .chart canvas").count(), 1);
  await openFields(page);
  await fields(page, "depth").locator("label", {hasText: "1"}).locator("input").uncheck();
  await counted(page, expected.depth_2);
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#csv").click()]);
  assert.equal(download.suggestedFilename(), "small.csv");
  const rows = readFileSync(await download.path(), "utf8").trim().split("\n").map((line) => line.split(","));
  assert.equal(rows.length, 1 + expected.depth_2);
  const [network, depth, loss] = ["network", "depth", "loss"].map((name) => rows[0].indexOf(name));
  for (const row of rows.slice(1)) {
    assert.equal(row[depth], "2");
    const value = expected.losses[Number(row[network])];
    assert.ok(value === null ? row[loss] === "" : Math.abs(Number(row[loss]) - value) <= 1e-6 * value, row.join());
  }
});

inPage("trajectories are those of brushed networks, and lead to one of them", async (page) => {
  await openFields(page);
  await fields(page, "loss").locator("input").last().fill("0.01");
  await page.keyboard.press("Enter");
  const good = expected.losses.flatMap((loss, network) => (loss !== null && loss <= 0.01 ? [network] : []));
  await counted(page, good.length);
  const listed = (await page.locator("#trajectories .numbers button").allTextContents()).map(Number);
  assert.ok(listed.length > 3 && listed.every((network) => good.includes(network)), String(listed));
  assert.match(await page.locator("#trajectories .description").textContent(), new RegExp(`^${listed.length} of ${good.length} brushed networks`));
  await page.locator("#trajectories .numbers button").nth(1).click();
  assert.equal(await page.locator("#network-title").textContent(), `Network ${listed[1]}`);
  await page.locator("#parallel").scrollIntoViewIfNeeded();
  const box = await settledBox(page.locator("#parallel"));
  await page.mouse.click(box.x + 48 + 30, box.y + 64 + 2); // beside the first axis, where its topmost lines begin
  assert.match(await page.locator("#network-title").textContent(), /^Network \d+$/);
});

for (const [colorScheme, name, viewport] of [["light", "phone", PHONE], ["dark", "desktop", DESKTOP]])
  inPage(`axe finds nothing, and nothing is wider than the screen, ${colorScheme}, ${name}`, async (page) => {
    await openFields(page);
    await page.locator("#map-facet").selectOption({label: "depth"});
    await page.locator("#networks tbody button").first().click();
    const wide = await page.evaluate(() => {
      const room = document.documentElement.clientWidth;
      return {page: document.documentElement.scrollWidth - room, parts: [...document.querySelectorAll("main *")]
        .filter((one) => !one.closest(".wide, .scroll, pre, .legend, .hidden") && one.getBoundingClientRect().right > room + 1)
        .slice(0, 5).map((one) => `${one.tagName}.${one.className.baseVal ?? one.className}`)};
    });
    assert.deepEqual(wide, {page: 0, parts: []});
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run(document, {resultTypes: ["violations"]}));
    assert.deepEqual(found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`), []);
  }, {colorScheme, viewport});

inPage("100,000 networks open within two seconds and are brushed at 30 frames a second, of processor time", async (page, open) => {
  assert.ok(expected.large >= 100000 && expected.large_bytes <= 20e6, `${expected.large} networks, ${expected.large_bytes} bytes`);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", {timeDomain: "threadTicks"});
  const used = async () => 1000 * (await session.send("Performance.getMetrics")).metrics.find((one) => one.name === "TaskDuration").value;
  const before = await used();
  await open();
  const opened = await used();
  assert.ok(opened - before < MILLISECONDS_TO_OPEN, `${opened - before} ms to open`);
  await counted(page, expected.large, expected.large);
  assert.match(await page.locator("#drawn").textContent(), /^An even sample of 2,000 of the 100,800 brushed networks is drawn/);
  const box = await settledBox(page.locator("#parallel")), frames = 20, start = await used();
  await page.mouse.move(box.x + 48, box.y + 370);
  await page.mouse.down();
  for (let k = 1; k <= frames; k++) {
    await page.mouse.move(box.x + 48, box.y + 370 - 14 * k);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  const each = (await used() - start) / frames;
  await page.mouse.up();
  assert.ok(each < MILLISECONDS_OF_A_FRAME, `${each} ms for each frame of a brush`);
}, {}, "large.html");
