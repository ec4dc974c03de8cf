/* The report in a browser: Chromium without a screen, driven by playwright-core, judged by axe-core and beyond it.
 *
 *   NODE_FOLDER=build/release/tests/browser REPORT=out/claims/report.html node report.test.mjs
 *
 * NODE_FOLDER has node_modules (npm ci). FIXTURE=1: the report is the one of sample_report.py, whose content is known.
 * SHOTS: a folder for screenshots. CHROMIUM: the browser, where it is not on the path. */
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {mkdirSync, readFileSync} from "node:fs";
import {createRequire} from "node:module";
import path from "node:path";
import test from "node:test";
import {pathToFileURL} from "node:url";

const need = (name) => process.env[name] || assert.fail(`${name} is not set`);
const require = createRequire(path.join(path.resolve(need("NODE_FOLDER")), "package.json"));
const {chromium} = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const address = pathToFileURL(path.resolve(need("REPORT"))).href;
const fixture = process.env.FIXTURE === "1";
const executablePath = process.env.CHROMIUM || execFileSync("sh", ["-c", "command -v chromium chromium-browser google-chrome | head -n 1"]).toString().trim();
const PHONE = {width: 390, height: 844}, DESKTOP = {width: 1280, height: 900};

// no time limit of its own: a busy machine is slow, and ctest ends what hangs
const browser = await chromium.launch({executablePath, timeout: 0, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"]});
test.after(() => browser.close());

/* A page with the report, and what went wrong in it. */
async function open(options = {}) {
  const context = await browser.newContext({viewport: DESKTOP, colorScheme: "light", ...options});
  context.setDefaultTimeout(0);
  context.setDefaultNavigationTimeout(0);
  const page = await context.newPage(), complaints = [], requests = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(address);
  if (options.javaScriptEnabled !== false) await page.waitForFunction(() => document.documentElement.dataset.ready === "true");
  return {page, complaints, requests, close: () => context.close()};
}

/* Opens the report, does a test's work, and sees that nothing was complained of or asked of the network meanwhile. */
const inPage = (name, work, options) => test(name, async () => {
  const opened = await open(options);
  try {
    await work(opened.page);
    assert.deepEqual(opened.complaints, [], "console messages");
    assert.deepEqual(opened.requests.filter((url) => url !== address && !url.startsWith("data:")), [], "requests");
  } finally {
    await opened.close();
  }
});

const charts = (page) => page.locator("[data-figure] .chart").all();

inPage("every chart is drawn, in its series' colours", async (page) => {
  const drawn = await page.evaluate(() => {
    const data = JSON.parse(document.getElementById("report-data").textContent).figures;
    const rgb = (index) => report.colour(`series-${index % 8}`).match(/\d+/g).map(Number);
    return [...document.querySelectorAll("[data-figure]")].map((part) => {
      const figure = data[part.dataset.figure], canvas = part.querySelector("canvas"), svg = part.querySelector(".chart svg");
      const keys = (figure.select || []).map((key) => [key.name, String(key.options[0])]);
      const shown = (one) => keys.every(([name, option]) => !one.keys || one.keys[name] === undefined || String(one.keys[name]) === option);
      const lines = (figure.series || []).filter((one) => !one.cells && shown(one));
      const labels = [...new Set((figure.series || []).filter((one) => !one.cells).map((one) => one.label))];
      const count = (one) => one.y.filter((y, i) => Number.isFinite(y) && Number.isFinite(one.x[i])
        && !(figure.y.scale === "log" && y < 0) && !(figure.x.scale === "log" && one.x[i] < 0)).length;
      if (figure.kind === "curves") {
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        const missing = lines.filter((one) => count(one) > 1).filter((one) => {
          const [r, g, b] = rgb(labels.indexOf(one.label));
          for (let i = 0; i < pixels.length; i += 4)
            if (pixels[i + 3] > 200 && Math.abs(pixels[i] - r) + Math.abs(pixels[i + 1] - g) + Math.abs(pixels[i + 2] - b) < 24) return false;
          return true;
        });
        return {id: figure.id, good: lines.length > 0, missing: missing.map((one) => one.label), lines: lines.length};
      }
      if (figure.kind === "points") {
        const marks = svg.querySelectorAll("path[fill]:not([fill=none])").length, wanted = lines.reduce((sum, one) => sum + count(one), 0);
        return {id: figure.id, good: marks === wanted, marks, wanted};
      }
      const cells = ((figure.series || []).find((one) => one.cells && shown(one)) || figure).cells.flat();
      const colours = new Set([...svg.querySelectorAll("rect[fill^='#']")].map((one) => one.getAttribute("fill")));
      return {id: figure.id, good: svg.querySelector("image") !== null || cells.every((v) => !Number.isFinite(v)) || colours.size > 0};
    });
  });
  for (const one of drawn) {
    assert.ok(one.good, JSON.stringify(one));
    // equal curves hide each other; in the fixture none do
    if (one.missing) assert.ok(fixture ? one.missing.length === 0 : one.missing.length < one.lines, JSON.stringify(one));
  }
  if (fixture) assert.equal(drawn.length, 7);
});

inPage("every link survives that the page is mailed: it leads to a place in the page, and ids are unique", async (page) => {
  const found = await page.evaluate(() => {
    const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
    return {links: [...document.querySelectorAll("[href], [src]")].map((one) => one.getAttribute("href") || one.getAttribute("src")),
            twice: ids.filter((id, i) => ids.indexOf(id) !== i), ids};
  });
  assert.deepEqual(found.twice, []);
  assert.ok(found.links.filter((link) => link.startsWith("#")).length > 8);
  for (const link of found.links)
    assert.ok(link.startsWith("#") ? found.ids.includes(link.slice(1)) : link.startsWith("data:"), link);
});

for (const colorScheme of ["light", "dark"])
  for (const [name, viewport] of [["desktop", DESKTOP], ["phone", PHONE]])
    inPage(`axe finds nothing, ${colorScheme}, ${name}`, async (page) => {
      // rows of data are all alike, and axe looks at each for long
      await page.evaluate(() => {
        document.querySelectorAll("details").forEach((one) => { one.open = true; });
        document.querySelectorAll("table.data tbody tr:nth-child(n + 4)").forEach((one) => one.remove());
      });
      await page.evaluate(axe);
      const found = await page.evaluate(() => window.axe.run(document, {resultTypes: ["violations"]}));
      assert.deepEqual(found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`), []);
    }, {colorScheme, viewport});

inPage("every chart has a name, a way by keys that is announced, and a table", async (page) => {
  const session = await page.context().newCDPSession(page);
  for (const chart of await charts(page)) {
    const id = await chart.evaluate((one) => one.parentElement.dataset.figure);
    await chart.evaluate((one) => { one.id = "under-test"; });
    const {root} = await session.send("DOM.getDocument");
    const {nodeId} = await session.send("DOM.querySelector", {nodeId: root.nodeId, selector: "#under-test"});
    const {nodes} = await session.send("Accessibility.getPartialAXTree", {nodeId, fetchRelatives: false});
    await chart.evaluate((one) => one.removeAttribute("id"));
    assert.ok(nodes[0].name && nodes[0].name.value.length > 8, `${id}: name`);
    assert.ok(nodes[0].description && nodes[0].description.value.length > 8, `${id}: description`);
    // from the element before it, Tab comes to the chart
    assert.ok(await chart.evaluate((one) => one.tabIndex === 0), `${id}: in the order of Tab`);
    const readout = page.locator(`[data-figure="${id}"] .readout`), said = new Set();
    await chart.focus();
    for (const key of ["ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft", "End"]) {
      await page.keyboard.press(key);
      said.add(await readout.textContent());
      assert.equal(await readout.getAttribute("aria-live"), "polite", `${id}: live`);
    }
    assert.ok(said.size >= 2 && !said.has(""), `${id}: keys say ${[...said].join(" | ")}`);
    await page.keyboard.press("Escape");
    assert.equal(await readout.textContent(), "", `${id}: Escape`);
    await page.keyboard.press("Tab");
    assert.ok(await chart.evaluate((one) => document.activeElement !== one), `${id}: Tab leaves`);
    const table = await page.evaluate((name) => {
      const tables = [...document.querySelectorAll(`[data-figure="${name}"] table.data`)].filter((one) => !one.hidden);
      return {tables: tables.length, heads: tables[0] && tables[0].querySelectorAll("thead th[scope=col]").length,
              rows: tables[0] && tables[0].querySelectorAll("tbody tr").length};
    }, id);
    assert.ok(table.tables >= 1 && table.heads >= 2 && table.rows >= 1, `${id}: table ${JSON.stringify(table)}`);
  }
});

inPage("hovering a chart says what is there", async (page) => {
  for (const chart of await charts(page)) {
    await chart.scrollIntoViewIfNeeded();
    const box = await chart.boundingBox(), readout = chart.locator("xpath=..").locator(".readout"), said = new Set();
    for (const i of [3, 5, 7, 9])
      for (const part of [0.2, 0.45, 0.7]) {
        await page.mouse.move(box.x + (box.width * i) / 10, box.y + box.height * part);
        said.add(await readout.textContent());
      }
    assert.ok([...said].some((text) => text !== ""), `${await chart.getAttribute("aria-label")}: ${[...said]}`);
  }
});

inPage("choosing an option draws another choice and shows its table", async (page) => {
  for (const part of await page.locator("[data-figure]:has(.controls input, .controls select)").all()) {
    const state = () => part.evaluate((one) => ({label: one.querySelector(".chart").getAttribute("aria-label"),
      tables: [...one.querySelectorAll("[data-choice]")].filter((table) => !table.hidden).map((table) => table.dataset.choice)}));
    const before = await state();
    assert.equal(new Set(before.tables).size, 1);
    const radio = part.locator(".controls input[type=radio]:not(:checked)");
    if (await radio.count()) {
      await radio.first().focus();
      await page.keyboard.press("Space");
    } else await part.locator(".controls select").first().selectOption({index: 1});
    const after = await state();
    assert.notEqual(after.label, before.label);
    assert.notDeepEqual(after.tables, before.tables);
  }
});

for (const width of [320, 390, 768, 1280])
  inPage(`nothing is wider than the screen at ${width} pixels`, async (page) => {
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
    const wide = await page.evaluate(() => {
      const room = document.documentElement.clientWidth, scrolls = (one) => one.closest(".scroll, pre, .legend, .hidden, thead, .contents");
      return {page: document.documentElement.scrollWidth - room, parts: [...document.querySelectorAll("main *")]
        .filter((one) => !scrolls(one) && one.getBoundingClientRect().right > room + 1).slice(0, 5).map((one) => `${one.tagName}.${one.className.baseVal ?? one.className}: ${one.textContent.slice(0, 40)}`)};
    });
    assert.deepEqual(wide, {page: 0, parts: []});
  }, {viewport: {width, height: 800}});

inPage("the theme follows the system, and the button changes and keeps it", async (page) => {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper(), picture = () => page.evaluate(() => { const canvas = document.querySelector("canvas"); return canvas ? canvas.toDataURL() : ""; });
  const drawn = await picture();
  await page.emulateMedia({colorScheme: "dark"});
  const dark = await paper();
  assert.notEqual(dark, light);
  await page.click("#theme");
  assert.equal(await paper(), light);
  await page.click("#theme");
  assert.equal(await paper(), dark);
  if (drawn) assert.notEqual(await picture(), drawn);
  await page.emulateMedia({colorScheme: "light"});
  await page.reload();
  assert.equal(await paper(), dark);
});

inPage("on paper it is light, with figures, whatever the screen's theme", async (page) => {
  const bytes = await page.pdf({format: "A4"});
  assert.ok(bytes.length > 20000);
  await page.emulateMedia({media: "print"});
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
  const ink = await page.evaluate(() => getComputedStyle(document.body).color.match(/\d+/g).map(Number));
  assert.ok(ink.every((part) => part < 80), String(ink));
}, {colorScheme: "dark"});

inPage("without JavaScript text, tables and images are there", async (page) => {
  assert.ok((await page.locator("main").innerText()).length > 1000);
  assert.ok(await page.locator("table.overview tbody tr").count() >= 1);
  const count = await page.locator("[data-figure]").count(), images = await page.locator("[data-figure] img").all();
  assert.equal(images.length, count);
  for (const image of images) {
    assert.ok(await image.getAttribute("alt"));
    await image.scrollIntoViewIfNeeded();
    assert.ok(await image.evaluate((one) => one.complete && one.naturalWidth > 100));
  }
  assert.equal(await page.locator("#theme").isVisible(), false);
}, {javaScriptEnabled: false});

inPage("the page can be gone through by Tab, and every stop is seen", async (page) => {
  const stops = [];
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const one = document.activeElement, style = getComputedStyle(one), next = one.nextElementSibling && getComputedStyle(one.nextElementSibling);
      return {what: one.tagName + one.className, seen: style.outlineStyle !== "none" || (next && next.outlineStyle !== "none")};
    });
    if (stop.what.startsWith("BODY")) break;
    stops.push(stop);
  }
  assert.ok(stops.length > 10);
  assert.deepEqual(stops.filter((stop) => !stop.seen), []);
});

if (fixture) {
  inPage("text from JSON stays text", async (page) => {
    assert.equal(await page.evaluate(() => window.broken), undefined);
    assert.equal(await page.locator("main script, main img[src=x], main b").count(), 0);
    assert.match(await page.locator("#C01 h2").textContent(), /<\/script><script>window\.broken = 1<\/script><img src=x/);
    assert.match(await page.locator("#C01 .sweep").textContent(), /<b>Not bold<\/b> & plain/);
    assert.match(await page.locator("#C01 .chart").first().getAttribute("aria-label"), /<\/script>/);
  });

  inPage("all four verdicts stand in words, and one against its prediction is marked", async (page) => {
    const rows = await page.locator("table.overview tbody tr").allInnerTexts();
    assert.equal(rows.length, 4);
    ["TRUE", "FALSE", "CONDITIONAL", "NOT DECIDED"].forEach((verdict, i) => assert.ok(rows[i].includes(verdict), rows[i]));
    assert.deepEqual(rows.map((row) => row.includes("against the prediction")), [false, true, false, false]);
    assert.equal(await page.locator(".against-note").count(), 1);
    assert.ok(await page.locator("#C02 .against-note").isVisible());
  });

  inPage("numbers that are none are said to be none", async (page) => {
    const odd = await page.locator("#C01 table.evidence tbody tr").nth(2).innerText();
    assert.match(odd, /not a number/);
    assert.match(odd, /none to ∞/);
    assert.match(await page.locator("#C02 .value").first().innerText(), /−3\.2 × 10⁻⁷/);
    assert.match(await page.locator("#C04 .value").first().innerText(), /none/);
  });

  inPage("keys go through a curve's records in order, and say value and interval", async (page) => {
    const chart = page.locator('[data-figure="C01-crowd"] .chart'), readout = page.locator('[data-figure="C01-crowd"] .readout');
    await chart.focus();
    await page.keyboard.press("Home");
    assert.equal(await readout.textContent(), "replicate 0: step 0, displacement [mm] 0");
    await page.keyboard.press("ArrowRight");
    assert.equal(await readout.textContent(), "replicate 0: step 10, displacement [mm] 0.2955");
    await page.keyboard.press("ArrowDown");
    assert.equal(await readout.textContent(), "replicate 1: step 11, displacement [mm] 0.9636");
    await page.locator('[data-figure="C01-loss"] .chart').focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.locator('[data-figure="C01-loss"] .readout').textContent(), "zeros: step 0, loss [nats] 0.5 (0.4 to 0.6); the same: constant 0.1, glorot_uniform");
  });

  inPage("numbers in script and in Python read alike", async (page) => {
    const values = [0, -1, 0.25, 1 / 3, 1234567, 0.00099, 3.2e-7, 1e-9, 123456.7, -2.5e12, 1e7, 0.5000001, 12345.678, 9999.99, 1234.56, 999.96, 0.00099999];
    const code = `import sys; sys.path.insert(0, ${JSON.stringify(path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../../scripts"))})\n`
      + `from initsweep.report.text import format_number\nprint("|".join(format_number(float(v)) for v in ${JSON.stringify(values)}))`;
    const python = execFileSync("/usr/bin/python3", ["-c", code]).toString().trim();
    assert.equal(await page.evaluate((all) => all.map((v) => report.number(v)).join("|"), values), python);
  });
}

if (process.env.SHOTS) test("screenshots", async () => {
  mkdirSync(process.env.SHOTS, {recursive: true});
  for (const colorScheme of ["light", "dark"])
    for (const [name, viewport] of [["phone", PHONE], ["desktop", DESKTOP]]) {
      const {page, close} = await open({colorScheme, viewport});
      await page.screenshot({path: path.join(process.env.SHOTS, `${name}-${colorScheme}.png`), fullPage: true});
      await close();
    }
});
