// The streams, those with something wrong first.
import { badge, el, name } from "./dom.js";
import { bytes, count } from "./format.js";
import { PagedTable } from "./table.js";

const replicas = (stream) => `${count(stream.replicas_current)} of ${count(stream.replicas)}`;

export function streamTable() {
  const only = el("input", { type: "checkbox" });
  const table = new PagedTable({
    what: "streams",
    caption: "Streams",
    size: 10,
    sort: "-health",
    empty: "No stream is known that matches.",
    tools: [el("label", {}, only, " only with findings")],
    parameters: () => ({ unhealthy: only.checked ? 1 : "" }),
    health: (stream) => stream.health,
    columns: [
      { label: "Stream", sort: "name", name: true, value: (stream) => stream.name },
      { label: "Account", sort: "account", name: true, value: (stream) => stream.account_name || stream.account,
        title: (stream) => stream.account },
      { label: "State", sort: "health", worst: true, value: (stream) => stream.health + stream.sentence,
        draw: (stream) => el("span", {}, badge(stream.health),
          stream.sentence ? el("span", { class: "why" }, name(stream.sentence)) : null) },
      { label: "Cluster", sort: "cluster", name: true, wide: true, value: (stream) => stream.cluster || "standalone" },
      { label: "Leader", name: true, wide: true, value: (stream) => stream.leader || "none" },
      { label: "Replicas current", sort: "replicas_current", number: true, value: replicas,
        title: (stream) => `${count(stream.replicas_online)} online` },
      { label: "Lag", sort: "lag", number: true, wide: true, value: (stream) => count(stream.lag) },
      { label: "Messages", sort: "messages", number: true, value: (stream) => count(stream.messages) },
      { label: "Bytes", sort: "bytes", number: true, wide: true, value: (stream) => bytes(stream.bytes) },
      { label: "Consumers", sort: "consumers", number: true, wide: true, value: (stream) => count(stream.consumers) },
    ],
  });
  only.addEventListener("change", () => table.again());
  return table;
}
