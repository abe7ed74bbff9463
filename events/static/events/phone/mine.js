// My reports: what still lies on this phone and what has become of it, then what the server has.

import { button, complain, element, fill, name } from "phone/element";
import { ask, Unreachable } from "phone/net";
import { forget, keep, kept, oneReport, removeReport, reportsOf } from "phone/store";
import { clock, newId } from "phone/words";

const LONGEST_REASON = 500;

export class MinePage {
  // edit(report): open it for writing again.
  constructor(box, config, session, sender, edit) {
    Object.assign(this, { box, config, session, sender, edit });
    this.fromServer = [];
    this.problem = "";
    this.writing = false;
  }

  // What was asked for while this page was open may come when another has taken the box.
  leave() {
    this.isOpen = false;
  }

  async show() {
    const { me } = this.session;
    this.isOpen = true;
    this.writing = false;
    this.problem = "";
    if (!me) return fill(this.box, element("p", { class: "empty" }, gettext("Nobody has signed in on this phone yet.")));
    this.fromServer = (await kept(`reports-${me.id}`)) ?? [];
    await this.draw();
    await this.fetch();
  }

  async fetch() {
    const { me } = this.session;
    if (this.session.state !== "in" || !me) return;
    try {
      const { status, data } = await ask(this.config.reports);
      if (status !== 200 || this.session.me?.id !== me.id) return;
      this.fromServer = data.items;
      await keep(`reports-${me.id}`, data.items);
      await this.draw();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
  }

  async draw() {
    if (this.writing) return;
    const local = (await reportsOf(this.session.me.id)).filter(({ state }) => state !== "draft");
    if (this.writing || !this.isOpen) return;
    const known = new Set(this.fromServer.map(({ client_id }) => client_id));
    const here = local.filter(({ state, client_id }) => state !== "confirmed" || !known.has(client_id));
    // One whose answer never came is sent again, and shown once meanwhile: as what still lies here.
    const unsettled = new Set(local.filter(({ state }) => state !== "confirmed").map(({ client_id }) => client_id));
    const there = this.fromServer.filter(({ client_id }) => !unsettled.has(client_id));
    const waiting = local.filter(({ state }) => state === "queued").length;
    fill(
      this.box,
      waiting > 0 && button(gettext("Send now"), () => this.sender.run(), { class: "main wide", id: "send-now" }),
      this.problem && element("p", { class: "problem", role: "alert", id: "mine-problem" }, this.problem),
      this.sender.problem && element("p", { class: "problem", role: "alert" }, this.sender.problem),
      ...here.map((report) => this.localCard(report)),
      ...there.map((report) => this.serverCard(report)),
      here.length + there.length === 0 && element("p", { class: "empty" }, gettext("You have reported nothing yet.")),
    );
  }

  localCard(report) {
    const said = this.said(report);
    const open = ["asked", "refused"].includes(report.state);
    const stopped = open || (report.state === "queued" && this.sender.sending !== report.client_id);
    return element("div", { class: `card ${said.badge}`, "data-id": report.client_id, "data-state": report.state },
      element("p", {}, element("b", {}, name(report.category_name)), ` · ${clock(report.seen_at)}`),
      report.text && element("p", { class: "text" }, name(report.text)),
      // With its number it is too long for a badge on a narrow phone.
      report.state === "confirmed" ? element("p", { class: "number" }, said.text) : element("p", { class: "state" }, element("span", { class: `badge ${said.badge}` }, said.text)),
      report.problem && element("p", { class: "problem" }, report.problem),
      stopped && element("div", { class: "acts" },
        button(open ? gettext("Put right and send") : gettext("Change"), () => this.reopen(report), { class: open ? "main" : "" }),
        button(gettext("Throw away"), () => this.drop(report))));
  }

  said({ client_id, state, number }) {
    if (state === "confirmed") return { badge: "good", text: interpolate(gettext("Confirmed by the server, number %s"), [number]) };
    if (state === "asked") return { badge: "warn", text: gettext("The server asks something") };
    if (state === "refused") return { badge: "bad", text: gettext("Refused by the server") };
    if (this.sender.sending === client_id) return { badge: "warn", text: gettext("Being sent") };
    if (this.session.state === "out") return { badge: "warn", text: gettext("On this phone: sign in to send") };
    return { badge: "warn", text: gettext("On this phone, will be sent by itself") };
  }

  serverCard(report) {
    return element("div", { class: "card", "data-id": report.client_id, "data-state": "confirmed" },
      element("p", {}, element("b", {}, name(report.category_name)), ` · ${clock(report.reported_at)}`),
      report.text && element("p", { class: "text" }, name(report.text)),
      element("p", { class: "state" }, element("span", { class: `badge ${report.badge}` }, report.state_text)),
      element("p", { class: "number" }, interpolate(gettext("Confirmed by the server, number %s"), [report.number])),
      report.can_withdraw && element("div", { class: "acts" }, button(gettext("Withdraw"), () => this.askWhy(report), { "data-withdraw": report.id })));
  }

  // Nobody has accepted it yet: its reporter may take it back, with a reason.  What is written is kept until
  // the server has taken it; the key makes a second press the same step as the first.
  async askWhy(report) {
    const place = `withdraw-${this.session.me.id}-${report.id}`;
    const draft = (await kept(place)) ?? { key: newId(), note: "" };
    const keeping = () => keep(place, draft);
    this.writing = true;
    this.problem = "";
    const hint = gettext("Why do you withdraw it?");
    const note = element("textarea", { rows: 4, maxlength: LONGEST_REASON, placeholder: hint, "aria-label": hint, id: "withdraw-note" });
    note.value = draft.note;
    note.addEventListener("input", () => {
      // Another reason is another call.
      Object.assign(draft, { note: note.value, key: newId() });
      keeping();
    });
    const said = element("p", { class: "problem", role: "alert", id: "withdraw-problem", hidden: true });
    const send = button(gettext("Withdraw this report"), () => this.withdraw(report, draft, place, send, said), { class: "main send", id: "withdraw-send" });
    fill(
      this.box,
      button(`‹ ${gettext("Back")}`, () => this.show(), { class: "back" }),
      element("h2", {}, gettext("Withdraw a report")),
      element("div", { class: "card" },
        element("p", {}, element("b", {}, name(report.category_name)), ` · ${clock(report.reported_at)}`),
        report.text && element("p", { class: "text" }, name(report.text)),
        element("p", { class: "number" }, report.number)),
      element("p", {}, gettext("As long as nobody has accepted it. It stays in the history as withdrawn.")),
      note,
      said,
      element("div", { class: "send-bar" }, send),
    );
    window.scrollTo(0, 0);
  }

  async withdraw(report, { note, key }, place, pressed, said) {
    const tell = (sentence) => {
      complain(said, sentence);
      pressed.disabled = false;
    };
    if (!note.trim()) return tell(gettext("Say why you withdraw it."));
    pressed.disabled = true;
    try {
      const { status, data } = await this.session.step(`${this.config.events}${report.id}/steps/`, { body: { action: "withdraw", note }, key });
      if (status >= 400 && status !== 409) return tell(data.error?.message ?? String(status));
      await forget(place);
      await this.show();
      // 409: somebody was first, and the message says who.
      if (status === 409) {
        this.problem = data.error.message;
        await this.draw();
      }
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      tell(gettext("No signal: this was not sent, and is not sent by itself. What you wrote is kept on this phone: press again when there is signal."));
    }
  }

  // It may have been sent meanwhile.
  async reopen({ client_id }) {
    const report = await oneReport(client_id);
    if (report && report.state !== "confirmed" && this.sender.sending !== client_id) await this.edit(report);
    else await this.draw();
  }

  async drop({ client_id }) {
    if (!confirm(gettext("Throw this report away? It has not reached the server."))) return;
    const report = await oneReport(client_id);
    if (report && report.state !== "confirmed" && this.sender.sending !== client_id) await removeReport(client_id);
    await this.draw();
  }
}
