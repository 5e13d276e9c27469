// The meta groups of JetStream: who leads, who is there, and how many more servers may go.
import { badge, el, fold, name, plainTable, redraw, scroller } from "./dom.js";
import { count, duration, plural } from "./format.js";

const kFew = 3; // groups that are all shown
const kFewPeers = 5;
const kHeard = 10; // seconds of silence that are told apart

let drawn = "";

export function showMeta(place, groups) {
  const now = JSON.stringify(groups, (key, value) => (key === "active_seconds" ? Math.floor(value / kHeard) : value));
  if (now === drawn) return;
  drawn = now;
  const folded = groups.length > kFew ? groups.filter(isWell) : [];
  const unfolded = groups.filter((group) => !folded.includes(group));
  redraw(place, ...unfolded.map(drawGroup),
    folded.length === 0 ? "" : fold("meta", false, `${plural(folded.length, "meta group")} can lose more servers`, () => folded.map(drawGroup)),
    groups.length === 0 ? el("p", { class: "quiet" }, "None is known.") : "");
}

const isWell = (group) => outlook(group)[0] === "ok";

function outlook(group) {
  if (!group.leader) return ["critical", "has no leader: streams and consumers cannot be made or moved"];
  if (group.failures_tolerated > 0) return ["ok", `can lose ${plural(group.failures_tolerated, "more server")}`];
  return ["warning", group.size === 1 ? "is one server alone" : "cannot lose one more server"];
}

function drawGroup(group) {
  const [health, sentence] = outlook(group);
  const numbers = group.size === null ? "" : `; ${count(group.online)} of ${count(group.size)} online, ${count(group.quorum_needed)} needed for a majority`;
  return el("div", { class: "group" },
    el("p", {}, badge(health, group.group || "meta group"), ` ${sentence}${numbers}. `,
      ...(group.leader ? ["Leader: ", name(group.leader), "."] : [])),
    fold(`members ${group.group}`, group.peers_total <= kFewPeers, membersOf(group),
      () => [scroller(`Members of ${group.group}`, plainTable(`Members of ${group.group}`,
        ["Server", "State", "Last heard by the leader", "Lag"], group.peers.map(drawPeer)))]));
}

const membersOf = ({ peers, peers_total: all }) =>
  plural(all, "member") + (peers.length < all ? `, ${count(peers.length)} of them listed` : "");

function stateOf(peer) {
  if (!peer.online) return badge("critical", "offline");
  if (peer.leader) return badge("ok", "leader");
  return peer.current ? badge("ok", "current") : badge("warning", "behind");
}

const drawPeer = (peer) => [name(peer.server), stateOf(peer),
  peer.leader ? "–" : duration(peer.active_seconds), count(peer.lag)];
