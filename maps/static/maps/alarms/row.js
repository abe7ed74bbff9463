// One alarm of the list: what, where, since when, who has it; and the form in which it is taken.

import * as clock from "maps/clock";
import { element, setText } from "maps/element";

const LONGEST_NOTE = 200;
// They differ in shape before they differ in colour.
export const SIGNS = { top: "▲", middle: "◆", low: "●" };
const RANKS = {
  top: () => pgettext("priority", "Top"),
  middle: () => pgettext("priority", "Middle"),
  low: () => pgettext("priority", "Low"),
};

export function rankText(rank) {
  return interpolate(gettext("Priority: %s"), [RANKS[rank]()]);
}

export class AlarmRow {
  // goes(alarm): it was pressed.  act(verb, alarm, more): resolves with what is against it, or "".
  constructor({ goes, act }) {
    this.act = act;
    this.sign = element("span", { class: "alarm-sign" });
    this.title = element("span", { class: "alarm-title" });
    this.since = element("span", { class: "row-since" });
    this.detail = element("span", { class: "alarm-detail" });
    this.go = element("button", { type: "button", class: "alarm-go" }, this.sign, this.title, this.since, this.detail);
    this.go.addEventListener("click", () => goes(this.item));
    this.taken = element("p", { class: "alarm-taken", hidden: true });
    this.verbs = element("div", { class: "alarm-verbs" });
    this.said = element("p", { class: "notice", role: "alert", hidden: true });
    this.node = element("li", { class: "alarm" }, this.go, this.taken, this.verbs, this.said);
    this.makeForm();
  }

  makeForm() {
    this.input = element("input", { type: "text", maxlength: LONGEST_NOTE, autocomplete: "off", "aria-label": gettext("Note"), placeholder: gettext("What is being done (may stay empty)") });
    this.submit = element("button", { type: "submit", class: "main" });
    const cancel = element("button", { type: "button", class: "quiet" }, gettext("Cancel"));
    cancel.addEventListener("click", () => this.close());
    this.form = element("form", { class: "alarm-form", hidden: true }, this.input, this.submit, cancel);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.do(this.verb, { note: this.input.value.trim(), ...this.more });
    });
    this.form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
    this.node.append(this.form);
  }

  get isOpen() {
    return !this.form.hidden;
  }

  update(item, mayTake) {
    const before = this.item;
    this.item = item;
    this.node.dataset.rank = item.rank;
    this.node.toggleAttribute("data-taken", item.taken !== null);
    setText(this.sign, SIGNS[item.rank]);
    this.sign.title = rankText(item.rank);
    this.go.setAttribute("aria-label", [rankText(item.rank), item.kind_text, item.title, item.detail].filter(Boolean).join(gettext(", ")));
    setText(this.title, item.title);
    setText(this.detail, [item.kind_text, item.detail].filter(Boolean).join(" · "));
    this.taken.hidden = !item.taken;
    if (item.taken) setText(this.taken, takenText(item.taken));
    const holder = ({ taken }) => taken && `${taken.by} ${taken.own}`;
    if (!before || holder(before) !== holder(item) || mayTake !== this.mayTake) this.showVerbs(item, mayTake);
    this.mayTake = mayTake;
  }

  showVerbs({ taken, page }, mayTake) {
    const verbs = [];
    if (mayTake && !taken) verbs.push(this.opens(gettext("Take"), "take", {}));
    if (mayTake && taken?.own) verbs.push(this.opens(gettext("Change the note"), "note", {}), this.release());
    if (mayTake && taken && !taken.own) verbs.push(this.opens(gettext("Take over"), "take", { over: taken.by }));
    if (page) verbs.push(element("a", { href: page }, gettext("Page")));
    this.verbs.replaceChildren(...verbs);
    this.verbs.hidden = verbs.length === 0;
    if (this.isOpen) this.close();
  }

  opens(name, verb, more) {
    const button = element("button", { type: "button", class: "quiet" }, name);
    button.addEventListener("click", () => {
      Object.assign(this, { verb, more, opener: button });
      this.input.value = verb === "note" ? this.item.taken.note : "";
      setText(this.submit, name);
      this.form.hidden = false;
      this.verbs.hidden = true;
      this.tell("");
      this.input.focus();
    });
    return button;
  }

  release() {
    const button = element("button", { type: "button", class: "quiet" }, gettext("Give back"));
    button.addEventListener("click", () => this.do("release", {}));
    return button;
  }

  async do(verb, more) {
    if (this.busy) return;
    this.busy = true;
    const said = await this.act(verb, this.item, more);
    this.busy = false;
    if (!said) this.close();
    this.tell(said);
  }

  close() {
    this.form.hidden = true;
    this.verbs.hidden = this.verbs.childElementCount === 0;
    if (this.opener?.isConnected) this.opener.focus();
  }

  tell(text) {
    this.said.hidden = !text;
    setText(this.said, text);
  }

  tick() {
    const at = Date.parse(this.item.raised_at);
    setText(this.since, clock.lengthText(clock.now() - at));
    this.since.title = interpolate(gettext("since %s"), [clock.timeText(at)]);
  }
}

function takenText({ who, at, note }) {
  const words = interpolate(gettext("%s has it since %s"), [who, clock.timeText(Date.parse(at))]);
  return note ? interpolate(gettext("%s: %s"), [words, note]) : words;
}
