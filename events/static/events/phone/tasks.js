// My tasks: what my units are to do, until when, and the steps of it.  Steps need signal, for others
// take them too: none is queued.  What was written for one is kept on the phone until the server has
// taken it.

import { button, byId, complain, element, fill, name } from "phone/element";
import { ask, Unreachable } from "phone/net";
import { Picker } from "phone/picker";
import { forget, keep, kept, keptUnder } from "phone/store";
import { colour, due, moment, newId } from "phone/words";

const PHOTO_S = 90;
const KEPT_MS = 7 * 24 * 3600 * 1000;
const BADGES = { green: "good", amber: "warn", red: "bad", late: "bad" };

export class TasksPage {
  constructor(box, config, session, counted) {
    Object.assign(this, { box, config, session, counted });
    this.items = [];
    this.forget();
  }

  // at: of when the list is; null: there has never been one.  isOld: the server has not been asked since.
  forget() {
    Object.assign(this, { at: null, isOld: true, problem: null, drafts: new Map(), writing: false });
  }

  async show() {
    const { me } = this.session;
    this.isOpen = true;
    this.forget();
    if (!me?.may_handle) return fill(this.box, element("p", { class: "empty" }, gettext("Your role has no tasks.")));
    const known = await kept(`tasks-${me.id}`);
    this.items = known?.items ?? [];
    this.at = known?.at ?? null;
    this.drafts = await keptUnder(this.place(""));
    this.counted(this.items.length);
    this.draw();
    await this.fetch();
  }

  // Where the draft of a step is kept.
  place(step) {
    return `step-${this.session.me.id}-${step}`;
  }

  async fetch() {
    const { me, state } = this.session;
    if (!me?.may_handle || this.writing) return;
    if (state !== "in") return this.old();
    try {
      const { status, data } = await ask(this.config.tasks);
      if (this.session.me?.id !== me.id) return;
      if (status !== 200) return this.old();
      Object.assign(this, { items: data.items, at: data.at, isOld: false });
      await keep(`tasks-${me.id}`, data);
      this.counted(this.items.length);
      await this.dropOld();
      if (!this.writing) this.draw();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.old();
    }
  }

  old() {
    this.isOld = true;
    if (!this.writing) this.draw();
  }

  // What was asked for while this page was open may come when another has taken the box.
  leave() {
    this.isOpen = false;
  }

  draw() {
    if (!this.isOpen) return;
    this.writing = false;
    const { problem } = this;
    const lost = problem && !this.items.some(({ id }) => id === problem.task);
    fill(
      this.box,
      lost && element("p", { class: "problem", role: "alert" }, problem.sentence),
      this.at && element("p", { class: this.isOld ? "as-of missing" : "as-of", id: "as-of" }, this.asOf()),
      ...this.items.map((task) => this.card(task)),
      this.items.length === 0 && element("p", { class: "empty" }, this.at ? gettext("There is nothing to do for your units.") : gettext("The list comes with the first signal.")),
    );
  }

  asOf() {
    const rule = this.isOld ? gettext("As of %s. No signal: others may have taken steps since.") : gettext("As of %s");
    return interpolate(rule, [moment(this.at)]);
  }

  card(task) {
    const where = [task.address, task.grid].filter(Boolean).join(" · ");
    const badge = BADGES[colour(task)] ?? "";
    return element("div", { class: `card ${badge}`, "data-task": task.id },
      element("p", {}, element("b", {}, name(task.category_name)), " ", element("span", { class: `badge ${badge}` }, due(task.due))),
      task.text && element("p", { class: "text" }, name(task.text)),
      where && element("p", { class: "where" }, name(where)),
      element("p", { class: "number" }, `${task.number} · ${task.severity_text} · ${task.state_text} · `, name(task.unit)),
      task.photos.length > 0 && element("ul", { class: "photos" }, task.photos.map((address) => element("li", {}, element("a", { href: address }, element("img", { src: address, alt: gettext("Photo of the report"), loading: "lazy" }))))),
      this.problem?.task === task.id && element("p", { class: "problem", role: "alert" }, this.problem.sentence),
      element("div", { class: "acts" },
        task.actions.map(({ verb, name: text }) => this.actButton(task, verb, text)),
        element("a", { class: "button", href: task.links.amap, rel: "noreferrer" }, gettext("Amap")),
        element("a", { class: "button", href: task.links.system, rel: "noreferrer" }, gettext("Phone's map"))));
  }

