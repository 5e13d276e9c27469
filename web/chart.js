// A bar chart of something a minute, drawn anew only when it changes.
import { svg } from "./dom.js";
import { count, minute } from "./format.js";

const kBars = 60; // minutes
const kMinute = 60000; // milliseconds
const kHeight = 150;
const kLeft = 44;
const kRight = 8;
const kTop = 10;
const kBottom = 22;
const kLabelled = ["00", "15", "30", "45"]; // minutes of the hour
const kMeter = { width: 80, height: 8 };

// The next 2, 4 or 10 times a power of ten, of which half is whole too.
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [2, 4, 10].map((step) => step * power).find((step) => step >= value);
}

// What is not in the history, because the agent did not run then, is left blank.
export function barChart(history, width, label) {
  const high = ceiling(Math.max(4, ...history.map((each) => each.errors)));
  const inner = kHeight - kTop - kBottom;
  const step = (width - kLeft - kRight) / kBars;
  const left = (index) => kLeft + (kBars - history.length + index) * step;
  const y = (errors) => kTop + inner * (1 - errors / high);
  const lines = [0, high / 2, high].map((value) => svg("g", { class: "axis" },
    svg("line", { x1: kLeft, x2: width - kRight, y1: y(value), y2: y(value) }),
    svg("text", { x: kLeft - 8, y: y(value) + 4, "text-anchor": "end" }, count(value))));
  const bars = history.map((each, index) => {
    const bar = svg("rect", { class: "bar", x: left(index) + step * 0.12, width: step * 0.76, y: y(each.errors), height: kTop + inner - y(each.errors) });
    return svg("g", {}, svg("title", {}, `${minute(each.time)}: ${count(each.errors)}`), bar);
  });
  const times = Array.from({ length: kBars }, (_, index) => {
    const time = minute(Date.parse(history.at(-1).time) - (kBars - 1 - index) * kMinute);
    return kLabelled.includes(time.slice(3)) && svg("text", { x: kLeft + (index + 0.5) * step, y: kHeight - 6, "text-anchor": "middle" }, time);
  });
  return svg("svg", { class: "chart", role: "img", "aria-label": label, width, height: kHeight, viewBox: `0 0 ${width} ${kHeight}` },
    ...lines, ...bars, ...times.filter(Boolean));
}

// How much of the most, beside the number that says it.
export const meter = (part) => svg("svg", { ...kMeter, "aria-hidden": "true" },
  svg("rect", { ...kMeter, rx: 3 }), svg("rect", { ...kMeter, class: "bar", width: kMeter.width * part, rx: 3 }));

