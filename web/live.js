// The stream of events: one EventSource, made anew whenever it ends, which goes on where the last one stopped. It is
// closed while nobody looks at the page: browsers give few connections to all pages of one address together.
import { address } from "./api.js";

const kFirstWait = 500; // milliseconds
const kLongestWait = 4000;
const kKinds = ["lifecycle", "auth", "health", "connections", "accounts", "jetstream", "other"];

export class Live {
  // on: {event(kind, object), lost(count), snapshot(object), open(), closed()}
  constructor(on) {
    this.on = on;
    this.kinds = [];
    this.lastId = "0"; // all that the agent still has
    this.wait = kFirstWait;
    document.addEventListener("visibilitychange", () => this.restart());
  }

  watch(kinds) {
    this.kinds = kinds;
    this.restart();
  }

  restart() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
    if (!document.hidden) this.open();
  }

  open() {
    const parameters = new URLSearchParams({ kind: this.kinds.join(","), last_event_id: this.lastId });
    const source = new EventSource(address(`api/v1/events?${parameters}`));
    this.source = source;
    source.addEventListener("open", () => {
      this.wait = kFirstWait;
      this.on.open();
    });
    source.addEventListener("error", () => this.retry());
    source.addEventListener("snapshot", (message) => this.on.snapshot(JSON.parse(message.data)));
    source.addEventListener("lost", (message) => this.lastId !== "0" && this.on.lost(JSON.parse(message.data).lost));
    for (const kind of kKinds) {
      source.addEventListener(kind, (message) => {
        this.lastId = message.lastEventId || this.lastId;
        this.on.event(kind, JSON.parse(message.data));
      });
    }
  }

  // The browser's own retry gives up when a proxy answers in the agent's place.
  retry() {
    this.source.close();
    this.on.closed();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.restart(), this.wait);
    this.wait = Math.min(this.wait * 2, kLongestWait);
  }
}
