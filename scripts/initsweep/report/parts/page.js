/* The page: each figure with its choices, legend and keys; the theme; printing; buttons that copy. */
(function () {
  const data = JSON.parse(document.getElementById("report-data").textContent), charts = [];
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  /* One option of each key of a figure's select. */
  function chosen(series, choice) {
    return Object.entries(series.keys || {}).every(([name, option]) => choice[name] === String(option));
  }

  /* fixed: the options of the figure's select, where the page and not the reader chooses them. */
  function prepare(part, figure, fixed = null) {
    const select = figure.select || [], all = figure.series || [];
    const find = (name) => part.querySelector(name);
    const state = {part, figure, holder: find(".chart"), choice: {}, hidden: new Set(), colours: data.colours, active: null, chart: null};
    select.forEach((key) => { state.choice[key.name] = fixed ? String(fixed[key.name]) : String(key.options[0]); });
    const lines = all.filter((series) => !series.cells);
    state.labels = [...new Set(lines.map((series) => series.label))];
    state.series = () => lines.filter((series) => chosen(series, state.choice) && !state.hidden.has(series.label));
    state.cells = () => (all.find((series) => series.cells && chosen(series, state.choice)) || figure).cells;
    const values = (names, axis) => lines.flatMap((series) => names.flatMap((name) => series[name] || []));
    state.scales = {x: report.scale(values(["x"]), figure.x), y: report.scale(values(["y", "low", "high"]), figure.y)};
    if (figure.kind === "heatmap") {
      const cells = [figure, ...all].flatMap((one) => one.cells || []).flat().filter(Number.isFinite);
      const low = cells.reduce((a, b) => Math.min(a, b), Infinity), high = cells.reduce((a, b) => Math.max(a, b), -Infinity);
      const least = cells.filter((v) => v > 0).reduce((a, b) => Math.min(a, b), Infinity);
      state.valueLog = figure.value_scale ? figure.value_scale === "log" && high > 0 : low >= 0 && high / least > (low > 0 ? 100 : 10000);
      state.valueRange = cells.length ? [state.valueLog ? least : low, high] : [0, 1];
    }
    const readout = find(".readout");
    state.say = (text, aloud) => {
      readout.setAttribute("aria-live", aloud ? "polite" : "off");
      readout.textContent = text;
    };
    if (!fixed) controls(state, find(".controls"), select);
    legend(state, find(".legend"));
    keyboard(state);
    return state;
  }

  function draw(state) {
    if (state.chart) state.chart.destroy();
    state.width = state.holder.clientWidth;
    state.chart = report[state.figure.kind](state);
    const number = Object.entries(state.choice).map(([name, option]) => `${name} ${option}`).join(", ");
    const what = {curves: "Curves", points: "Points", heatmap: "Heat map"}[state.figure.kind];
    state.holder.setAttribute("aria-label", `${what}: ${state.figure.title}${number ? `, ${number}` : ""}`);
    const index = (state.figure.select || []).reduce((sum, key) => sum * key.options.length
      + key.options.findIndex((option) => String(option) === state.choice[key.name]), 0);
    state.part.querySelectorAll("[data-choice]").forEach((table) => { table.hidden = Number(table.dataset.choice) !== index; });
    state.part.querySelectorAll(".legend button").forEach((button) => {
      button.hidden = !(state.figure.series || []).some((one) => one.label === button.dataset.label && chosen(one, state.choice));
    });
  }

  /* Buttons where the options are few and short, else a list. */
  function controls(state, place, select) {
    select.forEach((key, k) => {
      const name = `choice-${state.figure.id}-${k}`, options = key.options.map(String);
      const pick = (option) => { state.choice[key.name] = option; state.say("", false); draw(state); };
      if (options.length <= 6 && options.join("").length <= 40) {
        const field = make("fieldset", {}, make("legend", {}, key.name));
        options.forEach((option, i) => {
          const input = make("input", {type: "radio", name, value: option, ...(i === 0 ? {checked: ""} : {})});
          input.addEventListener("change", () => pick(option));
          field.append(make("label", {class: "option"}, input, make("span", {}, report.number(key.options[i]))));
        });
        place.append(field);
      } else {
        const list = make("select", {name}, ...options.map((option) => make("option", {value: option}, option)));
        list.addEventListener("change", () => pick(list.value));
        place.append(make("label", {class: "list"}, key.name, list));
      }
      place.hidden = false;
    });
  }

  /* A button for each series: it shows the series' look and hides or shows it. */
  function legend(state, place) {
    if (state.labels.length < 2 && !(state.labels[0] || "")) return;
    state.labels.forEach((label, i) => {
      const look = report.style(i), heat = state.figure.kind === "heatmap";
      const picture = report.svg("svg", {width: 26, height: 12, "aria-hidden": "true"});
      const colour = heat ? "var(--soft)" : `var(--${look.colour})`;
      if (state.figure.kind === "points") picture.append(report.marker(look.shape, 13, 6, 4, {style: `fill:${colour}`}));
      else picture.append(report.svg("line", {x1: 0, x2: 26, y1: 6, y2: 6, style: `stroke:${colour}`, "stroke-width": 2.4,
        "stroke-dasharray": (heat ? DASHES[(i + 1) % DASHES.length] : look.dash).join(" ")}));
      const button = make("button", {type: "button", "aria-pressed": "true"}, picture, label || "(no name)");
      button.dataset.label = label;
      button.addEventListener("click", () => {
        const gone = !state.hidden.delete(label);
        if (gone) state.hidden.add(label);
        button.setAttribute("aria-pressed", String(!gone));
        draw(state);
      });
      place.append(button);
    });
    place.hidden = false;
  }

  function keyboard(state) {
    const {holder, part} = state, about = part.querySelector(".description").id;
    for (const [name, value] of Object.entries({tabindex: "0", role: "application", "aria-roledescription": "interactive chart",
                                                "aria-describedby": `${about} chart-help`})) holder.setAttribute(name, value);
    holder.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) {
        event.preventDefault();
        state.say(state.chart.keys(event.key), true);
      } else if (event.key === "Escape") {
        state.chart.leave();
        state.say("", false);
      }
    });
    holder.addEventListener("blur", () => { state.chart.leave(); state.say("", false); });
  }

  /* The system's theme unless the reader chose one; the choice is kept where the browser keeps anything for a file. */
  function theme() {
    const root = document.documentElement, button = document.getElementById("theme"), system = matchMedia("(prefers-color-scheme: dark)");
    const kept = (value) => {
      try {
        if (value) localStorage.setItem("theme", value);
        return localStorage.getItem("theme");
      } catch { return null; }
    };
    const now = () => root.dataset.theme || (system.matches ? "dark" : "light");
    const show = () => { document.getElementById("theme-name").textContent = now() === "dark" ? "Light" : "Dark"; charts.forEach(draw); };
    const first = kept();
    if (first === "dark" || first === "light") root.dataset.theme = first;
    button.hidden = false;
    button.addEventListener("click", () => { root.dataset.theme = now() === "dark" ? "light" : "dark"; kept(root.dataset.theme); show(); });
    system.addEventListener("change", show);
    let before;
    window.addEventListener("beforeprint", () => {
      before = root.dataset.theme;
      root.dataset.theme = "light";
      document.querySelectorAll("details.more:not(.data-tables)").forEach((one) => { one.open = true; });
      show();
    });
    window.addEventListener("afterprint", () => {
      if (before) root.dataset.theme = before;
      else delete root.dataset.theme;
      show();
    });
    show();
  }

  function copying() {
    document.querySelectorAll("pre.command, pre.sweep").forEach((block) => {
      const button = make("button", {type: "button"}, "Copy");
      button.setAttribute("aria-label", `Copy ${block.classList.contains("command") ? "the commands" : block.getAttribute("aria-label")}`);
      button.addEventListener("click", async () => {
        const selection = getSelection();
        selection.selectAllChildren(block);
        try { await navigator.clipboard.writeText(block.textContent); button.textContent = "Copied"; }
        catch { button.textContent = "Selected"; }
      });
      const row = make("div", {class: "code-row"});
      block.replaceWith(row);
      row.append(block, button);
    });
  }

  /* The claim in view stands out in the list at the side. */
  function contents() {
    const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
    const watch = new IntersectionObserver((entries) => entries.forEach((entry) => {
      if (!entry.isIntersecting) return;
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(entry.target.id).setAttribute("aria-current", "true");
    }), {rootMargin: "-20% 0px -70% 0px"});
    links.forEach((link, id) => watch.observe(document.getElementById(id)));
  }

  document.querySelectorAll("[data-figure]").forEach((part) => charts.push(prepare(part, data.figures[part.dataset.figure])));
  theme();
  copying();
  contents();
  const resized = new ResizeObserver((entries) => entries.forEach((entry) => {
    const state = charts.find((one) => one.holder === entry.target);
    if (state && Math.abs(entry.target.clientWidth - state.width) > 1)
      requestAnimationFrame(() => { if (charts.includes(state)) draw(state); });
  }));
  charts.forEach((state) => resized.observe(state.holder));

  /* Takes the figure of an element away. */
  report.clear = function (part) {
    const at = charts.findIndex((state) => state.part === part);
    if (at < 0) return;
    const [state] = charts.splice(at, 1);
    state.chart.destroy();
    resized.unobserve(state.holder);
    state.holder.replaceWith(state.holder.cloneNode(false)); // without its listeners
    part.querySelector(".controls").replaceChildren();
    part.querySelector(".legend").replaceChildren();
  };

  /* Draws a figure that is made while the page is open, in place of the one that the element had. */
  report.show = function (part, figure, fixed = null) {
    report.clear(part);
    const state = prepare(part, figure, fixed);
    charts.push(state);
    draw(state);
    resized.observe(state.holder);
    return state;
  };
  report.make = make;
  report.data = data;
  document.documentElement.dataset.ready = "true";
})();
