/* Numbers and axes. The same rules as text.py and scales.py, which the tables and the images go by. */
const report = {};

report.number = function (value, digits = 4) {
  if (value === null || value === undefined || Number.isNaN(value)) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  const sign = value < 0 ? "−" : "", size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return sign + size.toLocaleString("en-GB");
  if (size >= 1e-3 && size < 1e7) {
    const rounded = Number(size.toPrecision(digits));
    if (rounded < 10 ** (digits - 1)) return sign + String(rounded);
    return sign + Math.round(size >= 10 ** digits ? size : rounded).toLocaleString("en-GB");
  }
  const [mantissa, exponent] = size.toExponential(digits - 1).split("e");
  const short = mantissa.includes(".") ? mantissa.replace(/0+$/, "").replace(/\.$/, "") : mantissa;
  const power = "10" + String(Number(exponent)).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
  return sign + (short === "1" ? power : `${short} × ${power}`);
};

report.withUnit = (axis) => (axis.unit && axis.unit !== "1" ? `${axis.label} [${axis.unit}]` : axis.label);

report.linearTicks = function (low, high, count, least = 0) {
  const raw = (high - low) / Math.max(count, 1), power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(least, [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= raw * 0.999));
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i++)
    ticks.push([i * step, report.number(Number((i * step).toPrecision(10)))]);
  return ticks;
};

report.logTicks = function (low, high, count) {
  if (high - low < 1.2)
    return report.linearTicks(10 ** low, 10 ** high, count).filter(([value]) => value > 0)
      .map(([value, text]) => [Math.log10(value), text]);
  const every = Math.max(1, Math.ceil((high - low) / count)), ticks = [];
  for (let power = Math.ceil(low - 1e-9); power <= Math.floor(high + 1e-9); power++)
    if (power % every === 0) ticks.push([power, report.number(10 ** power)]);
  return ticks;
};

/* The scale for all values of an axis: place(value), its range, and ticks(count) as [place, text]. A logarithmic axis shows an
 * exact 0 below its smallest positive value. */
report.scale = function (values, axis) {
  if (axis.categories && axis.categories.length) {
    const names = axis.categories.map((value) => report.number(value));
    return {kind: "categories", low: -0.5, high: names.length - 0.5, place: (v) => (Number.isFinite(v) ? v : null),
            text: (v) => (Number.isInteger(v) && v in names ? names[v] : report.number(v)), ticks: () => names.map((name, i) => [i, name])};
  }
  const finite = values.filter(Number.isFinite), positive = finite.filter((v) => v > 0);
  let low = Infinity, high = -Infinity;
  const log = axis.scale === "log" && positive.length > 0;
  for (const v of log ? positive : finite) { low = Math.min(low, v); high = Math.max(high, v); }
  if (log) {
    low = Math.log10(low); high = Math.log10(high);
    if (high - low < 1e-9) { low -= 0.5; high += 0.5; }
    const zero = finite.includes(0) ? low - 0.09 * (high - low) : null, margin = 0.03 * (high - low);
    return {kind: "log", low: (zero === null ? low : zero) - margin, high: high + margin, text: (v) => report.number(v),
            place: (v) => (!Number.isFinite(v) || v < 0 ? null : v === 0 ? zero : Math.log10(v)),
            ticks: (count) => [...(zero === null ? [] : [[zero, "0"]]), ...report.logTicks(low, high, count).filter(([at]) => at >= low)]};
  }
  if (low > high) { low = 0; high = 1; }
  if (high - low <= 1e-12 * Math.max(Math.abs(low), Math.abs(high))) {
    const half = Math.abs(low) * 0.1 || 0.5;
    low -= half; high += half;
  }
  const margin = 0.04 * (high - low);
  low -= margin; high += margin;
  return {kind: "linear", low, high, place: (v) => (Number.isFinite(v) ? v : null), text: (v) => report.number(v),
          ticks: (count) => report.linearTicks(low, high, count, finite.length > 0 && finite.every(Number.isInteger) ? 1 : 0)};
};
