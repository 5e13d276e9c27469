// Findings: sentence, what it is about, since when, what to do now. Many of one kind are folded, so that fifty lost
// servers do not hide what else is wrong.
import { badge, el, fold, name, redraw } from "./dom.js";
import { between, clock, count, duration } from "./format.js";

const kFew = 6; // findings that are all shown
const kUnfolded = 3; // of one check and state; one only where there are many in all
const kNamed = 3; // sources and users

let drawn = ""; // what is on the page, so that it is left alone while nothing changes

export function showFindings(list, { items, total, time }) {
  const now = JSON.stringify(items);
  if (now !== drawn) {
    drawn = now;
    const unfolded = items.length <= kFew ? kUnfolded : 1;
    redraw(list, ...groups(items).map(([kind, findings]) => drawGroup(kind, findings, unfolded)), rest(total - items.length));
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

function drawGroup(kind, findings, unfolded) {
  const list = el("ul", { class: "findings" }, ...findings.slice(0, unfolded).map(drawFinding));
  const folded = findings.slice(unfolded);
  if (folded.length === 0) return list;
  return el("div", {}, list, fold(`findings ${kind}`, false, `${count(folded.length)} more: ${kind}`,
    () => [el("ul", { class: "findings" }, ...folded.map(drawFinding))]));
}

function drawFinding(finding) {
  return el("li", { class: finding.state },
    el("p", { class: "what" }, badge(finding.state), " ", name(finding.sentence), " ",
      el("time", { datetime: finding.since, title: `since ${clock(finding.since)} (${finding.since})` })),
    finding.advice ? el("p", { class: "advice" }, finding.advice) : null,
    evidence(finding),
    el("p", { class: "quiet" }, name(finding.entity), " · ", el("code", {}, finding.check)));
}

// Of a single source and user the sentence has said enough.
function evidence(finding) {
  const tallies = [["from", finding.sources], ["as", finding.users]].filter(([, list]) => list?.length > 1);
  if (tallies.length === 0) return null;
  return el("p", { class: "evidence" }, ...tallies.flatMap(([word, list]) => [
    `${word} `, ...list.slice(0, kNamed).flatMap((each) => [name(each.name || "(none)"), ` ${count(each.count)}× `]),
    list.length > kNamed ? `and ${list.length - kNamed} more ` : ""]));
}

const rest = (left) => (left > 0 ? el("p", { class: "quiet" }, `${count(left)} more are in `, el("a", { href: "health" }, "health"), ".") : "");
