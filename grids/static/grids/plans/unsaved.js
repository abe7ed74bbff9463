// Steps that the server has not taken: kept in this browser, in the order in which they were drawn, until it
// takes them or they are given up.  The map shows none of them, so each was drawn without those before it.

import { element } from "maps/element";
import { refusalOf } from "plans/card";

export class Unsaved {
  // sketches: a KeptSketch.  changed(): there are more of them, or fewer.
  constructor(holder, { editor, map, sketches, changed }) {
    Object.assign(this, { holder, editor, map, sketches, changed, trying: null });
  }

  get steps() {
    const { pending = [] } = this.sketches.read();
    // Before there could be several, the operations of the one stood there themselves.
    return pending.length === 0 || Array.isArray(pending[0]) ? pending : [pending];
  }

  // why: what kept the server from taking it.
  keep(operations, why) {
    if (operations !== this.trying) this.write([...this.steps, operations]);
    this.show(why);
  }

  // One after the other, until one is not taken: that one stays, and what comes after it.
  async again() {
    this.holder.querySelectorAll("button").forEach((button) => (button.disabled = true));
    this.map.showPreview(null);
    while (this.steps.length > 0) {
      [this.trying] = this.steps;
      try {
        await this.editor.apply(this.trying);
      } catch (refusal) {
        return refusal.isKept ? undefined : this.show(refusalOf(refusal, this.map));
      } finally {
        this.trying = null;
      }
      this.write(this.steps.slice(1));
    }
    this.show("");
  }

  giveUp() {
    this.map.showPreview(null);
    this.map.showTrouble(null);
    this.write(this.steps.slice(1));
    this.show("");
  }

  // What was kept when the page was closed, and what would come of it.
  async restore() {
    if (this.steps.length === 0) return;
    this.show("");
    this.map.showPreview(await this.editor.preview(this.steps.flat()).catch(() => null));
  }

  write(steps) {
    this.sketches.write({ pending: steps.length > 0 ? steps : null });
    this.changed();
  }

  show(why) {
    const { length } = this.steps;
    const told = interpolate(ngettext("A step is not saved. It is kept in this browser:", "%s steps are not saved. They are kept in this browser:", length), [length]);
    this.holder.replaceChildren(element("div", { class: "conflict", role: "alert" },
      why instanceof Node ? why : element("span", {}, why),
      element("span", { class: "unsaved-told" }, told),
      this.button(interpolate(ngettext("Do it again", "Do all %s again", length), [length]), () => this.again(), "main"),
      this.button(ngettext("Give it up", "Give the first up", length), () => this.giveUp())));
    this.holder.hidden = length === 0;
  }

  button(text, act, kind = null) {
    const button = element("button", { type: "button", class: kind }, text);
    button.addEventListener("click", act);
    return button;
  }
}
