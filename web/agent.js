// The agent about itself: what it asks, how old its data are, what it had to drop.
import { get } from "./api.js";
import { badge, byId, el, fold, name, plainTable, redraw, scroller } from "./dom.js";
import { bytes, count, duration } from "./format.js";

const kNamed = 3; // of the servers that did not answer

let first = ""; // version and revision that this page belongs to

export async function loadAgent() {
  const agent = await get("agent");
  const now = `${agent.version} (${agent.revision})`;
  first ||= now;
  const dropped = agent.drops.filter((each) => each.total > 0);
  redraw(byId("agent-state"),
    el("p", {}, ...connection(agent)),
    el("p", { class: "quiet" }, `Version ${now}, running for ${duration(agent.uptime_seconds)}, ${bytes(agent.resident_bytes)} of memory, `,
      `scope ${agent.scope}${agent.shard === "1/1" ? "" : `, shard ${agent.shard}`}, ${count(agent.page_clients)} watching this page.`),
    first === now ? "" : el("p", { class: "notice" }, "The agent is another version than this page. Reload the page."),
    dropped.length === 0 ? el("p", { class: "quiet" }, "Nothing was dropped.") :
      el("p", {}, badge("warning", "dropped"), ` ${dropped.map((each) => `${each.what} ${count(each.total)}`).join(", ")}`),
    fold("asked", false, "What is asked, and how old it is",
      () => [scroller("What is asked", plainTable("What is asked",
        ["Endpoint", "Level", "Answered", "Missing", "Late", "Rounds", "Age"], agent.endpoints.filter((each) => each.level !== "off").map(row)))]));
}

function connection(agent) {
  if (!agent.connected) return [badge("critical", "not connected"), " ", name(agent.sentence)];
  const server = agent.server ? [" (", name(agent.server), ")"] : [];
  return [badge("ok", "connected"), " to ", name(agent.url), ...server, agent.sentence ? ` ${agent.sentence}` : ""];
}

const row = (each) => [each.endpoint, each.level + (each.reduced ? ", reduced" : ""),
  `${count(each.answered)} of ${count(each.expected)}`, missing(each.missing), count(each.late_total),
  count(each.rounds_total), duration(each.age_seconds)];

function missing(servers) {
  if (servers.length === 0) return "none";
  const more = servers.length > kNamed ? ` and ${count(servers.length - kNamed)} more` : "";
  return el("span", {}, ...servers.slice(0, kNamed).flatMap((each) => [name(each.server), " "]), more);
}
