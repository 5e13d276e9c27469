// Numbers and times as people read them. An absent number is a dash, never 0.
const kNone = "–";
const kSpace = "\u00a0"; // keeps number and unit together

function scaled(value, step, units) {
  let unit = 0;
  while (Math.abs(value) >= step * 0.9995 && unit + 1 < units.length) {
    value /= step;
    ++unit;
  }
  const digits = unit === 0 || Math.abs(value) >= 100 ? 0 : 1;
  return value.toFixed(digits) + (units[unit] ? kSpace + units[unit] : "");
}

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

// 9,876 and 1.2 M
export function count(value) {
  if (!isNumber(value)) return kNone;
  return Math.abs(value) < 10000 ? value.toLocaleString("en") : scaled(value, 1000, ["", "k", "M", "G", "T"]);
}

export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

export const bytes = (value) => isNumber(value) ? scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]) : kNone;

export const percent = (ratio) => isNumber(ratio) ? `${(ratio * 100).toFixed(ratio < 0.1 ? 1 : 0)}${kSpace}%` : kNone;

export function rate(value) {
  if (!isNumber(value)) return kNone;
  return `${value < 10 ? value.toFixed(value < 0.05 ? 0 : 1) : count(Math.round(value))}/s`;
}

const kUnits = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

// 2 h 5 min: the two largest units
export function duration(seconds) {
  if (!isNumber(seconds)) return kNone;
  if (seconds < 1) return seconds === 0 ? `0${kSpace}s` : `${(seconds * 1000).toPrecision(2) * 1}${kSpace}ms`;
  let rest = Math.floor(seconds);
  const first = kUnits.findIndex(([, size]) => rest >= size);
  const parts = [];
  for (const [unit, size] of kUnits.slice(first, first + 2)) {
    const whole = Math.floor(rest / size);
    if (whole > 0) parts.push(`${whole}${kSpace}${unit}`);
    rest -= whole * size;
  }
  return parts.join(kSpace);
}

// Seconds from one time to another; null when one of them is unknown.
export function between(from, to) {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  return isNumber(seconds) ? Math.max(0, seconds) : null;
}

// The reader's own time of day.
export function clock(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? kNone : date.toLocaleTimeString("en-GB");
}
export function minute(time) {
  return clock(time).slice(0, 5);
}
