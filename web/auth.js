// Failed logins: how many a minute, who fails most, the last ones one by one.
import { byId, el, fold, name, plainTable, redraw, scroller } from "./dom.js";
import { barChart, meter } from "./chart.js";
import { clock, count, minute, plural } from "./format.js";

const kHour = 60; // minutes
const kTop = 5;
const kLast = 8;

const summary = el("p");
const chart = el("div", { class: "chart-box" });
const minutes = el("div");
const tops = el("div", { class: "tops" });
const last = el("div");
let newest = null;
let drawn = "";

export function prepareAuth() {
  byId("auth").append(summary, chart, minutes, tops, last);
  new ResizeObserver(() => newest && showAuth(newest)).observe(chart);
}

// Null: this agent does not count them.
export const failedLogins = (auth) => auth.history?.reduce((sum, each) => sum + each.errors, 0) ?? null;

export function showAuth(auth) {
  newest = auth;
  const width = Math.floor(chart.clientWidth);
  const now = JSON.stringify([auth.history, auth.top_sources, auth.top_users, auth.last, width]);
  if (now === drawn || width === 0) return;
  drawn = now;
  const history = auth.history ?? [];
  const text = `${plural(failedLogins(auth), "failed login")} in the last hour`;
  const since = history.length > 0 && history.length < kHour ? `; the agent has counted since ${minute(history[0].time)}` : "";
  summary.textContent = `${text}${since}.${auth.sentence ? ` ${auth.sentence}` : ""}`;
  chart.replaceChildren(history.length > 0 ? barChart(history, width, `${text}, by minute`) : "");
  showMinutes(history);
  redraw(tops, ranking("Top sources", "users", auth.top_sources), ranking("Top users", "sources", auth.top_users));
  redraw(last, ...lastOnes(auth.last));
}

function showMinutes(history) {
  const rows = history.filter((each) => each.errors > 0).map((each) => [minute(each.time), count(each.errors)]).reverse();
  redraw(minutes, rows.length === 0 ? "" : fold("minutes", false, "The chart as a table",
    () => [plainTable("Failed logins by minute", ["Minute", "Failed"], rows)]));
}

function ranking(title, peers, list) {
  const most = Math.max(1, ...list.map((each) => each.attempts));
  const rows = list.slice(0, kTop).map((each) => [name(each.name || "(none)"), each.cluster ? name(each.cluster) : "",
    el("span", { class: "meter" }, meter(each.attempts / most), count(each.attempts)),
    count(each[peers])]);
  return el("div", {}, el("h3", {}, `${title}, ten minutes`),
    rows.length === 0 ? el("p", { class: "quiet" }, "Nobody.") :
      scroller(title, plainTable(title, ["Name", "Cluster", "Attempts", peers === "users" ? "Users" : "Sources"], rows)));
}

function lastOnes(list) {
  if (list.length === 0) return [];
  const rows = list.slice(0, kLast).map((each) => [clock(each.time), name(each.address), name(each.user || each.jwt_name || "(none)"),
    name(each.name), name(each.server), el("span", {}, each.reason, each.explanation ? `: ${each.explanation}` : "")]);
  return [el("h3", {}, "The last ones"),
    scroller("The last failed logins", plainTable("The last failed logins", ["Time", "From", "User", "Client", "Server", "Why"], rows))];
}
