// The headline, the findings that make it so, and the numbers of the whole deployment.
import { get } from "./api.js";
import { failedLogins, showAuth } from "./auth.js";
import { byId, el, setText, sign } from "./dom.js";
import { showFindings } from "./findings.js";
import { bytes, count, rate } from "./format.js";

const kWords = { ok: "Healthy", warning: "Warning", critical: "Critical", unknown: "Unknown" };
const kFindings = 500;
const kWindow = 60; // seconds over which rates are taken; servers tell their counters about every ten

let told = []; // {at, messages, bytes}: totals within the window, oldest first
let shown = "";

export async function loadOverview() {
  const [system, findings, auth] = await Promise.all([get("system"), get("findings", { limit: kFindings }), get("auth")]);
  headline(system.status, system.headline);
  showFindings(byId("findings"), findings);
  showAuth(auth);
  showNumbers(system, failedLogins(auth));
  return system;
}

// The page's answer to "what is wrong": also in the tab's title.
export function headline(status, sentence) {
  const health = kWords[status] ? status : "unknown";
  const text = `${kWords[health]}: ${sentence}`;
  if (text === shown) return;
  shown = text;
  byId("headline-box").className = `headline ${health}`;
  byId("headline").replaceChildren(
    el("span", { class: "sign", "aria-hidden": "true" }, sign(health)),
    el("span", { class: "word" }, kWords[health]), el("span", { class: "hidden" }, ": "),
    el("span", { class: "sentence" }, sentence));
  document.title = `${kWords[health]} · nats-lookout`;
}

function rates(system) {
  const now = { at: Date.parse(system.time) / 1000, messages: system.in_messages_total, bytes: system.in_bytes_total };
  // A server that has restarted counts from zero again.
  if (told.length > 0 && now.messages < told.at(-1).messages) told = [];
  if (told.length === 0 || now.at > told.at(-1).at) told.push(now);
  told = told.filter((each) => now.at - each.at <= kWindow);
  const passed = now.at - told[0].at;
  if (passed < 10) return [null, null];
  return [(now.messages - told[0].messages) / passed, (now.bytes - told[0].bytes) / passed];
}

function showNumbers(system, failed) {
  const { servers } = system;
  const known = Object.values(servers).reduce((sum, each) => sum + each, 0);
  const [messages, volume] = rates(system);
  const numbers = [
    ["Servers up", `${count(servers.up + servers.draining)} of ${count(known)}`],
    ["Clusters", count(system.clusters)],
    ["Accounts", count(system.accounts)],
    ["Connections", count(system.connections)],
    ["Failed logins, 1 h", count(failed)],
    ["Messages in", rate(messages)],
    ["Bytes in", volume === null ? "–" : `${bytes(volume)}/s`],
    ["Streams", count(system.streams)],
    ["Stored", bytes(system.bytes)],
  ];
  const list = byId("numbers");
  if (list.children.length === 0)
    list.append(...numbers.map(([label]) => el("div", {}, el("dt", {}, label), el("dd"))));
  numbers.forEach(([, value], index) => setText(list.children[index].lastChild, value));
}

export function agentIsGone(since) {
  headline("unknown", `the agent has not answered since ${since}; what is below is what it said last`);
}
