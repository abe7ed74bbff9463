// My reports: what still lies on this phone and what has become of it, then what the server has.

import { button, element, fill, name } from "phone/element";
import { ask, Unreachable } from "phone/net";
import { keep, kept, oneReport, removeReport, reportsOf } from "phone/store";
import { clock } from "phone/words";

export class MinePage {
  // edit(report): open it for writing again.
  constructor(box, config, session, sender, edit) {
    Object.assign(this, { box, config, session, sender, edit });
    this.fromServer = [];
  }

  async show() {
    const { me } = this.session;
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
    const local = (await reportsOf(this.session.me.id)).filter(({ state }) => state !== "draft");
    const known = new Set(this.fromServer.map(({ client_id }) => client_id));
    const here = local.filter(({ state, client_id }) => state !== "confirmed" || !known.has(client_id));
    const waiting = local.filter(({ state }) => state === "queued").length;
    fill(
      this.box,
      waiting > 0 && button(gettext("Send now"), () => this.sender.run(), { class: "main wide", id: "send-now" }),
      this.sender.problem && element("p", { class: "problem", role: "alert" }, this.sender.problem),
      ...here.map((report) => this.localCard(report)),
      ...this.fromServer.map((report) => this.serverCard(report)),
      here.length + this.fromServer.length === 0 && element("p", { class: "empty" }, gettext("You have reported nothing yet.")),
    );
  }

  localCard(report) {
    const said = this.said(report);
    const open = ["asked", "refused"].includes(report.state);
    const stopped = open || (report.state === "queued" && this.sender.sending !== report.client_id);
    return element("div", { class: `card ${said.badge}`, "data-id": report.client_id, "data-state": report.state },
      element("p", {}, element("b", {}, name(report.category_name)), ` · ${clock(report.seen_at)}`),
      report.text && element("p", { class: "text" }, name(report.text)),
      element("p", { class: "state" }, element("span", { class: `badge ${said.badge}` }, said.text)),
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
      element("p", { class: "number" }, interpolate(gettext("Confirmed by the server, number %s"), [report.number])));
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
