// Builds elements. What comes from the network gets in as text and as nothing else: no function here takes markup.
const kSvg = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);
export const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(kSvg, tag), attributes, children);

// Sets a text only when it is another one: what somebody has selected stays selected, a screen reader is not told twice.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A name from the network: of any length, writing direction and content.
export const name = (text) => el("bdi", { class: "name", title: text }, text);

// States by a sign, a word and a colour.
const kSigns = { ok: "✓", warning: "!", critical: "✕", unknown: "?" };
export const sign = (health) => kSigns[health] ?? "?";
export const badge = (health, word = health) =>
  el("span", { class: `badge ${kSigns[health] ? health : "unknown"}` },
    el("span", { class: "sign", "aria-hidden": "true" }, sign(health)), word);

// A table that is drawn at once, for lists that are short.
export function plainTable(caption, heads, rows) {
  return el("table", {},
    el("caption", { class: "hidden" }, caption),
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, cell))))));
}

// Tables scroll inside of this when there is no room; by keyboard too.
export const scroller = (label, ...children) =>
  el("div", { class: "scroller", role: "region", "aria-label": label, tabindex: "0" }, ...children);

// What somebody has unfolded, or folded, stays so when it is drawn anew. make(): its content, made when it is unfolded.
const folds = new Map();
export function fold(key, open, summary, make) {
  const details = el("details", { open: folds.get(key) ?? open }, el("summary", {}, summary));
  const fill = () => details.open && details.children.length === 1 && details.append(...make());
  details.addEventListener("toggle", () => {
    folds.set(key, details.open);
    fill();
  });
  fill();
  return details;
}

// Draws a place anew; focus and what was scrolled to stay where they were.
const kFocusable = "a, button, input, summary, [tabindex]";
export function redraw(place, ...children) {
  const focused = [...place.querySelectorAll(kFocusable)].indexOf(document.activeElement);
  const scrolled = [...place.querySelectorAll(".scroller")].map((each) => each.scrollLeft);
  place.replaceChildren(...children);
  place.querySelectorAll(".scroller").forEach((each, index) => (each.scrollLeft = scrolled[index] ?? 0));
  if (focused >= 0) place.querySelectorAll(kFocusable)[focused]?.focus({ preventScroll: true });
}
