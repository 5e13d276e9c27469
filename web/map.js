// The map: each cluster with its servers on a circle, routes between them, gateways between clusters, leaf nodes below.
// What is missing is dashed and crossed out. The tables beside it say the same in words.
import { sign, svg } from "./dom.js";
import { count } from "./format.js";
import { stateOf } from "./servers.js";

const kCell = { width: 300, widest: 380, height: 250 };
const kLeafRoom = 70;
const kLower = 12; // the middle of a cluster, for the title above
const kRadius = 78;
const kDot = 15;
const kBow = 60; // of a gateway between clusters that do not stand side by side
const kLeafs = 4; // drawn of each cluster; more are counted
const kLongest = 18; // characters of a name

const shorten = (text) => (text.length > kLongest ? `${text.slice(0, kLongest - 1)}…` : text);

export function drawMap(all, servers, width) {
  // Those with gateways stand together.
  const clusters = [...all].sort((a, b) => (b.gateways_total > 0) - (a.gateways_total > 0) || (a.cluster < b.cluster ? -1 : 1));
  const columns = Math.max(1, Math.min(clusters.length, Math.floor(width / kCell.width)));
  const cellWidth = Math.min(width / columns, kCell.widest);
  const cellHeight = kCell.height + (clusters.some((cluster) => cluster.leafnodes.length > 0) ? kLeafRoom : 0);
  const rows = Math.ceil(clusters.length / columns);
  const cells = clusters.map((cluster, index) => place(cluster, servers,
    { index, x: (index % columns + 0.5) * cellWidth, y: Math.floor(index / columns) * cellHeight + kCell.height / 2 + kLower }));
  const height = rows * cellHeight;
  width = columns * cellWidth;
  return svg("svg", { class: "map", role: "img", "aria-label": inWords(clusters), width, height, viewBox: `0 0 ${width} ${height}` },
    ...gateways(clusters, cells), ...cells.map(drawCell));
}

function inWords(clusters) {
  const missing = clusters.reduce((sum, each) => sum + each.routes_missing + each.gateways_missing + each.leafnodes_missing, 0);
  return `Map of ${count(clusters.length)} clusters; ${count(missing)} links are missing. The tables below say the same.`;
}

function place(cluster, servers, centre) {
  const own = servers.filter((server) => server.cluster === cluster.cluster);
  const radius = own.length === 1 ? 0 : kRadius;
  const spots = new Map(own.map((server, index) => {
    const angle = (index / own.length) * 2 * Math.PI - Math.PI / 2;
    return [server.name, { server, x: centre.x + radius * Math.cos(angle), y: centre.y + radius * Math.sin(angle) }];
  }));
  return { cluster, centre, spots };
}

// bow: how far its middle is beside the straight line.
function line(kind, from, to, up, title, bow = 0) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const middle = { x: (from.x + to.x) / 2 - (to.y - from.y) / length * bow, y: (from.y + to.y) / 2 + (to.x - from.x) / length * bow };
  const bend = { x: 2 * middle.x - (from.x + to.x) / 2, y: 2 * middle.y - (from.y + to.y) / 2 };
  return svg("g", { class: `${kind} ${up ? "up" : "missing"}` },
    svg("title", {}, title),
    svg("path", { d: `M${from.x} ${from.y}Q${bend.x} ${bend.y} ${to.x} ${to.y}` }),
    up ? null : svg("text", { x: middle.x, y: middle.y + 6, "text-anchor": "middle" }, "✕"));
}

// Every pair once, and as missing when it is so for either side.
function pairs(links, ends) {
  const found = new Map();
  for (const link of links) {
    const [from, to] = ends(link);
    const key = [from, to].sort().join("\n");
    const before = found.get(key);
    found.set(key, { from, to, up: (before?.up ?? true) && link.up });
  }
  return [...found.values()];
}

