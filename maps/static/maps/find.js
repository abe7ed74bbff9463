// A box to find things in: a combobox that asks the server while somebody types.  It knows nothing of
// a map; whoever makes it says what happens to the thing chosen.

import { ask } from "maps/api";
import { element, setText } from "maps/element";
import { isForPage } from "maps/keys";

const PAUSE_MS = 150;
const MOST = 20;

export class Finder {
  // chosen(item): one of the things found was picked; a sentence it returns is shown.
  constructor(holder, url, { chosen }) {
    Object.assign(this, { holder, url, chosen });
    this.input = holder.querySelector("input");
    this.list = element("div", { id: "find-list", role: "listbox", "aria-label": gettext("Found"), hidden: true });
    this.note = element("p", { class: "find-note", hidden: true });
    this.said = element("p", { class: "unseen", role: "status" });
    this.drop = element("div", { class: "find-drop" }, this.list, this.note);
    holder.append(this.drop, this.said);
    this.options = [];
    this.active = -1;
    this.question = null;
    this.listen();
  }

  listen() {
    const { input } = this;
    // While an input method composes, the box holds letters that nobody means to look for.
    input.addEventListener("input", (event) => event.isComposing || this.typed());
    input.addEventListener("compositionend", () => this.typed());
    input.addEventListener("keydown", (event) => this.press(event));
    input.addEventListener("focus", () => this.open(this.options.length > 0));
    input.addEventListener("blur", () => this.close());
    // The box keeps the focus while somebody scrolls or presses in the list.
    this.drop.addEventListener("mousedown", (event) => event.preventDefault());
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || !isForPage(event)) return;
      event.preventDefault();
      input.focus();
      input.select();
    });
  }

  press(event) {
    if (event.isComposing) return;
    const act = {
      ArrowDown: () => this.move(1),
      ArrowUp: () => this.move(-1),
      Enter: () => this.enter(),
      Escape: () => this.leave(event),
    }[event.key];
    if (!act) return;
    if (event.key !== "Escape") event.preventDefault();
    act();
  }

  typed() {
    clearTimeout(this.pause);
    this.hurried = false;
    this.question = null;
    if (!this.input.value.trim()) return this.show([], "");
    this.pause = setTimeout(() => this.look(), PAUSE_MS);
  }

  // An answer to an older question is dropped, however late or early it comes.
  async look() {
    clearTimeout(this.pause);
    const question = { text: this.input.value.trim() };
    this.question = question;
    this.holder.toggleAttribute("data-busy", true);
    try {
      const { body } = await ask(`${this.url}?${new URLSearchParams({ q: question.text, limit: MOST })}`);
      if (this.question !== question) return;
      this.show(body.items, remark(question.text, body), question.text);
      if (this.hurried && this.options.length) this.pick(0);
    } catch (error) {
      if (this.question === question) this.show([], error.message);
    } finally {
      if (this.question === question || this.question === null) this.holder.toggleAttribute("data-busy", false);
    }
  }

  show(items, note, text = "") {
    const groups = grouped(items);
    this.options = [...groups.values()].flat().map((item, index) => this.option(item, index, text));
    const nodes = new Map(this.options.map(({ item, node }) => [item, node]));
    this.list.replaceChildren(...[...groups.values()].map((group) => element(
      "div", { role: "group", "aria-label": group[0].kind_name },
      element("div", { class: "find-kind", "aria-hidden": "true" }, group[0].kind_name),
      ...group.map((item) => nodes.get(item)),
    )));
    this.note.hidden = !note;
    setText(this.note, note);
    setText(this.said, [this.options.length ? interpolate(gettext("%s found"), [this.options.length]) : "", note].filter(Boolean).join(" "));
    this.activate(-1);
    this.open(this.options.length > 0 || Boolean(note));
  }

  option(item, index, text) {
    const under = [item.code, item.detail, item.within].filter(Boolean);
    const node = element(
      "div", { id: `find-${index}`, role: "option", "aria-selected": false, class: "find-option" },
      element("span", { class: "find-title" }, ...marked(item.title, text)),
      element("span", { class: "find-under" }, ...marked(under.join(" · "), text)),
      item.former && element("span", { class: "find-under" }, ...marked(interpolate(gettext("formerly %s"), [item.former.replaceAll("\n", "、")]), text)),
    );
    node.addEventListener("click", () => this.pick(index));
    return { item, node };
  }

  move(step) {
    if (!this.options.length) return;
    this.open(true);
    const count = this.options.length;
    // Beside the options there is the box itself, where the text is.
    this.activate(((this.active + 1 + step + count + 1) % (count + 1)) - 1);
  }

  activate(index) {
    this.options[this.active]?.node.setAttribute("aria-selected", "false");
    this.active = index;
    const option = this.options[index]?.node;
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  // Without a choice the first is meant; it may still be under way.
  enter() {
    const fresh = this.question && this.question.text === this.input.value.trim() && !this.holder.hasAttribute("data-busy");
    if (this.active >= 0 || (fresh && this.options.length)) return this.pick(Math.max(this.active, 0));
    if (!this.input.value.trim()) return;
    this.hurried = true;
    if (!this.question) this.look();
  }

  pick(index) {
    const { item } = this.options[index];
    this.hurried = false;
    this.question = null;
    this.input.value = item.title;
    const sentence = this.chosen(item) ?? "";
    this.show([], sentence);
    // On a phone the keyboard goes with the focus.
    if (!sentence) this.input.blur();
  }

  // First the list goes, then the text; what else listens to Escape is not meant.
  leave(event) {
    if (this.expanded()) {
      event.stopPropagation();
      return this.close();
    }
    if (!this.input.value) return this.input.blur();
    event.stopPropagation();
    this.input.value = "";
    this.typed();
  }

  open(wanted) {
    this.list.hidden = !this.options.length;
    this.holder.toggleAttribute("data-open", wanted);
    this.input.setAttribute("aria-expanded", String(wanted && this.options.length > 0));
  }

  close() {
    this.open(false);
    this.activate(-1);
  }

  expanded() {
    return this.holder.hasAttribute("data-open");
  }
}

function remark(text, { items, more, refreshing }) {
  const sentences = [
    !items.length && interpolate(gettext("Nothing of yours is called “%s”. A name, code, address or the first letters of the pinyin will do."), [text]),
    more && gettext("There is more. Type more of the name."),
    refreshing && gettext("New places are being added; they can be found in a few minutes."),
  ];
  return sentences.filter(Boolean).join(" ");
}

function grouped(items) {
  const groups = new Map();
  for (const item of items) groups.set(item.kind, [...(groups.get(item.kind) ?? []), item]);
  return groups;
}

// The text in pieces, those of `sought` as <mark>.  Where folding changes the length nothing is
// marked: the places would be wrong.
function marked(text, sought) {
  const folded = fold(text);
  const words = fold(sought).split(/\s+/).filter(Boolean);
  if (folded.length !== text.length) return [text];
  const parts = [];
  let done = 0;
  for (const [from, to] of spans(folded, words)) {
    parts.push(text.slice(done, from), element("mark", {}, text.slice(from, to)));
    done = to;
  }
  return [...parts, text.slice(done)];
}

// Where the words stand first, in order and without overlap.
function spans(folded, words) {
  const found = words.map((word) => [folded.indexOf(word), word.length]).filter(([at]) => at >= 0);
  const sorted = found.map(([at, length]) => [at, at + length]).sort(([a], [b]) => a - b);
  return sorted.filter(([at], index) => index === 0 || at >= sorted[index - 1][1]);
}

function fold(text) {
  return text.normalize("NFKC").toLowerCase();
}
