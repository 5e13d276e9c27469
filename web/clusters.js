// Clusters and what links them: a map where there is room for one, and the same as tables.
import { get } from "./api.js";
import { badge, byId, el, fold, name, plainTable, redraw, scroller } from "./dom.js";
import { count, duration, plural } from "./format.js";
import { drawMap } from "./map.js";
import { showMeta } from "./meta.js";

const kMapped = { clusters: 8, servers: 60 }; // more than these make a map that nobody can read
const kClusters = 25; // the worst ones
const kLinks = 200;

let drawn = "";

// system: the agent's last answer about everything.
export async function loadClusters(system) {
  const clusters = await get("clusters", { limit: kClusters, sort: "-health" });
  showMeta(byId("meta"), system.meta);
  const known = Object.values(system.servers).reduce((sum, each) => sum + each, 0);
  const mapped = clusters.total <= kMapped.clusters && known <= kMapped.servers;
  const servers = mapped ? (await get("servers", { limit: kMapped.servers, sort: "name" })).items : [];
  const width = Math.floor(byId("cluster-table").clientWidth);
  // Round trip times change all the time: they are as of the last change of anything else.
  const now = JSON.stringify([clusters.items, servers.map(({ cluster, name: own, state, health }) => [cluster, own, state, health]), width],
    (key, value) => (key === "rtt_seconds" ? undefined : value));
  if (now === drawn) return;
  drawn = now;
  redraw(byId("map"), mapped && clusters.total > 0 ? drawMap(clusters.items, servers, width) : "");
  redraw(byId("cluster-table"), clusterTable(clusters));
  redraw(byId("links"), missingLinks(clusters.items), allLinks(clusters.items));
}

const titleOf = (cluster) => cluster.cluster || "standalone servers";

function links(total, missing) {
  if (missing > 0) return badge("warning", `${count(missing)} missing of ${count(total)}`);
  return count(total);
}

function states(servers) {
  return Object.entries(servers).filter(([, number]) => number > 0).map(([state, number]) => `${count(number)} ${state}`).join(", ") || "none";
}

function clusterTable({ items, total }) {
  if (total === 0) return el("p", { class: "quiet" }, "None is known.");
  return el("div", {}, scroller("Table: Clusters", plainTable("Clusters", ["Cluster", "State", "Servers", "Versions", "Routes", "Gateways", "Leaf links"],
    items.map((each) => [name(titleOf(each)), badge(each.health), states(each.servers),
      el("span", {}, each.versions.length > 1 ? `${each.versions.length} versions: ` : "", each.versions.join(", ")),
      links(Math.max(each.routes_expected, each.routes_total), each.routes_missing),
      links(each.gateways_total, each.gateways_missing),
      links(each.leafnodes_total, each.leafnodes_missing)]))),
    total > items.length ? el("p", { class: "quiet" }, `${count(items.length)} of ${count(total)} clusters, those with findings first.`) : "");
}

// One row for each link: [kind, from, to, up, rtt].
function rowsOf(cluster) {
  const place = (server) => (cluster.cluster ? `${cluster.cluster}/${server}` : server);
  return [
    ...cluster.routes.map((each) => ["route", place(each.server), place(each.peer), each.up, each.rtt_seconds]),
    ...cluster.gateways.map((each) => ["gateway", place(each.server), each.remote, each.up, each.rtt_seconds]),
    ...cluster.leafnodes.map((each) => ["leaf node", place(each.server), `${each.remote} (account ${each.account})`, each.up ?? true, each.rtt_seconds]),
  ];
}

const kHeads = ["Link", "From", "To", "State", "RTT"];
const row = ([kind, from, to, up, rtt]) =>
  [kind, name(from), name(to), up ? badge("ok", "up") : badge("critical", "missing"), duration(rtt)];

function missingLinks(clusters) {
  const missing = clusters.flatMap(rowsOf).filter(([, , , up]) => !up);
  const gone = clusters.some((each) => each.servers.lost + each.servers.stopped > 0);
  if (missing.length === 0) return el("p", {}, badge("ok", `no link is missing${gone ? " between the servers that are up" : ""}`));
  return el("div", {}, el("h3", {}, plural(missing.length, "missing link")),
    scroller("Missing links", plainTable("Missing links", kHeads, missing.slice(0, kLinks).map(row))));
}

function allLinks(clusters) {
  const rows = clusters.flatMap(rowsOf);
  if (rows.length === 0) return "";
  const shown = rows.length > kLinks ? `the first ${kLinks} of ${count(rows.length)} links` : plural(rows.length, "link");
  return fold("links", false, `The map as a table: ${shown}`,
    () => [scroller("Links", plainTable("Links", kHeads, rows.slice(0, kLinks).map(row)))]);
}