  actButton(task, verb, text) {
    const isBegun = this.drafts.has(this.place(`${task.id}-${verb}`));
    const label = isBegun ? interpolate(gettext("%s (draft)"), [text]) : text;
    return button(label, () => this.press(task, verb, text), { class: verb === "hand_back" ? "" : "main", "data-verb": verb });
  }

  press(task, verb, text) {
    if (verb === "take") return this.act(task, verb, { note: "", photos: [] });
    this.write(task, verb, text);
  }

  write(task, verb, text) {
    this.writing = true;
    this.problem = null;
    const place = this.place(`${task.id}-${verb}`);
    const draft = this.drafts.get(place) ?? { note: "", photos: [] };
    const keeping = () => this.keepDraft(place, draft);
    const hint = verb === "finish" ? gettext("What was done?") : gettext("Why is it handed back?");
    const note = element("textarea", { rows: 4, maxlength: 500, placeholder: hint, "aria-label": hint, id: "task-note" });
    note.value = draft.note;
    note.addEventListener("input", () => {
      draft.note = note.value;
      keeping();
    });
    const picker = new Picker(this.session.form.limits, {
      photos: draft.photos,
      add: async (photo) => {
        const made = { ...photo, client_id: newId(), sent: false };
        draft.photos.push(made);
        await keeping();
        return made;
      },
      remove: async (photo) => {
        draft.photos = draft.photos.filter((one) => one !== photo);
        await keeping();
      },
    });
    const send = button(text, () => this.act(task, verb, draft, send), { class: "main send", id: "task-send" });
    fill(
      this.box,
      button(`‹ ${gettext("Back")}`, () => this.draw(), { class: "back" }),
      element("h2", {}, name(task.category_name)),
      verb === "finish" && picker.box,
      note,
      element("p", { class: "problem", role: "alert", id: "task-problem", hidden: true }),
      element("div", { class: "send-bar" }, send),
    );
    window.scrollTo(0, 0);
  }

  // Where a photo is shown is this page's alone.
  async keepDraft(place, draft) {
    draft.saved_at = Date.now();
    this.drafts.set(place, draft);
    await keep(place, { note: draft.note, saved_at: draft.saved_at, photos: draft.photos.map(({ address, ...photo }) => photo) });
  }

  // What was written for a task that is over, or another's by now.
  async dropOld() {
    const open = new Set(this.items.map(({ id }) => String(id)));
    for (const [place, { saved_at }] of this.drafts) {
      const task = place.slice(this.place("").length).split("-")[0];
      if (open.has(task) || saved_at > Date.now() - KEPT_MS) continue;
      this.drafts.delete(place);
      await forget(place);
    }
  }

  async act(task, verb, draft, pressed = null) {
    const place = this.place(`${task.id}-${verb}`);
    if (pressed) pressed.disabled = true;
    this.problem = null;
    try {
      const { me } = this.session;
      for (const photo of draft.photos.filter(({ sent }) => !sent)) {
        const answer = await this.session.step(`${this.config.photos}?client_id=${photo.client_id}&sender=${me.id}`, { body: photo.bytes, seconds: PHOTO_S });
        if (answer.status >= 400) throw new Error(answer.data.error?.message ?? String(answer.status));
        photo.sent = true;
      }
      const body = { note: draft.note, seen: task.seen, photos: draft.photos.map(({ client_id }) => client_id), sender: me.id };
      const answer = await this.session.step(`${this.config.tasks}${task.id}/${verb}/`, { body });
      if (answer.status >= 400) throw new Error(answer.data.error?.message ?? String(answer.status));
      this.drafts.delete(place);
      await forget(place);
      this.writing = false;
      await this.fetch();
    } catch (error) {
      this.tell(error instanceof Unreachable ? this.notSent(pressed) : error.message, task, pressed);
    }
  }

  notSent(pressed) {
    if (pressed) return gettext("No signal: this was not sent, and is not sent by itself. What you wrote is kept on this phone: press again when there is signal.");
    return gettext("No signal: this was not sent, and is not sent by itself. Press again when there is signal.");
  }

  tell(sentence, task, pressed) {
    if (!pressed) {
      this.problem = { task: task.id, sentence };
      this.draw();
      this.fetch();
      return;
    }
    pressed.disabled = false;
    const box = byId("task-problem");
    if (box) complain(box, sentence);
  }
}
