// Live events, newest first. The page holds a bounded number of rows and of those that wait while it is paused.
import { byId, el, name } from "./dom.js";
import { clock, count } from "./format.js";

const kRows = 200;
const kPause = 250; // milliseconds from one drawing to the next; what comes faster than rows can take is counted only
const kAlways = ["lifecycle", "auth", "health"];
const kOnDemand = ["connections", "accounts", "jetstream", "other"];
const kApart = ["time", "event", "sentence", "state"]; // of an event's members: shown in another place
const kMinor = ["cid", "lang", "kind", "recovered"]; // shown only to who points at the row

let waiting = []; // newest last
let passed = 0; // events that were not drawn
let paused = false;
let filter = "";
let kinds = kAlways;
let due = false;

const list = el("ol", { class: "events" });
const pause = el("button", { type: "button", "aria-pressed": "false", click: togglePause }, "Pause");
const status = el("span", { class: "quiet" });

export function prepareEvents(live) {
  const input = el("input", { type: "search", placeholder: "Filter by any text", autocomplete: "off", spellcheck: "false" });
  input.addEventListener("input", () => {
    filter = input.value.trim().toLowerCase();
    hide();
  });
  const boxes = [...kAlways, ...kOnDemand].map((kind) => el("input", { type: "checkbox", value: kind, checked: kAlways.includes(kind) }));
  for (const box of boxes) {
    box.addEventListener("change", () => {
      kinds = boxes.filter((each) => each.checked).map((each) => each.value);
      hide();
      if (kOnDemand.includes(box.value)) live.watch(asked());
    });
  }
  byId("events").append(
    el("div", { class: "tools" }, pause, el("label", {}, el("span", { class: "hidden" }, "Filter events"), input), status),
    el("fieldset", { class: "tools" }, el("legend", { class: "hidden" }, "Kinds of events"),
      ...boxes.map((box) => el("label", {}, box, ` ${box.value}`))),
    el("div", { class: "scroller feed", role: "region", "aria-label": "List of live events", tabindex: "0" }, list));
  live.watch(asked());
}

// The agent makes the others only while somebody asks for them.
const asked = () => [...kAlways, ...kOnDemand.filter((kind) => kinds.includes(kind))];
const matches = (row) => (kinds.includes(row.kind) || row.kind === "gap") && row.text.includes(filter);
function hide() {
  for (const row of list.children) row.hidden = !matches(row);
}

function togglePause() {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? "Continue" : "Pause";
  schedule();
}

export function addEvent(kind, event) {
  waiting.push({ kind, event });
  if (waiting.length > kRows) {
    if (list.children.length > 0) passed += waiting.length - kRows; // at first they are old ones
    waiting = waiting.slice(-kRows);
  }
  schedule();
}

export function addGap(lost) {
  const many = lost > 0 ? count(lost) : "Some";
  addEvent("gap", { event: "gap", sentence: `${many} events may have passed unseen.` });
}

function schedule() {
  if (due) return;
  due = true;
  setTimeout(() => {
    due = false;
    draw();
  }, kPause);
}

function draw() {
  if (!paused) {
    list.prepend(...waiting.splice(0).reverse().map(drawEvent));
    while (list.children.length > kRows) list.lastChild.remove();
  }
  status.textContent = [paused && waiting.length > 0 ? `${count(waiting.length)} new` : "",
    passed > 0 ? `${count(passed)} came too fast to be shown` : ""].filter(Boolean).join(", ");
}

const kFindingEvents = { finding_raised: "raised", finding_changed: "changed", finding_cleared: "cleared" };
const kWorries = { auth_error: "warning", auth_pattern: "critical", server_lost: "critical", lameduck: "warning", shutdown: "warning" };

function health(event) {
  if (event.event in kFindingEvents) return event.state;
  return kWorries[event.event] ?? "plain";
}

function drawEvent({ kind, event }) {
  const details = Object.entries(event).filter(([key]) => !kApart.includes(key));
  const text = event.sentence ? [name(event.sentence)] : details.filter(([key]) => !kMinor.includes(key)).flatMap(([key, value]) => [el("span", { class: "key" }, `${key} `), name(String(value)), " "]);
  const row = el("li", { class: health(event), title: details.map(([key, value]) => `${key} ${value}`).join("\n") },
    el("span", { class: "time" }, event.time ? clock(event.time) : ""), el("span", { class: "event" }, event.event.replaceAll("_", " ")),
    el("span", { class: "text" }, ...text));
  row.kind = kind;
  row.text = `${kind} ${JSON.stringify(event)}`.toLowerCase();
  row.hidden = !matches(row);
  return row;
}
