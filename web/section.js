// Section: a part of the page that asks for its own data, only while it can be seen, and never twice at a time.
import { byId, el } from "./dom.js";
import { Unreachable } from "./api.js";

const kMargin = "300px"; // what is about to be scrolled into view counts as seen

export class Section {
  // load(): asks and draws.
  constructor(id, load) {
    this.load = load;
    this.seen = false;
    this.due = false; // until the page knows that the agent answers
    this.problem = el("p", { class: "problem", hidden: true });
    byId(id).append(this.problem);
    new IntersectionObserver(([entry]) => {
      this.seen = entry.isIntersecting;
      this.settle();
    }, { rootMargin: kMargin }).observe(byId(id));
  }

  // What it shows is out of date.
  refresh() {
    this.due = true;
    return this.settle();
  }

  async settle() {
    if (!this.seen || !this.due || this.loading) return;
    this.loading = true;
    this.due = false;
    try {
      await this.load();
      this.problem.hidden = true;
    } catch (error) {
      this.due = true;
      this.tell(error);
    }
    this.loading = false;
  }

  // An agent that is gone is told of once, at the top.
  tell(error) {
    if (error instanceof Unreachable) return;
    this.problem.textContent = error.message;
    this.problem.hidden = false;
  }
}
