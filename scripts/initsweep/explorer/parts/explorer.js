/* The explorer of a results file: parallel coordinates with brushes, heat maps, trajectories, one network, a table. Counts, maps
 * and the table cover all networks of the page; lines are drawn of an even sample, and every caption says how many. */
(function () {
  const {explorer, colours} = report.data, make = report.make, byId = (id) => document.getElementById(id);
  const LINES = 2000, FEWEST_LINES = 100, // drawn at rest; at least while a brush moves
    SLOW = 30, FAST = 20, // milliseconds from frame to frame beyond which fewer lines are drawn, and below which more
    MOST_CATEGORIES = 12, MOST_CELLS_OF_AXIS = 40, MOST_FACETS = 6, MOST_TRAJECTORIES = 16, ROWS = 25;
  const LOW = 0.06, DRAG = 4; // where axes begin, above the place of missing values; pixels that make a click a drag
  const TYPES = {u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, f4: Float32Array, f8: Float64Array};

  function decode(text, type) {
    const raw = atob(text), bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    return new TYPES[type](bytes.buffer);
  }

  /* A column: value(i), text(i), and where network i lies on its axis, from LOW to 1, or 0 where it has no value. Few distinct
   * values of a setting are categories, evenly spaced. */
  function readColumn(source) {
    const data = decode(source.data, source.type), values = source.values;
    const value = values ? (i) => values[data[i]] : (i) => data[i];
    const isText = Boolean(values) && values.some((one) => typeof one === "string");
    const column = {name: source.name, setting: source.setting, data, values, value, isText, length: data.length,
                    text: (i) => (typeof value(i) === "number" && !Number.isFinite(value(i)) ? "" : String(value(i))),
                    number: isText ? (i) => data[i] : (i) => value(i), categories: null, place: new Float32Array(data.length)};
    if (isText || (source.setting && values && values.length <= MOST_CATEGORIES)) {
      column.categories = values.map((one) => (typeof one === "string" ? one || "(none)" : one === null || Number.isNaN(one) ? "none" : report.number(one)));
      const last = Math.max(1, values.length - 1);
      for (let i = 0; i < data.length; i++) { // a little apart, so that many networks of one value look like many
        const jitter = ((Math.imul(i, 2654435761) >>> 0) / 2 ** 32 - 0.5) * Math.min(0.03, 0.3 / last);
        column.place[i] = LOW + (1 - LOW) * Math.min(1, Math.max(0, (values.length === 1 ? 0.5 : data[i] / last) + jitter));
      }
      column.ticks = column.categories.map((name, k) => [LOW + (1 - LOW) * (values.length === 1 ? 0.5 : k / last), name]);
      return column;
    }
    const numbers = values || data;
    let least = Infinity, most = -Infinity, positive = Infinity;
    for (const one of numbers) if (Number.isFinite(one)) {
      least = Math.min(least, one);
      most = Math.max(most, one);
      if (one > 0) positive = Math.min(positive, one);
    }
    const scale = report.scale([least, most, positive].filter(Number.isFinite), {scale: least >= 0 && most > 100 * positive ? "log" : "linear"});
    column.scale = scale;
    column.toPlace = (one) => {
      const at = scale.place(one);
      return at === null ? 0 : LOW + (1 - LOW) * (at - scale.low) / (scale.high - scale.low);
    };
    for (let i = 0; i < data.length; i++) {
      const one = value(i);
      column.place[i] = one === null || !Number.isFinite(one) ? 0 : column.toPlace(one);
    }
    column.ticks = scale.ticks(6).map(([at, text]) => [LOW + (1 - LOW) * (at - scale.low) / (scale.high - scale.low), text]);
    return column;
  }

  const status = readColumn({...explorer.status, setting: false}), ofFile = explorer.columns.map(readColumn);
  // an axis of its own where networks ended in several ways
  const columns = [...ofFile.filter((one) => one.setting), ...(status.values.length > 1 ? [status] : []), ...ofFile.filter((one) => !one.setting)];
  const network = decode(explorer.network, "u4"), count = network.length;
  const settings = columns.filter((one) => one.setting), results = ofFile.filter((one) => !one.setting);
  const trajectories = explorer.trajectories, trajectoryAt = decode(trajectories.at, "u4"), steps = decode(trajectories.step, "f4");
  const trajectoryOf = new Map([...trajectoryAt].map((at, k) => [at, k]));
  const recorded = trajectories.quantities.map((one) => ({name: one.name, data: decode(one.data, "f4")}));
  const whole = (number) => number.toLocaleString("en-GB");

  /* ---- brushes: fails[i] is the number of axes whose brush excludes network i ---- */
  const fails = new Uint8Array(count);
  columns.forEach((column) => { column.brush = null; column.excluded = new Uint8Array(count); });
  let brushed = count;

  function setBrush(column, brush) {
    column.brush = brush;
    const {place, data, excluded} = column;
    for (let i = 0; i < count; i++) {
      const out = brush === null ? 0 : brush.codes ? Number(!brush.codes.has(data[i])) : Number(place[i] < brush.low || place[i] > brush.high);
      if (out === excluded[i]) continue;
      fails[i] += out - excluded[i];
      excluded[i] = out;
    }
    brushed = 0;
    for (let i = 0; i < count; i++) if (fails[i] === 0) brushed++;
    showFields(column);
    draw();
    later();
  }

  /* Every k-th network that passes, at most `most`. */
  function sample(most, pass = (i) => fails[i] === 0, size = brushed) {
    const found = [], every = Math.max(1, size / most);
    for (let i = 0, seen = 0, wanted = 0; i < count; i++) {
      if (!pass(i)) continue;
      if (seen++ >= wanted) { found.push(i); wanted += every; }
    }
    return found;
  }

  /* ---- parallel coordinates ---- */
  const canvas = byId("parallel"), context = canvas.getContext("2d"), backdrop = document.createElement("canvas"), front = byId("axes");
  const wide = document.querySelector(".wide");
  const TOP = 64, BOTTOM = 26, SPACING = 96;
  let width = 0, height = 0, ratio = 1, drawn = [], asked = false, look = null, moving = 600, lastFrame = 0, drag = null;
  const x = (k) => SPACING / 2 + (columns.length < 2 ? (width - SPACING) / 2 : (k * (width - SPACING)) / (columns.length - 1));
  const y = (place) => height - BOTTOM - place * (height - TOP - BOTTOM);

  function trace(target, i) {
    for (let k = 0; k < columns.length; k++) {
      const at = y(columns[k].place[i]);
      if (k === 0) target.moveTo(x(k), at);
      else target.lineTo(x(k), at);
    }
  }

  function lay() {
    ratio = Math.min(2, devicePixelRatio || 1);
    width = Math.max(wide.clientWidth, columns.length * SPACING);
    height = 400;
    for (const one of [canvas, backdrop, front]) {
      one.width = width * ratio;
      one.height = height * ratio;
      one.style.width = `${width}px`;
      one.style.height = `${height}px`;
    }
    look = {line: report.colour("line"), ink: report.colour("ink"), soft: report.colour("soft"), paper: report.colour("raised"),
            focus: report.colour("focus"), dark: Number(report.colour("paper").match(/\d+/)[0]) < 128, series: [...Array(8).keys()].map((k) => report.colour(`series-${k}`))};
    const back = backdrop.getContext("2d"), all = sample(LINES, () => true, count);
    back.setTransform(ratio, 0, 0, ratio, 0, 0);
    back.clearRect(0, 0, width, height);
    back.strokeStyle = look.line;
    back.globalAlpha = Math.max(0.12, Math.min(0.8, 120 / all.length));
    for (const i of all) { back.beginPath(); trace(back, i); back.stroke(); }
    drawAxes();
    draw();
  }

  /* Axes with their names and ticks, in front of the lines. */
  function drawAxes() {
    const ink = front.getContext("2d");
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    ink.clearRect(0, 0, width, height);
    ink.font = "12px system-ui, sans-serif";
    columns.forEach((column, k) => {
      const at = x(k);
      ink.strokeStyle = look.soft;
      ink.beginPath();
      ink.moveTo(at, y(LOW));
      ink.lineTo(at, y(1));
      ink.stroke();
      ink.textAlign = "center";
      ink.fillStyle = look.ink;
      const words = report.wrap(column.name.replaceAll("_", " "), SPACING - 8).slice(0, 3);
      words.forEach((line, n) => ink.fillText(report.fit(line, SPACING - 6), at, TOP - 14 - 15 * (words.length - 1 - n)));
      ink.textAlign = "left";
      const every = Math.max(1, Math.ceil(column.ticks.length / 12));
      column.ticks.forEach(([place, text], n) => {
        if (n % every) return;
        const label = report.fit(text, SPACING - 14);
        ink.globalAlpha = 0.75;
        ink.fillStyle = look.paper;
        ink.fillRect(at + 4, y(place) - 8, ink.measureText(label).width + 4, 15);
        ink.globalAlpha = 1;
        ink.fillStyle = look.soft;
        ink.fillText(label, at + 6, y(place) + 4);
      });
      if (column.place.includes(0)) ink.fillText("none", at + 6, y(0) + 4);
    });
  }

  /* The colour of each network by the chosen column: series' colours for few categories, else the map's. */
  function painter() {
    const column = columns[Number(byId("colour").value)];
    if (column.categories && column.categories.length <= 8) return (i) => look.series[column.data[i]];
    // without the end of the map that is as dark or as light as the page
    const bins = 16, [first, last] = look.dark ? [0.3, 1] : [0, 0.85];
    const colour = [...Array(bins).keys()].map((k) => colours[Math.round((first + (last - first) * k / (bins - 1)) * (colours.length - 1))]);
    return (i) => (column.place[i] < LOW ? look.soft : colour[Math.min(bins - 1, Math.floor(((column.place[i] - LOW) / (1 - LOW)) * bins))]);
  }

  function paint(now) {
    asked = false;
    if (drag && drag.moved) {
      if (now - lastFrame > SLOW) moving = Math.max(FEWEST_LINES, Math.round(moving * 0.7));
      else if (now - lastFrame < FAST) moving = Math.min(LINES, Math.round(moving * 1.1));
    }
    lastFrame = now;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.drawImage(backdrop, 0, 0, width, height);
    drawn = sample(drag && drag.moved ? moving : LINES);
    const colourOf = painter(), groups = new Map();
    for (const i of drawn) {
      const colour = colourOf(i);
      if (!groups.has(colour)) groups.set(colour, []);
      groups.get(colour).push(i);
    }
    context.globalAlpha = Math.max(0.25, Math.min(1, 300 / drawn.length));
    context.lineWidth = 1.2;
    for (const [colour, members] of groups) {
      context.strokeStyle = colour;
      context.beginPath();
      members.forEach((i) => trace(context, i));
      context.stroke();
    }
    context.globalAlpha = 1;
    columns.forEach((column, k) => {
      const at = x(k);
      for (const [low, high] of brushRanges(column)) {
        context.fillStyle = look.focus;
        context.globalAlpha = 0.3;
        context.fillRect(at - 9, y(high), 18, Math.max(2, y(low) - y(high)));
        context.globalAlpha = 1;
        context.strokeStyle = look.focus;
        context.strokeRect(at - 9, y(high), 18, Math.max(2, y(low) - y(high)));
      }
    });
  }

  function brushRanges(column) {
    if (column.brush === null) return [];
    if (!column.brush.codes) return [[column.brush.low, column.brush.high]];
    const half = 0.4 / Math.max(1, column.values.length);
    return [...column.brush.codes].map((code) => [column.ticks[code][0] - half, column.ticks[code][0] + half]);
  }

  function draw() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(paint);
  }

  /* A brush by dragging: of categories those whose tick it covers. */
  const local = (event) => { const box = canvas.getBoundingClientRect(); return {x: event.clientX - box.left, y: event.clientY - box.top}; };
  const toPlace = (at) => Math.min(1.01, Math.max(-0.02, (height - BOTTOM - at) / (height - TOP - BOTTOM)));
  canvas.addEventListener("pointerdown", (event) => {
    const at = local(event), k = columns.reduce((best, _, i) => (Math.abs(x(i) - at.x) < Math.abs(x(best) - at.x) ? i : best), 0);
    drag = {k, from: at.y, moved: false, near: Math.abs(x(k) - at.x) < SPACING / 2, at};
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (drag === null || !drag.near) return;
    const at = local(event);
    if (Math.abs(at.y - drag.from) < DRAG && !drag.moved) return;
    drag.moved = true;
    const column = columns[drag.k], [low, high] = [toPlace(Math.max(at.y, drag.from)), toPlace(Math.min(at.y, drag.from))];
    if (!column.categories) setBrush(column, {low, high});
    else setBrush(column, {codes: new Set(column.ticks.flatMap(([place], code) => (place >= low && place <= high ? [code] : [])))});
  });
  canvas.addEventListener("pointerup", () => {
    const was = drag;
    drag = null;
    draw(); // all lines again
    if (was === null || was.moved) return;
    if (Math.abs(x(was.k) - was.at.x) < 12 && columns[was.k].brush !== null) { setBrush(columns[was.k], null); return; }
    const found = nearestLine(was.at);
    if (found !== null) openNetwork(found);
  });
  canvas.addEventListener("pointercancel", () => { drag = null; });

  /* The drawn network whose line passes nearest to a point; null if none is within some pixels. */
  function nearestLine(at) {
    let best = null, distance = 14;
    const right = Math.max(1, columns.findIndex((_, k) => x(k) >= at.x)), left = right - 1;
    if (columns.length < 2) return null;
    const part = (at.x - x(left)) / (x(right) - x(left));
    for (const i of drawn) {
      const here = (1 - part) * y(columns[left].place[i]) + part * y(columns[right].place[i]);
      if (Math.abs(here - at.y) < distance) { best = i; distance = Math.abs(here - at.y); }
    }
    return best;
  }

  /* ---- the same brushes as fields ---- */
  function makeFields() {
    const holder = document.querySelector("#fields .fields");
    columns.forEach((column) => {
      const set = make("fieldset", {}, make("legend", {}, column.name));
      if (column.categories) {
        column.boxes = column.categories.map((name, code) => {
          const box = make("input", {type: "checkbox"});
          box.checked = true;
          box.addEventListener("change", () => {
            const codes = new Set(column.boxes.flatMap((one, other) => (one.checked ? [other] : [])));
            setBrush(column, codes.size === column.boxes.length ? null : {codes});
          });
          set.append(make("label", {}, box, name));
          return box;
        });
      } else {
        column.ends = ["from", "to"].map((word) => {
          const field = make("input", {type: "number", step: "any", "aria-label": `${column.name}, ${word}`});
          field.addEventListener("change", () => {
            const [from, to] = column.ends.map((one) => (one.value === "" ? null : Number(one.value)));
            // the fields hold rounded numbers; missing values are in no range
            setBrush(column, from === null && to === null ? null : {low: from === null ? LOW : column.toPlace(from) - 1e-6,
                                                                    high: to === null ? 2 : column.toPlace(to) + 1e-6});
          });
          set.append(make("label", {}, word, field));
          return field;
        });
      }
      holder.append(set);
    });
  }

  function showFields(column) {
    const brush = column.brush;
    if (column.boxes) column.boxes.forEach((box, code) => { box.checked = brush === null || brush.codes.has(code); });
    else column.ends.forEach((field, k) => {
      if (field === document.activeElement) return;
      const place = brush === null ? null : k === 0 ? brush.low : brush.high;
      const at = place === null || place < LOW || place > 1 ? null : column.scale.low + ((place - LOW) / (1 - LOW)) * (column.scale.high - column.scale.low);
      field.value = at === null ? "" : String(Number((column.scale.kind === "log" ? 10 ** at : at).toPrecision(4)));
    });
  }

  byId("reset").addEventListener("click", () => columns.forEach((column) => { if (column.brush !== null) setBrush(column, null); }));

  /* ---- heat maps ---- */
  /* The bins of an axis of a map: categories or distinct values if they are few, else equal parts of its scale. */
  function bins(column) {
    if (column.categories || (column.values && column.values.length <= MOST_CELLS_OF_AXIS))
      return {names: column.categories || column.values, of: (i) => column.data[i]};
    const parts = 20, {scale} = column, edge = (k) => { const at = scale.low + (k / parts) * (scale.high - scale.low); return scale.kind === "log" ? 10 ** at : at; };
    return {names: [...Array(parts).keys()].map((k) => `${report.number(edge(k), 3)} to ${report.number(edge(k + 1), 3)}`),
            of: (i) => (column.place[i] < LOW ? -1 : Math.min(parts - 1, Math.floor(((column.place[i] - LOW) / (1 - LOW)) * parts)))};
  }

  const median = (values) => {
    values.sort((a, b) => a - b);
    const half = values.length >> 1;
    return values.length % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
  };

  function figurePart(id) {
    const part = make("figure", {class: "drawing"});
    part.append(byId("figure-parts").content.cloneNode(true));
    part.querySelector(".description").id = `about-${id}`;
    return part;
  }

  function showFigure(part, figure, fixed) {
    part.querySelector(".title").textContent = figure.title;
    part.querySelector(".description").textContent = figure.description;
    return report.show(part, figure, fixed);
  }

  function drawMaps() {
    const pick = (id) => columns[Number(byId(id).value)], holder = byId("map-figures");
    const [across, down] = [pick("map-x"), pick("map-y")], facet = byId("map-facet").value === "" ? null : pick("map-facet");
    const share = byId("map-value").value === "none", value = share ? results[0] : pick("map-value");
    const [xs, ys] = [bins(across), bins(down)], fs = facet ? bins(facet) : {names: [""], of: () => 0};
    const cells = fs.names.map(() => ys.names.map(() => xs.names.map(() => ({values: [], all: 0}))));
    for (let i = 0; i < count; i++) {
      const [f, r, c] = [fs.of(i), ys.of(i), xs.of(i)];
      if (fails[i] || f < 0 || r < 0 || c < 0) continue;
      const cell = cells[f][r][c], one = value.number(i);
      cell.all++;
      if (Number.isFinite(one)) cell.values.push(one);
    }
    const filled = cells.flat(2).filter((cell) => cell.all > 0).map((cell) => cell.all);
    const fewest = filled.reduce((a, b) => Math.min(a, b), Infinity), most = filled.reduce((a, b) => Math.max(a, b), 0);
    const label = share ? "share without a value" : `median ${value.name}`, key = facet ? facet.name : "all";
    const names = fs.names.map(String), withData = names.map((_, f) => f).filter((f) => cells[f].flat().some((cell) => cell.all));
    const figure = {id: "map", kind: "heatmap", x: {label: across.name, categories: xs.names}, y: {label: down.name, categories: ys.names},
      value_label: label, select: [{name: key, options: names}],
      series: cells.map((rows, f) => ({keys: {[key]: names[f]},
        cells: rows.map((row) => row.map((cell) => (cell.all === 0 ? null : share ? 1 - cell.values.length / cell.all : cell.values.length ? median(cell.values) : null)))}))};
    holder.querySelectorAll("figure").forEach(report.clear);
    holder.replaceChildren();
    withData.slice(0, MOST_FACETS).forEach((f) => {
      const part = figurePart(`map-${f}`), where = facet ? `${facet.name} ${typeof fs.names[f] === "number" ? report.number(fs.names[f]) : fs.names[f]}` : "";
      holder.append(part);
      showFigure(part, {...figure, id: `map-${f}`, title: where || label, description: `${label} by ${down.name} and ${across.name}${where ? `, ${where}` : ""}.`}, {[key]: names[f]});
    });
    const others = settings.filter((one) => ![across, down, facet].includes(one)).map((one) => one.name);
    const spread = filled.length === 0 ? "No network is brushed." : `${fewest === most ? whole(most) : `${whole(fewest)} to ${whole(most)}`} brushed networks per cell`;
    byId("map-note").textContent = filled.length === 0 ? spread : `${spread}; pooled: ${others.join(", ") || "nothing"}.`
      + (withData.length > MOST_FACETS ? ` The first ${MOST_FACETS} of ${withData.length} facets are shown.` : "");
  }

  /* ---- trajectories ---- */
  function series(i, quantity) {
    const k = trajectoryOf.get(i), {records} = trajectories, own = steps.length > records;
    const at = [...Array(records).keys()].filter((r) => Number.isFinite(quantity.data[k * records + r]));
    return {label: `network ${network[i]}`, x: at.map((r) => steps[own ? k * records + r : r]), y: at.map((r) => quantity.data[k * records + r])};
  }

  const openButton = (i) => {
    const button = make("button", {type: "button"}, `${network[i]}`);
    button.setAttribute("aria-label", `Open network ${network[i]}`);
    button.addEventListener("click", () => openNetwork(i));
    return button;
  };

  function axes(quantity, lines) {
    const values = lines.flatMap((one) => one.y), positive = values.filter((one) => one > 0), last = Math.max(0, ...lines.flatMap((one) => one.x));
    const isLog = positive.length > 0 && Math.min(...values) >= 0 && Math.max(...positive) > 100 * Math.min(...positive);
    return {x: {label: "optimiser steps", scale: last > 100 ? "log" : "linear"}, y: {label: quantity.name, scale: isLog ? "log" : "linear"}};
  }

  const trajectoryPart = figurePart("trajectories"), trajectoryList = make("ul", {class: "numbers", "aria-label": "Open a network of the figure"});
  function drawTrajectories() {
    const quantity = recorded[Number(byId("trajectory-quantity").value)], has = (i) => fails[i] === 0 && trajectoryOf.has(i);
    let size = 0;
    for (const i of trajectoryAt) if (fails[i] === 0) size++;
    const chosen = sample(MOST_TRAJECTORIES, has, size), lines = chosen.map((i) => series(i, quantity)).filter((one) => one.x.length);
    const kept = trajectoryAt.length < count ? ` The page has the trajectories of ${whole(trajectoryAt.length)} of its ${whole(count)} networks.` : "";
    showFigure(trajectoryPart, {id: "trajectories", kind: "curves", title: `${quantity.name} over the steps`, series: lines, ...axes(quantity, lines),
      description: `${lines.length} of ${whole(brushed)} brushed networks, evenly chosen.${kept}`});
    trajectoryList.replaceChildren(...chosen.map((i) => make("li", {}, openButton(i))));
  }

  /* ---- one network ---- */
  const networkPart = figurePart("network");
  function openNetwork(i) {
    const row = (name, text) => make("div", {}, make("dt", {}, name), make("dd", {}, text));
    const shown = (column) => { const one = column.value(i); return one === null || Number.isNaN(one) ? "none" : report.number(one); };
    const facts = make("dl", {class: "facts"}, row("status", status.text(i)), ...settings.map((one) => row(one.name, shown(one))),
                       ...Object.entries(explorer.constant).map(([name, text]) => row(name, text)), ...results.map((one) => row(`final ${one.name}`, shown(one))));
    const quoted = /^[\w./-]+$/.test(explorer.file) ? explorer.file : `'${explorer.file.replaceAll("'", "'\\''")}'`;
    const command = make("pre", {class: "command", tabindex: "0", "aria-label": "Command that replays the network"}, `initsweep replay ${quoted} --network ${network[i]}`);
    const content = byId("network-content"), title = byId("network-title");
    report.clear(networkPart);
    content.replaceChildren(facts, make("p", {}, "The same network again, with other records if you like, and compared with the stored one:"), command);
    if (trajectoryOf.has(i) && recorded.length) {
      const quantity = recorded[Number(byId("trajectory-quantity").value)], lines = [series(i, quantity)];
      content.append(networkPart);
      showFigure(networkPart, {id: "network", kind: "curves", title: `${quantity.name} of network ${network[i]}`, series: lines, ...axes(quantity, lines),
                               description: "All records of this network."});
    } else content.append(make("p", {}, "Its trajectory is not in this page; the results file has it."));
    title.textContent = `Network ${network[i]}`;
    title.focus({preventScroll: true});
    title.scrollIntoView({block: "start"});
  }

  /* ---- table ---- */
  const heads = [{name: "network", number: (i) => network[i], text: (i) => String(network[i])}, status, ...ofFile];
  let sorted = {head: heads[0], sign: 1}, order = [], page = 0;
  function sortTable() {
    order = [];
    for (let i = 0; i < count; i++) if (fails[i] === 0) order.push(i);
    const {head, sign} = sorted, key = (i) => { const one = head.number(i); return one === null || Number.isNaN(one) ? Infinity : sign * one; };
    const keys = new Float64Array(count);
    for (const i of order) keys[i] = key(i);
    order.sort((a, b) => keys[a] - keys[b] || a - b);
    page = 0;
    drawTable();
  }

  function drawTable() {
    const pages = Math.max(1, Math.ceil(order.length / ROWS)), rows = order.slice(page * ROWS, (page + 1) * ROWS);
    const cell = (head, i) => { const one = head.value ? head.value(i) : network[i]; return one === null || Number.isNaN(one) ? "none" : report.number(one); };
    byId("networks").querySelector("tbody").replaceChildren(...rows.map((i) => make("tr", {}, make("th", {scope: "row"}, openButton(i)),
      ...heads.slice(1).map((head) => make("td", {}, cell(head, i))))));
    byId("page-of").textContent = `Page ${whole(page + 1)} of ${whole(pages)}: ${whole(order.length)} networks, sorted by ${sorted.head.name}, ${sorted.sign > 0 ? "ascending" : "descending"}`;
    byId("previous").disabled = page === 0;
    byId("next").disabled = page + 1 >= pages;
  }

  function makeTable() {
    const row = make("tr", {});
    heads.forEach((head) => {
      const button = make("button", {type: "button"}, head.name), place = make("th", {scope: "col"}, button);
      button.addEventListener("click", () => {
        sorted = {head, sign: sorted.head === head ? -sorted.sign : 1};
        row.querySelectorAll("th").forEach((one) => one.removeAttribute("aria-sort"));
        place.setAttribute("aria-sort", sorted.sign > 0 ? "ascending" : "descending");
        sortTable();
      });
      row.append(place);
    });
    byId("networks").append(make("caption", {}, "The brushed networks; a head sorts, a number opens its network"), make("thead", {}, row), make("tbody"));
    byId("previous").addEventListener("click", () => { page--; drawTable(); });
    byId("next").addEventListener("click", () => { page++; drawTable(); });
    byId("csv").addEventListener("click", () => {
      const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
      const lines = [heads.map((head) => quote(head.name)).join(",")];
      for (const i of order) lines.push(heads.map((head) => quote(head.text(i))).join(","));
      const link = make("a", {href: URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], {type: "text/csv"})), download: `${explorer.file.replace(/\.h5$/, "")}.csv`});
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  /* ---- what follows a brush, when it rests ---- */
  let timer = null;
  function follow() {
    timer = null;
    byId("count").textContent = `${whole(brushed)} of ${whole(count)} networks are brushed`;
    const lines = Math.min(LINES, brushed);
    byId("drawn").textContent = lines < brushed ? `An even sample of ${whole(lines)} of the ${whole(brushed)} brushed networks is drawn; counts, maps and the table cover all.`
      : `${whole(lines)} networks are drawn.`;
    if (settings.length && results.length) drawMaps();
    if (recorded.length) drawTrajectories();
    sortTable();
  }
  function later() {
    clearTimeout(timer);
    timer = setTimeout(follow, 120);
  }

  function choices(id, list, chosen, extra = []) {
    const options = [...extra, ...list.map((column) => [columns.indexOf(column), column.name])];
    byId(id).append(...options.map(([value, text]) => make("option", {value: String(value)}, text)));
    if (chosen !== undefined) byId(id).value = String(chosen);
  }

  byId("kept").textContent = [`${explorer.file}: ${whole(explorer.networks)} networks.`,
    count < explorer.networks ? `This page holds an even sample of ${whole(count)} of them.` : "",
    explorer.left_out.length ? `Left out of the page: ${explorer.left_out.join(", ")}.` : ""].join(" ").trim();
  const cells = [...settings].sort((a, b) => (a.name === "replicate") - (b.name === "replicate"));
  choices("colour", columns, columns.indexOf(results[0] || columns[0]));
  choices("map-y", columns, columns.indexOf(cells[0] || columns[0]));
  choices("map-x", columns, columns.indexOf(cells[1] || columns[1] || columns[0]));
  choices("map-facet", settings.filter((one) => (one.values || []).length <= MOST_CELLS_OF_AXIS), undefined, [["", "none"]]);
  choices("map-value", results, undefined, [["none", "share without a value"]]);
  if (results.length) byId("map-value").value = String(columns.indexOf(results[0]));
  byId("trajectory-quantity").append(...recorded.map((one, k) => make("option", {value: String(k)}, one.name)));
  byId("colour").addEventListener("change", draw);
  for (const id of ["map-x", "map-y", "map-facet", "map-value"]) byId(id).addEventListener("change", drawMaps);
  byId("trajectory-quantity").addEventListener("change", drawTrajectories);
  byId("maps").hidden = !(settings.length && results.length);
  byId("trajectories").hidden = recorded.length === 0;
  byId("trajectory-figure").append(trajectoryPart, trajectoryList);
  makeFields();
  makeTable();
  lay();
  follow();
  let room = wide.clientWidth;
  new ResizeObserver(() => {
    if (wide.clientWidth === room) return;
    room = wide.clientWidth;
    lay();
  }).observe(wide);
  byId("theme").addEventListener("click", lay);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", lay);
  document.documentElement.dataset.explorer = "ready";
})();
