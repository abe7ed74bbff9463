// The form over the map that says what a step would do before it is done: fields, the areas and
// figures that come of it, or why it cannot be done and where.

import { element, setText } from "maps/element";
import { triedTable } from "plans/figures";
import { areaText, gainText } from "plans/measures";

const FIELD_OF = { select: selectOf, text: textOf, check: checkOf };

export class Card {
  // closed(isDone): after a step was taken, or given up.
  constructor(holder, editor, map, { closed }) {
    Object.assign(this, { holder, editor, map, closed, asked: 0 });
    editor.onChange(() => this.isOpen && !this.isApplying && this.look());
  }

  get isOpen() {
    return !this.holder.hidden;
  }

  // fields: [{ name, label, kind, options, value, help }].  operation(values): what would be done, null
  // while something is missing.  tuned(values, told): other values to begin with, or null.
  open({ title, fields, operation, tuned = () => null, hint = "" }) {
    Object.assign(this, { operation, tuned, fields });
    this.inputs = {};
    const rows = fields.map((field) => this.rowOf(field));
    this.told = element("div", { class: "card-told", role: "status" });
    this.counted = element("div", { class: "card-counted" });
    this.done = element("button", { type: "submit", class: "main" }, gettext("Apply"));
    const give = element("button", { type: "button" }, gettext("Cancel"));
    give.addEventListener("click", () => this.close(false));
    const form = element("form", { class: "card-form" },
      element("h2", { id: "card-title" }, title),
      hint && element("p", { class: "muted" }, hint),
      ...rows, this.told,
      element("div", { class: "card-verbs" }, this.done, give, element("span", { class: "muted" }, element("kbd", {}, gettext("Enter")), " ", element("kbd", {}, "Esc"))),
      this.counted);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.apply();
    });
    form.addEventListener("change", () => this.look());
    this.holder.replaceChildren(form);
    this.holder.hidden = false;
    // Not a choice: Enter would open it, and Enter applies.
    (form.querySelector("input[type=text]") ?? this.holder).focus({ preventScroll: true });
    this.look();
  }

  rowOf(field) {
    const input = FIELD_OF[field.kind](field);
    input.id = `card-${field.name}`;
    this.inputs[field.name] = input;
    if (field.kind === "check") return element("label", { class: "card-check" }, input, field.label);
    return element("label", { class: "card-field" }, element("span", {}, field.label), input);
  }

  values() {
    return Object.fromEntries(Object.entries(this.inputs).map(([name, input]) => [name, input.type === "checkbox" ? input.checked : input.value.trim()]));
  }

  // What would come of it, as the form stands; answers to questions that were asked before are late.
  look() {
    this.looking = this.lookNow();
    return this.looking;
  }

  async lookNow() {
    const number = (this.asked += 1);
    const operation = this.operation(this.values());
    this.map.showTrouble(null);
    this.counted.dataset.stale = "true";
    if (operation === null) {
      this.map.showPreview(null);
      this.told.replaceChildren();
      this.counted.replaceChildren();
      this.done.disabled = true;
      return;
    }
    this.done.disabled = false;
    try {
      const told = await this.editor.preview([operation]);
      if (number !== this.asked || !this.isOpen) return;
      const other = this.tuned(this.values(), told);
      this.tuned = () => null;
      if (other) {
        Object.entries(other).forEach(([name, value]) => (this.inputs[name].checked = value));
        return await this.look();
      }
      this.map.showPreview(told);
      this.told.replaceChildren(this.areas(told));
      this.count(number, operation);
    } catch (refusal) {
      if (number === this.asked && this.isOpen) this.refuse(refusal);
    }
  }

  // Counting takes longer than drawing: it is asked for when the shapes are there, and an answer is dropped
  // when something else is looked at by then.
  async count(number, operation) {
    const counted = await this.editor.previewFigures([operation]).then(
      (told) => told.grids.length > 0 && triedTable(told, (grid) => this.called({ ...grid, own: grid.code.startsWith(this.editor.community()) })),
      (refusal) => element("p", { class: "muted" }, refusal.message));
    if (number !== this.asked || !this.isOpen) return;
    this.counted.replaceChildren(...[counted].filter(Boolean));
    this.counted.dataset.stale = "false";
  }

  areas({ grids, gone }) {
    const rows = grids.filter(({ key, area_m2: area }) => Math.abs(area - (this.editor.grid(key)?.area_m2 ?? 0)) > 0.005).map((grid) => element("tr", {},
      element("th", { scope: "row" }, this.called(grid)),
      element("td", { class: "num" }, areaText(grid.area_m2)),
      element("td", { class: "num muted" }, this.editor.grid(grid.key) ? gainText(grid.area_m2 - this.editor.grid(grid.key).area_m2) : gettext("new"))));
    const ended = gone.map((key) => this.editor.grid(key)).filter(Boolean).map((grid) => element("tr", {},
      element("th", { scope: "row" }, this.called(grid)),
      element("td", { class: "num muted", colspan: 2 }, gettext("is ended"))));
    return rows.length + ended.length ? element("table", { class: "card-areas" }, element("tbody", {}, ...rows, ...ended)) : element("p", { class: "muted" }, gettext("No land changes hands."));
  }

  called(grid) {
    return `${grid.code.slice(12)} ${this.map.shortName(grid)}`;
  }

  refuse(refusal) {
    this.done.disabled = refusal.status === 422;
    this.map.showPreview(null);
    this.counted.replaceChildren();
    this.told.replaceChildren(refusalOf(refusal, this.map));
  }

  async apply() {
    if (this.isApplying) return;
    this.isApplying = true;
    // Pressed at once, it still goes by what the form is told first.
    await this.looking;
    const operation = this.operation(this.values());
    if (operation === null || this.done.disabled) {
      this.isApplying = false;
      return;
    }
    this.done.disabled = true;
    try {
      await this.editor.apply([operation]);
      this.close(true);
    } catch (refusal) {
      if (refusal.isKept) return this.close(true);
      this.done.disabled = false;
      // Somebody else was first: theirs is on the map now, and this one is tried on it.
      if (refusal.status === 409) await this.look();
      const first = refusal.detail?.revision && this.editor.mayDraw;
      this.told.prepend(first ? refusalOf({ message: interpolate(gettext("%s changed the plan first, and the map shows it now. Apply once more to do yours on it."), [this.editor.state.editor]) }, this.map) : refusalOf(refusal, this.map));
    } finally {
      this.isApplying = false;
    }
  }

  close(isDone) {
    if (!this.isOpen) return;
    this.asked += 1;
    this.holder.hidden = true;
    this.holder.replaceChildren();
    this.map.showPreview(null);
    this.map.showSketch(null);
    this.map.showTrouble(null);
    this.closed(isDone);
  }
}

// Why something cannot be done, with a way to the place.
export function refusalOf(refusal, map) {
  const place = refusal.detail?.place ?? null;
  const go = place && element("button", { type: "button", class: "quiet" }, gettext("Show the place"));
  go?.addEventListener("click", () => map.zoomTo(place));
  map.showTrouble(place);
  return element("p", { class: "refusal", role: "alert", "data-flaw": refusal.detail?.flaw ?? null }, element("span", {}, refusal.message), go);
}

function selectOf({ options, value }) {
  const select = element("select", {}, ...options.map(([key, text]) => element("option", { value: key }, text)));
  if (value !== undefined) select.value = value;
  return select;
}

function textOf({ value = "", longest = 80, pattern }) {
  return element("input", { type: "text", value, maxlength: longest, pattern, autocomplete: "off", spellcheck: "false" });
}

function checkOf({ value = false }) {
  const input = element("input", { type: "checkbox" });
  input.checked = value;
  return input;
}

export function fill(holder, text) {
  setText(holder, text);
}
