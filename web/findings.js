// Findings: sentence, what it is about, since when, what to do now. Many of one kind are folded, so that fifty lost
// servers do not hide what else is wrong.
import { badge, el, name } from "./dom.js";
import { between, clock, count, duration } from "./format.js";

const kUnfolded = 3; // of one check and state
const kNamed = 3; // sources and users

let drawn = ""; // what is on the page, so that it is left alone while nothing changes
const open = new Set(); // groups that somebody has unfolded

export function showFindings(list, { items, total, time }) {
  const now = JSON.stringify(items);
  if (now !== drawn) {
    drawn = now;
    list.replaceChildren(...groups(items).map(drawGroup), rest(total - items.length));
  }
  for (const since of list.querySelectorAll("time")) since.textContent = `for ${duration(between(since.dateTime, time))}`;
}

function groups(findings) {
  const byKind = new Map();
  for (const finding of findings) {
    const kind = `${finding.state} ${finding.check}`;
    byKind.set(kind, [...(byKind.get(kind) ?? []), finding]);
  }
  return [...byKind];
}

function drawGroup([kind, findings]) {
  const list = el("ul", { class: "findings" }, ...findings.slice(0, kUnfolded).map(drawFinding));
  const folded = findings.slice(kUnfolded);
  if (folded.length === 0) return list;
  const more = el("details", { open: open.has(kind) },
    el("summary", {}, `${count(folded.length)} more: ${kind}`), el("ul", { class: "findings" }, ...folded.map(drawFinding)));
  more.addEventListener("toggle", () => (more.open ? open.add(kind) : open.delete(kind)));
  return el("div", {}, list, more);
}

function drawFinding(finding) {
  return el("li", { class: finding.state },
    el("p", { class: "what" }, badge(finding.state), " ", name(finding.sentence), " ",
      el("time", { datetime: finding.since, title: `since ${clock(finding.since)} (${finding.since})` })),
    finding.advice ? el("p", { class: "advice" }, finding.advice) : null,
    evidence(finding),
    el("p", { class: "quiet" }, name(finding.entity), " · ", el("code", {}, finding.check)));
}

function evidence(finding) {
  const tallies = [["from", finding.sources], ["as", finding.users]].filter(([, list]) => list?.length > 0);
  if (tallies.length === 0) return null;
  return el("p", { class: "evidence" }, ...tallies.flatMap(([word, list]) => [
    `${word} `, ...list.slice(0, kNamed).flatMap((each) => [name(each.name || "(none)"), ` ${count(each.count)}× `]),
    list.length > kNamed ? `and ${list.length - kNamed} more ` : ""]));
}

const rest = (left) => (left > 0 ? el("p", { class: "quiet" }, `${count(left)} more are in `, el("a", { href: "health" }, "health"), ".") : "");
