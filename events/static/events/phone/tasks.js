// My tasks: what my units are to do, until when, and the steps of it.  Steps need signal, for others
// take them too; what was written stays here until the server has taken it.

import { button, element, fill, name } from "phone/element";
import { ask, Unreachable } from "phone/net";
import { Picker } from "phone/picker";
import { keep, kept } from "phone/store";
import { clock, due, newId } from "phone/words";

const PHOTO_S = 90;
const BADGES = { green: "good", amber: "warn", red: "bad", late: "bad" };

export class TasksPage {
  constructor(box, config, session, counted) {
    Object.assign(this, { box, config, session, counted });
    this.items = [];
    this.at = null;
    this.notes = new Map();
    this.problem = "";
  }

  async show() {
    const { me } = this.session;
    if (!me?.may_handle) return fill(this.box, element("p", { class: "empty" }, gettext("Your role has no tasks.")));
    const known = await kept(`tasks-${me.id}`);
    this.items = known?.items ?? [];
    this.at = known?.at ?? null;
    this.draw();
    await this.fetch();
  }

  async fetch() {
    const { me, state } = this.session;
    if (state !== "in" || !me?.may_handle) return;
    try {
      const { status, data } = await ask(this.config.tasks);
      if (status !== 200 || this.session.me?.id !== me.id) return;
      this.items = data.items;
      this.at = null;
      await keep(`tasks-${me.id}`, data);
      if (!this.writing) this.draw();
      this.counted(this.items.length);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.draw();
    }
  }

  draw() {
    this.writing = false;
    fill(
      this.box,
      this.problem && element("p", { class: "problem", role: "alert" }, this.problem),
      this.at && element("p", { class: "said" }, interpolate(gettext("As of %s: there was no signal since."), [clock(this.at)])),
      ...this.items.map((task) => this.card(task)),
      this.items.length === 0 && element("p", { class: "empty" }, gettext("There is nothing to do for your units.")),
    );
  }

  card(task) {
    const where = [task.address, task.grid].filter(Boolean).join(" · ");
    return element("div", { class: `card ${BADGES[task.colour] ?? ""}`, "data-task": task.id },
      element("p", {}, element("b", {}, name(task.category_name)), " ", element("span", { class: `badge ${BADGES[task.colour] ?? ""}` }, due(task.due))),
      task.text && element("p", { class: "text" }, name(task.text)),
      where && element("p", { class: "where" }, name(where)),
      element("p", { class: "number" }, `${task.number} · ${task.severity_text} · ${task.state_text} · `, name(task.unit)),
      task.photos.length > 0 && element("ul", { class: "photos" }, task.photos.map((address) => element("li", {}, element("a", { href: address }, element("img", { src: address, alt: gettext("Photo of the report"), loading: "lazy" }))))),
      element("div", { class: "acts" },
        task.actions.map(({ verb, name: text }) => button(text, () => this.press(task, verb, text), { class: verb === "hand_back" ? "" : "main", "data-verb": verb })),
        element("a", { class: "button", href: task.links.amap, rel: "noreferrer" }, gettext("Amap")),
        element("a", { class: "button", href: task.links.system, rel: "noreferrer" }, gettext("Phone's map"))));
  }

  press(task, verb, text) {
    if (verb === "take") return this.act(task, verb, { note: "", photos: [] });
    this.write(task, verb, text);
  }

  write(task, verb, text) {
    this.writing = true;
    const key = `${task.id}-${verb}`;
    const kept = this.notes.get(key) ?? { note: "", photos: [] };
    this.notes.set(key, kept);
    const hint = verb === "finish" ? gettext("What was done?") : gettext("Why is it handed back?");
    const note = element("textarea", { rows: 4, maxlength: 500, placeholder: hint, "aria-label": hint, id: "task-note" });
    note.value = kept.note;
    note.addEventListener("input", () => { kept.note = note.value; });
    const picker = new Picker(this.session.form.limits, {
      photos: kept.photos,
      add: async (photo) => {
        const made = { ...photo, client_id: newId(), sent: false };
        kept.photos.push(made);
        return made;
      },
      remove: async (photo) => { kept.photos = kept.photos.filter((one) => one !== photo); },
    });
    const send = button(text, () => this.act(task, verb, kept, send), { class: "main send", id: "task-send" });
    fill(
      this.box,
      button(`‹ ${gettext("Back")}`, () => this.draw(), { class: "back" }),
      element("h2", {}, name(task.category_name)),
      verb === "finish" && picker.box,
      note,
      element("p", { class: "problem", role: "alert", id: "task-problem", hidden: true }),
      element("div", { class: "send-bar" }, send),
    );
  }

  async act(task, verb, { note, photos }, pressed = null) {
    if (pressed) pressed.disabled = true;
    this.problem = "";
    try {
      const { csrf, me } = this.session;
      for (const photo of photos.filter(({ sent }) => !sent)) {
        const answer = await ask(`${this.config.photos}?client_id=${photo.client_id}&sender=${me.id}`, { method: "POST", body: photo.bytes, csrf, seconds: PHOTO_S });
        if (answer.status >= 400) throw new Error(answer.data.error?.message ?? String(answer.status));
        photo.sent = true;
      }
      const body = { note, seen: task.seen, photos: photos.map(({ client_id }) => client_id), sender: me.id };
      const answer = await ask(`${this.config.tasks}${task.id}/${verb}/`, { method: "POST", body, csrf });
      if (answer.status >= 400) throw new Error(answer.data.error?.message ?? String(answer.status));
      this.notes.delete(`${task.id}-${verb}`);
      this.writing = false;
      await this.fetch();
    } catch (error) {
      const sentence = error instanceof Unreachable ? gettext("No signal: try again later. What you wrote stays here.") : error.message;
      this.tell(sentence, pressed);
    }
  }

  tell(sentence, pressed) {
    if (!pressed) {
      this.problem = sentence;
      this.draw();
      this.fetch();
      return;
    }
    pressed.disabled = false;
    const box = document.getElementById("task-problem");
    box.textContent = sentence;
    box.hidden = false;
  }
}
