/* The charts: curves by uPlot, points and heat maps in SVG. Each is one focusable element: arrow keys move its cursor, and the
 * line below it, a live region, says where it is. */

const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
const MOST_RECTANGLES = 2500; // cells of a heat map; more become one image
const ZERO = "#b9b9b9"; // cells of a logarithmic map that are exactly 0
const CHARACTER = 6.6; // width of one at 12 px, about

report.colour = function (name) {
  const probe = document.body.appendChild(document.createElement("span"));
  probe.style.color = `var(--${name})`;
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
};

report.svg = function (name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

report.style = (index) => ({colour: `series-${index % 8}`, dash: DASHES[Math.floor(index / 8) % DASHES.length], shape: index % 6});

/* A marker of a series as SVG: shapes differ as well as colours. */
report.marker = function (shape, x, y, size, attributes) {
  const s = size, paths = [
    `M${x - s},${y}a${s},${s} 0 1,0 ${2 * s},0a${s},${s} 0 1,0 ${-2 * s},0Z`,
    `M${x - s * 0.9},${y - s * 0.9}h${1.8 * s}v${1.8 * s}h${-1.8 * s}Z`,
    `M${x},${y - s * 1.2}L${x + s * 1.1},${y + s * 0.9}H${x - s * 1.1}Z`,
    `M${x},${y - s * 1.3}L${x + s * 1.3},${y}L${x},${y + s * 1.3}L${x - s * 1.3},${y}Z`,
    `M${x},${y + s * 1.2}L${x + s * 1.1},${y - s * 0.9}H${x - s * 1.1}Z`,
    `M${x - s * 1.2},${y - s * 0.4}H${x - s * 0.4}V${y - s * 1.2}H${x + s * 0.4}V${y - s * 0.4}H${x + s * 1.2}V${y + s * 0.4}H${x + s * 0.4}V${y + s * 1.2}H${x - s * 0.4}V${y + s * 0.4}H${x - s * 1.2}Z`,
  ];
  return report.svg("path", {d: paths[shape], ...attributes});
};

/* What is said of a point. */
report.describe = function (figure, scales, series, at) {
  const y = scales.y.text(series.y[at]), between = series.low && series.low[at] !== null && series.high[at] !== null
    ? ` (${report.number(series.low[at])} to ${report.number(series.high[at])})` : "";
  const name = series.label ? `${series.label}: ` : "";
  return `${name}${report.withUnit(figure.x)} ${scales.x.text(series.x[at])}, ${report.withUnit(figure.y)} ${y}${between}`;
};

/* Words of a text in lines of `room` pixels. */
report.wrap = function (text, room) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = lines.at(-1) === "" ? word : `${lines.at(-1)} ${word}`;
    if (longer.length * CHARACTER <= room || lines.at(-1) === "") lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
};

/* A text cut where it is longer than its room: the tables and what is said of a point have all of it. */
report.fit = (text, room) => (text.length * CHARACTER <= room ? text : `${text.slice(0, Math.max(1, Math.floor(room / CHARACTER) - 1))}…`);

/* Ticks of a categories' axis that have room, every k-th. */
report.thin = (ticks, room, each) => ticks.filter((tick, i) => i % Math.max(1, Math.ceil((ticks.length * each) / room)) === 0);

/* Series of one choice that are shown, each with its drawable points in the order of x. */
report.drawable = function (state) {
  const {figure, scales} = state, result = [];
  for (const series of state.series()) {
    const points = [];
    for (let i = 0; i < series.x.length; i++) {
      const x = scales.x.place(series.x[i]), y = scales.y.place(series.y[i]);
      if (x !== null) points.push({x, y, low: series.low ? scales.y.place(series.low[i]) : null,
                                   high: series.high ? scales.y.place(series.high[i]) : null, at: i});
    }
    points.sort((a, b) => a.x - b.x);
    const seen = points.filter((point) => point.y !== null);
    const line = {series, points, seen, look: report.style(state.labels.indexOf(series.label))};
    line.text = (point) => report.describe(figure, scales, series, point.at) + report.alike(result, line, point);
    result.push(line);
  }
  report.stack(result);
  return result;
};

