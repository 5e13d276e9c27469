// The page: what is asked when, and what is told when nobody answers.
import { accountTable } from "./accounts.js";
import { loadAgent } from "./agent.js";
import { Unreachable } from "./api.js";
import { prepareAuth } from "./auth.js";
import { loadClusters } from "./clusters.js";
import { byId, setText } from "./dom.js";
import { addEvent, addGap, prepareEvents } from "./events.js";
import { clock, duration } from "./format.js";
import { Live } from "./live.js";
import { agentIsGone, loadOverview } from "./overview.js";
import { Section } from "./section.js";
import { serverTable } from "./servers.js";
import { streamTable } from "./streams.js";

const kTick = 1000; // milliseconds
const kQuiet = 5000; // without word of a new snapshot the page asks by itself
const kHidden = 30000; // and so seldom while nobody looks
const kRest = 9; // times as long as an answer took: a page takes a tenth of what a large deployment costs to tell
const kLongestRest = 10000;
const kOld = 20; // seconds after which data that do not change are old; the agent renews them every second or so

const tables = { servers: serverTable(), streams: streamTable(), accounts: accountTable() };
for (const [id, table] of Object.entries(tables)) byId(id).append(table.element);
prepareAuth();
const sections = [
  ...Object.entries(tables).map(([id, table]) => new Section(id, () => table.load())),
  new Section("clusters", () => loadClusters(system)),
  new Section("agent", loadAgent),
];

let system = null; // the last answer about everything
let gone = null; // since when nobody answers
let problem = ""; // what the agent says instead of an answer
let asking = false; // or resting
let again = false; // something has changed while it was being asked
let asked = 0; // when last, on the browser's clock
let taken = ""; // time of the last snapshot, by the agent's clock
let changed = Date.now(); // when that was another one, by the browser's

// Everything that can be seen is asked for again.
async function refresh() {
  again = asking;
  if (asking) return;
  asking = true;
  asked = Date.now();
  let rest = 0;
  try {
    system = await loadOverview();
    gone = null;
    problem = "";
    if (system.time !== taken) changed = Date.now();
    taken = system.time;
    if (!document.hidden) for (const section of sections) section.refresh();
    rest = Math.min((Date.now() - asked) * kRest, kLongestRest);
  } catch (error) {
    if (error instanceof Unreachable) agentIsGone(gone ??= clock(Date.now()));
    else [gone, problem] = [null, error.message];
  }
  tell();
  setTimeout(() => {
    asking = false;
    if (again) refresh();
  }, rest);
}

const live = new Live({
  event: addEvent,
  lost: addGap,
  snapshot: refresh,
  open: refresh,
  closed: refresh, // is it the stream alone?
});

// What the page knows about its own data.
function tell() {
  const age = (Date.now() - changed) / 1000;
  const old = age > kOld;
  document.body.classList.toggle("gone", gone !== null || old);
  const notice = gone !== null ? "" : problem || (old ? `These data are ${duration(age)} old: the agent answers, but has seen nothing new.` : "");
  setText(byId("notice"), notice);
  byId("notice").hidden = notice === "";
  const state = gone !== null ? "gone" : old ? "old" : live.source?.readyState === EventSource.OPEN ? "on" : "off";
  byId("live").className = `live ${state}`;
  setText(byId("live-text"), { gone: "no answer", old: "old data", on: `live, ${clock(taken)}`, off: `reconnecting, ${clock(taken)}` }[state]);
}

setInterval(() => {
  const silence = Date.now() - asked;
  if (silence > (document.hidden ? kHidden : gone === null ? kQuiet : kTick)) refresh();
  tell();
}, kTick);
document.addEventListener("visibilitychange", () => document.hidden || refresh());

prepareEvents(live);
refresh();
