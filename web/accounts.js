// The accounts, those with something wrong first.
import { badge } from "./dom.js";
import { bytes, count } from "./format.js";
import { PagedTable } from "./table.js";

export const accountTable = () => new PagedTable({
  what: "accounts",
  caption: "Accounts",
  size: 10,
  sort: "-health",
  empty: "No account is known that matches.",
  health: (account) => account.health,
  columns: [
    { label: "Account", sort: "name", name: true, value: (account) => account.name || account.id, title: (account) => account.id },
    { label: "State", sort: "health", worst: true, value: (account) => account.health, draw: (account) => badge(account.health) },
    { label: "Connections", sort: "connections", number: true, value: (account) => count(account.connections) },
    { label: "Leaf nodes", sort: "leafnodes", number: true, wide: true, value: (account) => count(account.leafnodes) },
    { label: "Subscriptions", sort: "subscriptions", number: true, wide: true, value: (account) => count(account.subscriptions) },
    { label: "Slow consumers", sort: "slow_consumers", number: true, wide: true, value: (account) => count(account.slow_consumers) },
    { label: "Streams", sort: "streams", number: true, value: (account) => count(account.streams) },
    { label: "Stored", sort: "jetstream_storage_bytes", number: true, value: (account) => bytes(account.jetstream_storage_bytes) },
    { label: "In memory", sort: "jetstream_memory_bytes", number: true, wide: true,
      value: (account) => bytes(account.jetstream_memory_bytes) },
    { label: "Failed logins", sort: "auth_errors", number: true, wide: true, value: (account) => count(account.auth_errors) },
  ],
});
