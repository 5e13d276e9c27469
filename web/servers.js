// The servers, those with something wrong first.
import { badge } from "./dom.js";
import { between, bytes, clock, count, duration, percent } from "./format.js";
import { PagedTable } from "./table.js";

// What a lifecycle state means by itself; findings may make it worse.
const kStates = {
  joining: ["unknown", "joining"],
  up: ["ok", "up"],
  draining: ["warning", "draining, planned"],
  stopped: ["warning", "stopped, planned"],
  lost: ["critical", "lost"],
};
const kRank = ["ok", "unknown", "warning", "critical"];
const worse = (a, b) => (kRank.indexOf(a) > kRank.indexOf(b) ? a : b);

export function stateOf(server) {
  const [own, word] = kStates[server.state] ?? ["unknown", server.state];
  const health = worse(own, server.health);
  return { health, word: health === own ? word : `${word}, ${health}` };
}

const counts = (...values) => (values.every((value) => value === null) ? count(null) : values.map(count).join(" / "));
const links = (server) => counts(server.routes, server.gateways, server.leafnodes);
const jetstream = (server) => (server.jetstream ? counts(server.streams, server.consumers) : "off");

export const serverTable = () => new PagedTable({
  what: "servers",
  caption: "Servers",
  size: 25,
  sort: "-health",
  empty: "No server is known that matches.",
  health: (server) => stateOf(server).health,
  columns: [
    { label: "Server", sort: "name", name: true, value: (server) => server.name, title: (server) => server.id },
    { label: "Cluster", sort: "cluster", name: true, value: (server) => server.cluster || "standalone" },
    { label: "State", sort: "health", worst: true, value: (server) => Object.values(stateOf(server)).join(),
      draw: (server) => badge(stateOf(server).health, stateOf(server).word),
      title: (server, time) => `for ${duration(between(server.since, time))}, since ${clock(server.since)}` },
    { label: "Version", sort: "version", wide: true, value: (server) => server.version },
    { label: "Uptime", sort: "uptime_seconds", number: true, wide: true, value: (server) => duration(server.uptime_seconds),
      title: (server) => server.start },
    { label: "Connections", sort: "connections", number: true, value: (server) => count(server.connections) },
    { label: "Subscriptions", sort: "subscriptions", number: true, wide: "wider", value: (server) => count(server.subscriptions) },
    { label: "CPU", sort: "cpu_ratio", number: true, value: (server) => percent(server.cpu_ratio),
      title: (server) => `of one core; the machine has ${count(server.cores)}` },
    { label: "Memory", sort: "memory_bytes", number: true, value: (server) => bytes(server.memory_bytes) },
    { label: "Slow consumers", sort: "slow_consumers", number: true, wide: true, value: (server) => count(server.slow_consumers) },
    { label: "Routes / gateways / leafs", number: true, wide: true, value: links },
    { label: "Streams / consumers", sort: "streams", number: true, wide: true, value: jetstream },
    { label: "Stored", sort: "jetstream_storage_bytes", number: true, wide: "wider", value: (server) => bytes(server.jetstream_storage_bytes) },
    { label: "RTT", sort: "rtt_seconds", number: true, wide: "wider", value: (server) => duration(server.rtt_seconds) },
  ],
});
