// The tree of the territory: nodes are asked for when they are opened, in pieces.  The keyboard works
// as the ARIA treegrid pattern has it: arrows move and open, Home and End jump, Enter goes there.

const PIECE = 200;
const TYPING_MS = 250;
const COUNTS = ["communities", "grids", "vacancies", "households", "shops", "strays"];
const NARROW = new Set(["grids", "vacancies"]);

export function start(table) {
  new Tree(table, document.getElementById("find"), document.getElementById("tree-said")).begin();
}

class Tree {
  constructor(table, find, said) {
    Object.assign(this, { table, find, said });
    this.body = table.tBodies[0];
    this.question = null;
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("focusin", (event) => this.reached(event.target.closest("tr")));
    this.body.addEventListener("click", (event) => this.click(event));
    find.addEventListener("input", () => this.typed());
    find.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") this.rows()[0]?.focus();
    });
  }

  // What was looked for before, when somebody comes back with the browser's button.
  begin() {
    return this.find.value.trim() ? this.look() : this.showRoots();
  }

  async showRoots() {
    const question = this.ask();
    const found = await this.fetch(`${this.table.dataset.children}?limit=${PIECE}`);
    if (question !== this.question || !found) return;
    this.body.replaceChildren();
    this.put(found, null, 1, 0);
    if (!found.total) {
      this.say(gettext("No division is loaded, or none of it is yours."));
    }
    // One root alone says little: what lies below it is what people come for.
    if (found.total === 1 && found.items[0].opens) await this.open(this.rows()[0]);
    this.rows()[0]?.setAttribute("tabindex", "0");
  }

  typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.begin(), TYPING_MS);
  }

  async look() {
    const question = this.ask();
    const text = this.find.value.trim();
    const found = await this.fetch(`${this.table.dataset.find}?q=${encodeURIComponent(text)}`);
    if (question !== this.question || !found) return;
    this.body.replaceChildren(...found.items.map((node) => this.row(node, 1, 1, 1)));
    this.rows()[0]?.setAttribute("tabindex", "0");
    if (!found.items.length) this.say(gettext("Nothing of this name or code lies in your territory."));
    else if (found.total > found.items.length) this.say(interpolate(gettext("The first %s; type more to see fewer."), [found.items.length]));
  }

  // A new question makes the answers to older ones void.
  ask() {
    this.say("");
    this.question = {};
    return this.question;
  }

  async fetch(url) {
    this.table.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(url, { headers: { Accept: "application/json" } });
      const body = await response.json();
      if (response.ok) return body;
      this.say(body.error.message);
    } catch {
      this.say(gettext("The server does not answer."));
    } finally {
      this.table.removeAttribute("aria-busy");
    }
    return null;
  }

  say(text) {
    this.said.hidden = !text;
    this.said.textContent = text;
  }

  rows() {
    return [...this.body.querySelectorAll("tr")];
  }

  // Puts a piece of the children of `parent` behind what is there of them.
  put(found, parent, level, offset) {
    const rows = found.items.map((node, index) => this.row(node, level, offset + index + 1, found.total));
    const seen = offset + found.items.length;
    if (seen < found.total) rows.push(this.more(parent, level, seen, found.total));
    if (parent) this.lastBelow(parent).after(...rows);
    else this.body.append(...rows);
    return rows;
  }

  row(node, level, place, of) {
    const row = cell("tr", { role: "row", "aria-level": level, "aria-posinset": place, "aria-setsize": of, tabindex: -1 });
    row.node = node;
    if (node.opens) row.setAttribute("aria-expanded", "false");
    const sign = cell("span", { class: "sign", "aria-hidden": "true" }, node.opens ? "▸" : "");
    const link = cell("a", { href: node.url, tabindex: -1 }, node.name);
    const kind = cell("span", { class: "muted small" }, [node.kind_text, node.official === false && gettext("made up")].filter(Boolean).join(" · "));
    const name = cell("td", { role: "gridcell", class: "name" }, sign, link, " ", kind);
    if (node.path) name.append(cell("div", { class: "muted small path" }, node.path));
    row.append(name, cell("td", { role: "gridcell", class: "code muted wide-only" }, node.code));
    for (const count of COUNTS) row.append(this.count(node, count));
    return row;
  }

  count(node, count) {
    const value = node.counts[count];
    const classes = ["num", !NARROW.has(count) && "wide-only", !value && "muted"].filter(Boolean).join(" ");
    return cell("td", { role: "gridcell", class: classes }, value ? value.toLocaleString() : "·");
  }

  more(parent, level, offset, total) {
    const row = cell("tr", { role: "row", "aria-level": level, tabindex: -1, class: "more" });
    const button = cell("button", { type: "button", tabindex: -1 }, interpolate(gettext("Show more (%s of %s shown)"), [offset, total]));
    row.act = async () => {
      const found = await this.fetch(this.piece(parent?.node.code ?? "", offset));
      if (!found || !row.isConnected) return;
      const rows = this.put(found, parent, level, offset);
      const hadFocus = row.contains(document.activeElement);
      row.remove();
      if (hadFocus) rows[0]?.focus();
    };
    row.append(cell("td", { role: "gridcell", colspan: 2 + COUNTS.length }, button));
    return row;
  }

  piece(code, offset) {
    return `${this.table.dataset.children}?of=${code}&limit=${PIECE}&offset=${offset}`;
  }

  async open(row) {
    if (row.getAttribute("aria-expanded") !== "false") return;
    row.setAttribute("aria-expanded", "true");
    const found = await this.fetch(this.piece(row.node.code, 0));
    if (!row.isConnected || row.getAttribute("aria-expanded") !== "true") return;
    if (found) this.put(found, row, level(row) + 1, 0);
    else row.setAttribute("aria-expanded", "false");
  }

  close(row) {
    if (row.getAttribute("aria-expanded") !== "true") return;
    row.setAttribute("aria-expanded", "false");
    while (row.nextElementSibling && level(row.nextElementSibling) > level(row)) row.nextElementSibling.remove();
  }

  lastBelow(row) {
    let last = row;
    while (last.nextElementSibling && level(last.nextElementSibling) > level(row)) last = last.nextElementSibling;
    return last;
  }

  parentOf(row) {
    let above = row.previousElementSibling;
    while (above && level(above) >= level(row)) above = above.previousElementSibling;
    return above;
  }

  click(event) {
    const row = event.target.closest("tr");
    if (!row || event.target.closest("a")) return;
    row.focus();
    if (row.act) row.act();
    else if (row.getAttribute("aria-expanded") === "true") this.close(row);
    else this.open(row);
  }

  // One row at a time can be reached by Tab; it is the one that was last.
  reached(row) {
    for (const other of this.body.querySelectorAll('tr[tabindex="0"]')) other.setAttribute("tabindex", "-1");
    row?.setAttribute("tabindex", "0");
  }

  key(event) {
    const row = event.target.closest("tr");
    const act = {
      ArrowDown: () => row.nextElementSibling?.focus(),
      ArrowUp: () => row.previousElementSibling?.focus(),
      ArrowRight: () => this.right(row),
      ArrowLeft: () => this.left(row),
      Home: () => this.body.firstElementChild.focus(),
      End: () => this.body.lastElementChild.focus(),
      Enter: () => (row.act ? row.act() : location.assign(row.node.url)),
    }[event.key];
    if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  }

  right(row) {
    if (row.getAttribute("aria-expanded") === "false") return this.open(row);
    const next = row.nextElementSibling;
    if (next && level(next) > level(row)) next.focus();
  }

  left(row) {
    if (row.getAttribute("aria-expanded") === "true") return this.close(row);
    this.parentOf(row)?.focus();
  }
}

function level(row) {
  return Number(row.getAttribute("aria-level"));
}

// Text becomes text nodes only, never markup: names come from other people.
function cell(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}