/* Lines that lie on each other are common here: a start that stays symmetric gives one curve many times. `under` is how many
 * later lines hide a line, or a point; it is drawn larger by that, so that all of them show. */
report.stack = function (lines) {
  const keys = lines.map((line) => new Set(line.seen.map((p) => `${p.x} ${p.y}`)));
  lines.forEach((line, i) => {
    const same = (other) => [...keys[i]].filter((key) => other.has(key)).length > 0.5 * keys[i].size;
    line.seen.forEach((p) => { p.under = Math.min(4, keys.filter((other, j) => j > i && other.has(`${p.x} ${p.y}`)).length); });
    line.under = Math.min(4, lines.filter((other, j) => j > i && keys[i].size > 1 && same(keys[j])).length);
  });
};

/* Names of the other lines that have the same value at the same place, for what is said of a point. */
report.alike = function (lines, line, point) {
  const names = lines.filter((other) => other !== line && other.seen.some((p) => p.x === point.x && p.y === point.y))
    .map((other) => other.series.label);
  if (names.length === 0) return "";
  return `; the same: ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
};

/* Moves over lines and points by keys. show(line, point) draws the cursor. */
report.lineKeys = function (state, lines, show) {
  const usable = lines.filter((line) => line.seen.length > 0);
  let line = Math.max(0, usable.findIndex((one) => one.series.label === state.active)), at = -1;
  return function (key) {
    if (usable.length === 0) return "No data can be drawn.";
    const point = at < 0 ? null : usable[line].seen[at], last = () => usable[line].seen.length - 1;
    if (key === "ArrowRight") at = Math.min(at + 1, last());
    else if (key === "ArrowLeft") at = Math.max(at - 1, 0);
    else if (key === "Home") at = 0;
    else if (key === "End") at = last();
    else {
      if (point === null) at = 0;
      else {
        line = (line + (key === "ArrowDown" ? 1 : usable.length - 1)) % usable.length;
        const distance = (one) => Math.abs(one.x - point.x);
        at = usable[line].seen.reduce((best, one, i, all) => (distance(one) < distance(all[best]) ? i : best), 0);
      }
    }
    state.active = usable[line].series.label;
    show(usable[line], usable[line].seen[at]);
    return usable[line].text(usable[line].seen[at]);
  };
};

report.curves = function (state) {
  const {holder, scales, figure} = state, lines = report.drawable(state), ink = report.colour("soft"), grid = report.colour("line");
  const width = holder.clientWidth, height = Math.max(260, Math.min(400, width * 0.5));
  const table = uPlot.join(lines.map((line) => [line.points.map((p) => p.x), line.points.map((p) => p.y)]));
  const places = table && table.length ? table : [[]];
  const font = "12px system-ui, sans-serif", many = lines.length > 12;
  const yTicks = scales.y.ticks(Math.round(height / 60)), widest = Math.max(...yTicks.map(([, text]) => text.length), 1);
  let xTicks = scales.x.ticks(Math.max(3, Math.round(width / 110)));
  xTicks = report.thin(xTicks, width - 80, Math.max(...xTicks.map(([, text]) => text.length), 1) * CHARACTER + 10);
  const axis = (ticks, label) => ({stroke: ink, font, labelFont: font, label, labelSize: 22, grid: {stroke: grid, width: 1},
    ticks: {stroke: grid, width: 1, size: 5}, splits: () => ticks.map(([at]) => at), values: () => ticks.map(([, text]) => text)});
  const band = (u) => lines.forEach((line, i) => {
    const edge = line.points.filter((p) => p.low !== null && p.high !== null);
    if (edge.length < 2 || !u.series[i + 1].show) return;
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    u.ctx.clip();
    u.ctx.beginPath();
    edge.forEach((p) => u.ctx.lineTo(u.valToPos(p.x, "x", true), u.valToPos(p.high, "y", true)));
    edge.reverse().forEach((p) => u.ctx.lineTo(u.valToPos(p.x, "x", true), u.valToPos(p.low, "y", true)));
    u.ctx.globalAlpha = 0.16;
    u.ctx.fillStyle = report.colour(line.look.colour);
    u.ctx.fill();
    u.ctx.restore();
  });
  /* the nearest place where a line has a value: lines need not share their x */
  const nearest = (line, x) => line.seen.reduce((best, p) => (best === null || Math.abs(p.x - x) < Math.abs(best.x - x) ? p : best), null);
  let focused = null;
  const focus = (u, i) => {
    if (i !== focused && lines.length > 1) u.setSeries(i, {focus: true});
    focused = i;
  };
  const hover = (u) => {
    if (u.cursor.idx === null || u.cursor.idx === undefined || u.cursor.left < 0) {
      focus(u, null);
      state.say("", false);
      return;
    }
    const x = u.posToVal(u.cursor.left, "x");
    let best = null;
    lines.forEach((line, i) => {
      const point = nearest(line, x);
      if (point === null) return;
      const distance = Math.abs(u.valToPos(point.y, "y") - u.cursor.top);
      if (best === null || distance < best.distance) best = {distance, point, line, i};
    });
    if (best === null) return;
    focus(u, best.i + 1);
    state.say(best.line.text(best.point), false);
  };
  const index = new Map(places[0].map((x, i) => [x, i]));
  const plot = new uPlot({
    width, height, legend: {show: false}, focus: {alpha: 0.3}, padding: [10, 14, 0, 0],
    scales: {x: {time: false, range: () => [scales.x.low, scales.x.high]}, y: {range: () => [scales.y.low, scales.y.high]}},
    series: [{}, ...lines.map((line) => ({
      label: line.series.label, stroke: report.colour(line.look.colour), width: (many ? 1.1 : 1.8) + 1.7 * line.under, dash: line.look.dash,
      points: {show: line.seen.length <= 12, size: 5}}))],
    axes: [{...axis(xTicks, report.withUnit(figure.x)), size: 34},
           {...axis(yTicks, report.withUnit(figure.y)), size: Math.min(100, widest * CHARACTER + 18)}],
    cursor: {y: false, drag: {x: false, y: false}, points: {size: 7},
             dataIdx: (u, i, hovered, x) => {
               const point = i === 0 || !lines[i - 1] ? null : nearest(lines[i - 1], x);
               return point === null ? hovered : index.get(point.x);
             }},
    hooks: {drawAxes: [band], setCursor: [hover]},
  }, places, holder);
  const keys = report.lineKeys(state, lines, (line, point) => {
    focus(plot, lines.indexOf(line) + 1);
    plot.setCursor({left: plot.valToPos(point.x, "x"), top: plot.valToPos(point.y, "y")}, false);
  });
  return {keys, leave: () => { plot.setCursor({left: -10, top: -10}, false); focus(plot, null); }, destroy: () => plot.destroy()};
};

/* Frame, grid lines, ticks and labels of an SVG chart. Returns {svg, left, top, width, height, x(place), y(place)}. */
report.axes = function (state, height, bottomExtra, gridLines, flip) {
  const {holder, scales, figure} = state, total = holder.clientWidth, soft = report.svg("g", {class: "soft", "font-size": 12});
  const line = report.colour("line"), shorten = (text) => (text.length > 22 ? `${text.slice(0, 20)}…` : text);
  let yTicks = scales.y.ticks(Math.round(height / 60)).map(([at, text]) => [at, shorten(text)]);
  const left = Math.min(total * 0.4, Math.max(...yTicks.map(([, text]) => text.length), 1) * CHARACTER + 12 + 22), top = 12;
  const width = total - left - 14;
  let xTicks = scales.x.ticks(Math.max(3, Math.round(width / 110))).map(([at, text]) => [at, shorten(text)]);
  const longest = Math.max(...xTicks.map(([, text]) => text.length), 1) * CHARACTER;
  const tilted = scales.x.kind === "categories" && longest + 8 > width / xTicks.length && longest > 44;
  xTicks = report.thin(xTicks, width, tilted ? 18 : longest + 8);
  yTicks = report.thin(yTicks, height, 16);
  const below = tilted ? longest * 0.62 + 16 : 20;
  const svg = report.svg("svg", {width: total, height: top + height + below + 24 + bottomExtra, "aria-hidden": "true"});
  const x = (place) => left + ((place - scales.x.low) / (scales.x.high - scales.x.low)) * width;
  const part = (place) => (place - scales.y.low) / (scales.y.high - scales.y.low);
  const y = (place) => top + (flip ? part(place) : 1 - part(place)) * height;
  for (const [at, text] of xTicks) {
    if (gridLines) svg.append(report.svg("line", {x1: x(at), x2: x(at), y1: top, y2: top + height, stroke: line}));
    const place = tilted ? {x: x(at) + 4, y: top + height + 14, "text-anchor": "end", transform: `rotate(-38 ${x(at) + 4} ${top + height + 14})`}
      : {x: x(at), y: top + height + 17, "text-anchor": "middle"};
    soft.append(report.svg("text", place, text));
  }
  for (const [at, text] of yTicks) {
    if (gridLines) svg.append(report.svg("line", {x1: left, x2: left + width, y1: y(at), y2: y(at), stroke: line}));
    soft.append(report.svg("text", {x: left - 7, y: y(at) + 4, "text-anchor": "end"}, text));
  }
  soft.append(report.svg("text", {x: left + width / 2, y: top + height + below + 16, "text-anchor": "middle"}, report.fit(report.withUnit(figure.x), width)));
  soft.append(report.svg("text", {x: 0, y: 0, "text-anchor": "middle", transform: `translate(13 ${top + height / 2}) rotate(-90)`},
                         report.fit(report.withUnit(figure.y), height + 20)));
  svg.append(soft);
  return {svg, left, top, width, height, x, y, bottom: top + height + below + 24};
};

report.points = function (state) {
  const {holder} = state, lines = report.drawable(state), area = report.axes(state, Math.max(260, Math.min(400, holder.clientWidth * 0.5)), 4, true, false);
  const cursor = report.svg("circle", {r: 9, fill: "none", stroke: report.colour("focus"), "stroke-width": 2, visibility: "hidden"});
  for (const line of lines) {
    const colour = report.colour(line.look.colour);
    if (line.series.line)
      area.svg.append(report.svg("polyline", {points: line.seen.map((p) => `${area.x(p.x)},${area.y(p.y)}`).join(" "), fill: "none",
        stroke: colour, "stroke-width": 1.5, "stroke-dasharray": line.look.dash.join(" ")}));
    for (const point of line.seen) {
      const x = area.x(point.x);
      if (point.low !== null && point.high !== null)
        area.svg.append(report.svg("path", {d: `M${x - 3},${area.y(point.low)}h6M${x},${area.y(point.low)}V${area.y(point.high)}M${x - 3},${area.y(point.high)}h6`,
          stroke: colour, "stroke-width": 1.3, fill: "none"}));
      area.svg.append(report.marker(line.look.shape, x, area.y(point.y), 4 + 1.6 * point.under, {fill: colour}));
    }
  }
  area.svg.append(cursor);
  holder.append(area.svg);
  const show = (line, point) => {
    cursor.setAttribute("cx", area.x(point.x));
    cursor.setAttribute("cy", area.y(point.y));
    cursor.setAttribute("visibility", "visible");
  };
  const leave = () => cursor.setAttribute("visibility", "hidden");
  area.svg.addEventListener("pointermove", (event) => {
    const box = area.svg.getBoundingClientRect(), at = {x: event.clientX - box.left, y: event.clientY - box.top};
    let best = null;
    for (const line of lines) for (const point of line.seen) {
      const distance = Math.hypot(area.x(point.x) - at.x, area.y(point.y) - at.y);
      if (best === null || distance < best.distance) best = {distance, line, point};
    }
    if (best === null) { leave(); state.say("", false); return; }
    show(best.line, best.point);
    state.say(best.line.text(best.point), false);
  });
  area.svg.addEventListener("pointerleave", () => { leave(); state.say("", false); });
  return {keys: report.lineKeys(state, lines, show), leave, destroy: () => area.svg.remove()};
};

/* Where a number lies among categories that are numbers: between two of them; texts are their own places. */
report.amongCategories = function (axis, value) {
  const names = axis.categories;
  if (!names.every((name) => typeof name === "number")) return Number.isFinite(value) ? value : null;
  const scale = report.scale(names, {scale: axis.scale}), at = names.map(scale.place), here = scale.place(value);
  for (let i = 0; here !== null && i + 1 < at.length; i++)
    if ((at[i] - here) * (at[i + 1] - here) <= 0) return i + (at[i + 1] === at[i] ? 0 : (here - at[i]) / (at[i + 1] - at[i]));
  return null;
};

report.heatmap = function (state) {
  const {holder, figure} = state, columns = figure.x.categories.length, rows = figure.y.categories.length;
  const cells = state.cells() || figure.y.categories.map(() => figure.x.categories.map(() => null));
  const flip = figure.y.categories.some((name) => typeof name === "string");
  const height = rows <= 12 ? Math.max(rows * 36, 72) : Math.min(440, Math.max(300, rows * 12));
  const zeros = state.valueLog && cells.some((row) => row.includes(0));
  const scaling = state.valueLog ? ` (logarithmic${zeros ? "; grey: exactly 0" : ""})` : "";
  const title = report.wrap((figure.value_label || "value") + scaling, holder.clientWidth - 10);
  const area = report.axes(state, height, 34 + 16 * title.length, false, flip), id = `hatch-${figure.id}`;
  const w = area.width / columns, h = height / rows, log = state.valueLog;
  const [low, high] = state.valueRange, part = (v) => (high === low ? 0.5 : log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low));
  // an exact 0 has no logarithm, and is often what a map is about: grey
  const colour = (v) => log && v === 0 ? ZERO : state.colours[Math.round(Math.max(0, Math.min(1, part(v))) * (state.colours.length - 1))];
  const top = (row) => area.top + (flip ? row : rows - 1 - row) * h;
  const known = (v) => Number.isFinite(v) && !(log && v < 0);
  area.svg.append(report.svg("defs", {}, report.svg("pattern", {id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)"},
    report.svg("rect", {width: 6, height: 6, fill: report.colour("paper")}), report.svg("line", {y2: 6, stroke: report.colour("soft"), "stroke-width": 1.5}))),
    report.svg("rect", {x: area.left, y: area.top, width: area.width, height, fill: `url(#${id})`}));
  if (rows * columns <= MOST_RECTANGLES) {
    const numbers = w >= 46 && h >= 18;
    cells.forEach((row, r) => row.forEach((value, c) => {
      if (!known(value)) return;
      const fill = colour(value), x = area.left + c * w;
      area.svg.append(report.svg("rect", {x, y: top(r), width: w + 0.3, height: h + 0.3, fill}));
      if (!numbers) return;
      const light = parseInt(fill.slice(1, 3), 16) * 0.299 + parseInt(fill.slice(3, 5), 16) * 0.587 + parseInt(fill.slice(5), 16) * 0.114;
      const text = report.number(value, w >= 60 ? 3 : 2);
      if (text.length * CHARACTER < w)
        area.svg.append(report.svg("text", {x: x + w / 2, y: top(r) + h / 2 + 4, "text-anchor": "middle", "font-size": 11.5,
                                            style: `fill:${light > 128 ? "#111" : "#fff"}`}, text));
    }));
  } else {
    const canvas = document.createElement("canvas");
    canvas.width = columns;
    canvas.height = rows;
    const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
    cells.forEach((row, r) => row.forEach((value, c) => {
      if (!known(value)) return;
      const fill = colour(value), at = 4 * ((flip ? r : rows - 1 - r) * columns + c);
      [1, 3, 5].forEach((start, i) => { image.data[at + i] = parseInt(fill.slice(start, start + 2), 16); });
      image.data[at + 3] = 255;
    }));
    context.putImageData(image, 0, 0);
    area.svg.append(report.svg("image", {x: area.left, y: area.top, width: area.width, height, preserveAspectRatio: "none",
                                         style: "image-rendering:pixelated", href: canvas.toDataURL()}));
  }
  state.series().forEach((series) => {
    const points = series.x.map((x, i) => [report.amongCategories(figure.x, x), report.amongCategories(figure.y, series.y[i])])
      .filter(([x, y]) => x !== null && y !== null).map(([x, y]) => `${area.x(x)},${area.y(y)}`).join(" ");
    const dash = DASHES[(state.labels.indexOf(series.label) + 1) % DASHES.length].join(" ");
    for (const [stroke, wide] of [["#000", 4], ["#fff", 2]])
      area.svg.append(report.svg("polyline", {points, fill: "none", stroke, "stroke-width": wide, "stroke-dasharray": dash, "stroke-opacity": wide === 4 ? 0.5 : 1}));
  });
  const bar = {width: Math.min(260, area.width * 0.7), y: area.bottom + 8}, barLeft = area.left + (area.width - bar.width) / 2;
  state.colours.forEach((fill, i) => area.svg.append(report.svg("rect", {x: barLeft + (i * bar.width) / state.colours.length, y: bar.y,
    width: bar.width / state.colours.length + 0.5, height: 9, fill})));
  const note = report.svg("g", {class: "soft", "font-size": 12});
  note.append(report.svg("text", {x: barLeft - 6, y: bar.y + 9, "text-anchor": "end"}, report.number(low, 3)),
              report.svg("text", {x: barLeft + bar.width + 6, y: bar.y + 9}, report.number(high, 3)),
              ...title.map((line, i) => report.svg("text", {x: holder.clientWidth / 2, y: bar.y + 27 + 16 * i, "text-anchor": "middle"}, line)));
  const cursor = report.svg("rect", {width: w, height: h, fill: "none", stroke: report.colour("focus"), "stroke-width": 3, visibility: "hidden"});
  area.svg.append(note, cursor);
  holder.append(area.svg);
  let at = null;
  const text = () => `${report.withUnit(figure.y)} ${state.scales.y.text(at.r)}, ${report.withUnit(figure.x)} ${state.scales.x.text(at.c)}: ${figure.value_label || "value"} ${report.number(cells[at.r][at.c])}`;
  const show = () => {
    cursor.setAttribute("x", area.left + at.c * w);
    cursor.setAttribute("y", top(at.r));
    cursor.setAttribute("visibility", "visible");
    return text();
  };
  const leave = () => { at = null; cursor.setAttribute("visibility", "hidden"); };
  area.svg.addEventListener("pointermove", (event) => {
    const box = area.svg.getBoundingClientRect(), c = Math.floor((event.clientX - box.left - area.left) / w);
    const down = Math.floor((event.clientY - box.top - area.top) / h), r = flip ? down : rows - 1 - down;
    if (c < 0 || c >= columns || r < 0 || r >= rows) { leave(); state.say("", false); return; }
    at = {r, c};
    state.say(show(), false);
  });
  area.svg.addEventListener("pointerleave", () => { leave(); state.say("", false); });
  const keys = (key) => {
    const up = flip ? -1 : 1;
    if (at === null) at = {r: flip ? 0 : rows - 1, c: 0};
    else if (key === "ArrowRight") at.c = Math.min(columns - 1, at.c + 1);
    else if (key === "ArrowLeft") at.c = Math.max(0, at.c - 1);
    else if (key === "Home") at.c = 0;
    else if (key === "End") at.c = columns - 1;
    else at.r = Math.max(0, Math.min(rows - 1, at.r + (key === "ArrowUp" ? up : -up)));
    return show();
  };
  return {keys, leave, destroy: () => area.svg.remove()};
};
