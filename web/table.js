// PagedTable: a table that the agent sorts, filters and pages; the browser holds one page of it. Cells are changed in
// place, so that focus and selection survive an update.
import { get } from "./api.js";
import { el, name, scroller } from "./dom.js";
import { count } from "./format.js";

const kTyping = 250; // milliseconds after the last key

export class PagedTable {
  // columns: [{label, value(row): string, or draw(row): element with key(row); name, sort, number, wide, title(row)}]
  // wide: false, true or "wider", the room it takes to be shown
  // options: {what, caption, size, sort, empty, columns, parameters(): object, health(row)}
  constructor(options) {
    this.options = options;
    this.sort = options.sort;
    this.offset = 0;
    this.filter = "";
    this.rows = [];
    this.body = el("tbody");
    this.heads = options.columns.map((column) => this.head(column));
    this.status = el("span", { class: "quiet" });
    this.previous = el("button", { type: "button", click: () => this.turn(-1) }, "Previous");
    this.next = el("button", { type: "button", click: () => this.turn(1) }, "Next");
    this.pages = el("div", { class: "pages" }, this.status, this.previous, this.next);
    this.none = el("p", { class: "quiet", hidden: true }, options.empty);
    this.frame = scroller(`Table: ${options.caption}`, el("table", {},
      el("caption", { class: "hidden" }, options.caption),
      el("thead", {}, el("tr", {}, ...this.heads.map((head) => head.cell))), this.body));
    this.element = el("div", {}, this.tools(), this.frame, this.none, this.pages);
    this.showSort();
  }

  tools() {
    const input = el("input", { type: "search", placeholder: "Filter by name", autocomplete: "off", spellcheck: "false" });
    input.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => {
        this.filter = input.value.trim();
        this.again();
      }, kTyping);
    });
    return el("div", { class: "tools" },
      el("label", {}, el("span", { class: "hidden" }, `Filter: ${this.options.caption}`), input),
      ...(this.options.tools ?? []));
  }

  head(column) {
    const cell = el("th", { scope: "col", class: classes(column) });
    if (!column.sort) cell.append(column.label);
    else cell.append(el("button", { type: "button", class: "sort", click: () => this.order(column) }, column.label));
    return { column, cell };
  }

  // Numbers and states: the largest and the worst first.
  order(column) {
    const first = column.number || column.worst ? `-${column.sort}` : column.sort;
    const second = first === column.sort ? `-${column.sort}` : column.sort;
    this.sort = this.sort === first ? second : first;
    this.showSort();
    this.again();
  }

  showSort() {
    for (const { column, cell } of this.heads) {
      if (column.sort === this.sort) cell.setAttribute("aria-sort", "ascending");
      else if (this.sort === `-${column.sort}`) cell.setAttribute("aria-sort", "descending");
      else cell.removeAttribute("aria-sort");
    }
  }

  turn(pages) {
    this.offset = Math.max(0, this.offset + pages * this.options.size);
    this.load().catch(() => {}); // the section says what is wrong at its next refresh
  }

  again() {
    this.offset = 0;
    this.load().catch(() => {});
  }

  async load() {
    const asked = { limit: this.options.size, offset: this.offset, sort: this.sort, filter: this.filter, ...this.options.parameters?.() };
    const question = JSON.stringify(asked);
    this.question = question;
    const answer = await get(this.options.what, asked);
    if (this.question !== question) return; // somebody has sorted or turned the page since
    if (answer.items.length === 0 && this.offset > 0) {
      this.offset = Math.floor(Math.max(0, answer.total - 1) / this.options.size) * this.options.size;
      return this.load();
    }
    this.draw(answer);
  }

  draw({ items, total, time }) {
    while (this.rows.length > items.length) this.rows.pop().remove();
    while (this.rows.length < items.length) this.rows.push(this.body.appendChild(this.row()));
    items.forEach((item, index) => this.update(this.rows[index], item, time));
    this.none.hidden = total > 0;
    this.frame.hidden = total === 0;
    this.pages.hidden = total <= this.options.size && this.offset === 0;
    this.status.textContent = `${count(this.offset + 1)} to ${count(this.offset + items.length)} of ${count(total)}`;
    this.previous.disabled = this.offset === 0;
    this.next.disabled = this.offset + items.length >= total;
  }

  row() {
    return el("tr", {}, ...this.options.columns.map((column, index) =>
      index === 0 ? el("th", { scope: "row", class: classes(column) }) : el("td", { class: classes(column) })));
  }

  update(row, item, time) {
    row.className = this.options.health?.(item) ?? "";
    this.options.columns.forEach((column, index) => updateCell(row.cells[index], column, item, time));
  }
}

function classes(column) {
  return [column.number && "number", column.wide === true ? "wide" : column.wide].filter(Boolean).join(" ");
}

function updateCell(cell, column, item, time) {
  const text = column.value(item, time);
  const title = column.title?.(item, time) ?? "";
  if (cell.shown === text && cell.title === title) return;
  cell.shown = text;
  cell.title = title;
  if (column.draw) cell.replaceChildren(column.draw(item, text));
  else if (column.name) cell.replaceChildren(name(text));
  else cell.textContent = text;
}