// A server that is gone has no routes any more: they are drawn as missing.
function routesOf({ cluster, spots }) {
  if (cluster.routes.length === 0) return [];
  const gone = [...spots.values()].filter(({ server }) => server.state === "lost" || server.state === "stopped");
  const absent = gone.flatMap(({ server }) => [...spots.keys()].filter((other) => other !== server.name)
    .map((other) => ({ server: server.name, peer: other, up: false })));
  return [...cluster.routes, ...absent];
}

function routes(cell) {
  const { spots } = cell;
  return pairs(routesOf(cell), (link) => [link.server, link.peer])
    .filter(({ from, to }) => spots.has(from) && spots.has(to))
    .map(({ from, to, up }) => line("route", spots.get(from), spots.get(to), up, `route ${from} to ${to}: ${up ? "up" : "missing"}`));
}

function gateways(clusters, cells) {
  const centres = new Map(cells.map(({ cluster, centre }) => [cluster.cluster, centre]));
  const all = clusters.flatMap((cluster) => cluster.gateways.map((each) => ({ ...each, cluster: cluster.cluster })));
  return pairs(all, (link) => [link.cluster, link.remote])
    .filter(({ from, to }) => centres.has(from) && centres.has(to))
    .map(({ from, to, up }) => line("gateway", ...shortened(centres.get(from), centres.get(to)), up,
      `gateway ${from} to ${to}: ${up ? "up" : "missing"}`, Math.abs(centres.get(from).index - centres.get(to).index) > 1 ? kBow : 0));
}

// From the rim of one cluster to that of the other.
function shortened(from, to) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const cut = Math.min(kRadius + kDot + 14, length / 2 - 8) / length;
  const dx = (to.x - from.x) * cut;
  const dy = (to.y - from.y) * cut;
  return [{ x: from.x + dx, y: from.y + dy }, { x: to.x - dx, y: to.y - dy }];
}

function drawServer({ server, x, y }, centre) {
  const { health, word } = stateOf(server);
  const below = y >= centre.y - 1;
  return svg("g", { class: `node ${health}` }, svg("title", {}, `${server.name}: ${word}`),
    svg("circle", { cx: x, cy: y, r: kDot }),
    svg("text", { class: "sign", x, y: y + 5, "text-anchor": "middle" }, sign(health)),
    svg("text", { class: "name", x, y: below ? y + kDot + 15 : y - kDot - 6, "text-anchor": "middle" }, shorten(server.name)));
}

// Leaf nodes hang below the cluster, each from the server that holds it.
function leafs({ cluster, centre, spots }) {
  const remotes = [...new Map(cluster.leafnodes.map((each) => [each.remote, each])).values()];
  const shown = remotes.slice(0, kLeafs);
  const y = centre.y + kRadius + 52;
  const drawn = shown.map((each, index) => {
    const up = each.up ?? true;
    const spot = { x: centre.x + (index - (shown.length - 1) / 2) * 68, y };
    const from = spots.get(each.server);
    return svg("g", { class: "leafs" }, from ? line("leaf", from, spot, up, `leaf node ${each.remote}: ${up ? "up" : "missing"}`) : null,
      svg("rect", { class: up ? "leaf-node" : "leaf-node missing", x: spot.x - 6, y: spot.y - 6, width: 12, height: 12, transform: `rotate(45 ${spot.x} ${spot.y})` }),
      svg("text", { class: "name", x: spot.x, y: spot.y + 22, "text-anchor": "middle" }, shorten(each.remote).slice(0, 9)));
  });
  if (remotes.length <= kLeafs) return drawn;
  return [...drawn, svg("text", { class: "name", x: centre.x + 118, y: y - 14 }, `+${count(remotes.length - kLeafs)}`)];
}

function drawCell(cell) {
  const { cluster, centre, spots } = cell;
  return svg("g", {}, ...leafs(cell), ...routes(cell), ...[...spots.values()].map((spot) => drawServer(spot, centre)),
    svg("text", { class: "title", x: centre.x, y: centre.y - kRadius - kDot - 26, "text-anchor": "middle" },
      shorten(cluster.cluster || "standalone")));
}
