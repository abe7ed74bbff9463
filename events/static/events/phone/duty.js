// My duty: where and until when, positions while this page is open, where I am sent, checkpoints.

import { button, byId, complain, element, fill, name } from "phone/element";
import { ask, Unreachable } from "phone/net";
import { keep, kept } from "phone/store";
import { Tracker } from "phone/tracker";
import { moment } from "phone/words";

const BUZZ = [300, 120, 300];
const LONGEST_ANSWER = 200;

export class DutyPage {
  // told(number, text): so many errands wait for an answer; text: of one that has just come.
  constructor(box, config, session, told) {
    Object.assign(this, { box, config, session, told });
    Object.assign(this, { data: null, isOld: true, isOpen: false, writing: false, problem: null, known: new Set() });
    this.tracker = new Tracker(config, session, () => this.windows(), () => this.draw());
  }

  windows() {
    return (this.data?.duties ?? []).map(({ id, begin, end }) => ({ id, begin: Date.parse(begin), end: Date.parse(end) }));
  }

  // What the phone knew when it was last in touch; who has signed in may have changed.
  async recall() {
    const { me } = this.session;
    if (!me?.may_patrol) {
      this.data = null;
      return this.told(0, "");
    }
    this.data = await kept(`duty-${me.id}`);
    this.known = new Set((this.data?.errands ?? []).map(({ id }) => id));
    this.count("");
    await this.tracker.recall();
  }

  async show() {
    this.isOpen = true;
    this.writing = false;
    this.problem = null;
    this.draw();
    await this.fetch();
  }

  leave() {
    this.isOpen = false;
    this.writing = false;
  }

  // Also while another tab is open: somebody may be sent somewhere.
  async fetch() {
    const { me, state } = this.session;
    if (!me?.may_patrol || this.writing) return;
    if (state !== "in") return this.old();
    try {
      const { status, data } = await ask(this.config.duty);
      if (this.session.me?.id !== me.id) return;
      if (status !== 200) return this.old();
      this.data = data;
      this.isOld = false;
      await keep(`duty-${me.id}`, data);
      this.ring();
      await this.tracker.recall();
      this.draw();
      if (this.isOpen) await this.see();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.old();
    }
  }

  old() {
    this.isOld = true;
    this.draw();
  }

  ring() {
    const fresh = this.data.errands.filter(({ id, state }) => state === "sent" && !this.known.has(id));
    this.known = new Set(this.data.errands.map(({ id }) => id));
    if (fresh.length) navigator.vibrate?.(BUZZ);
    this.count(fresh.length ? fresh[0].message : "");
  }

  count(text) {
    const waiting = (this.data?.errands ?? []).filter(({ state }) => state === "sent" || state === "seen").length;
    this.told(waiting, text);
  }

  // The sender is told that it was shown; if that does not get through, the next look tells it.
  async see() {
    const unseen = this.data.errands.filter(({ state }) => state === "sent");
    for (const errand of unseen) await this.step(errand, "see", "");
  }

  draw() {
    if (!this.isOpen || this.writing) return;
    const { me } = this.session;
    if (!me) return fill(this.box, element("p", { class: "empty" }, gettext("Nobody has signed in on this phone yet.")));
    if (!me.may_patrol) return fill(this.box, element("p", { class: "empty" }, gettext("Your role has no duties.")));
    if (!this.data) return fill(this.box, element("p", { class: "empty" }, gettext("Your duties come with the first signal.")));
    const { duties, errands, message, service = null } = this.data;
    const now = Date.now();
    const current = duties.filter(({ begin, end }) => Date.parse(begin) <= now && now < Date.parse(end));
    const later = duties.filter(({ begin }) => Date.parse(begin) > now);
    fill(
      this.box,
      this.isOld && element("p", { class: "as-of missing", id: "as-of" }, interpolate(gettext("As of %s. No signal."), [moment(this.data.at)])),
      message && element("p", { class: "problem", role: "alert" }, message),
      ...errands.map((errand) => this.errandCard(errand)),
      current.length > 0 ? current.map((duty) => this.dutyCard(duty)) : this.noDuty(later[0]),
      current.length > 0 && this.tracking(),
      ...current.map((duty) => this.checkpoints(duty)),
      later.length > 0 && element("h3", {}, gettext("Next duties")),
      ...later.map((duty) => this.laterCard(duty)),
      service && this.serviceCard(service),
      element("p", { class: "acts" }, element("a", { class: "button", href: this.config.track }, gettext("My track: see, take along, dispute"))),
    );
  }

  dutyCard(duty) {
    return element("div", { class: "card good", "data-duty": duty.id },
      element("p", {}, element("b", {}, name(duty.post)), " ", element("span", { class: "badge good" }, gettext("on duty"))),
      element("p", {}, `${moment(duty.begin)} – ${moment(duty.end)} · `, name(duty.shift)),
      this.standIn(duty),
      duty.task && element("p", { class: "text" }, name(duty.task)));
  }

  noDuty(next) {
    const said = next ? interpolate(gettext("You are not on duty. Your next duty begins %s."), [moment(next.begin)]) : gettext("You are not on duty, and have none in the next 7 days.");
    return element("div", { class: "card", id: "no-duty" },
      element("p", {}, said),
      element("p", { class: "where" }, gettext("Outside a duty no position is taken, kept or sent.")));
  }

  laterCard(duty) {
    return element("div", { class: "card" },
      element("p", {}, element("b", {}, `${moment(duty.begin)} – ${moment(duty.end)}`)),
      element("p", {}, name(duty.post), " · ", name(duty.shift)),
      this.standIn(duty),
      duty.task && element("p", { class: "where" }, name(duty.task)));
  }

  standIn({ stands_in_for: other }) {
    return other ? element("p", { class: "where" }, interpolate(gettext("You stand in for %s."), [other])) : null;
  }

  // Of volunteers alone: scheduled hours of duties that were in force.
  serviceCard({ hours, points }) {
    const told = interpolate(gettext("This month %(month)s h, this year %(year)s h, in all %(total)s h."), hours, true);
    return element("div", { class: "card", id: "service" },
      element("p", {}, element("b", {}, gettext("Hours of service"))),
      element("p", {}, told),
      points !== null && element("p", {}, interpolate(gettext("Points: %s"), [points])));
  }

  tracking() {
    const { tracker } = this;
    const { running, waiting, confirmed } = tracker;
    const press = running ? () => tracker.stop() : () => tracker.start();
    const text = running ? gettext("Stop sending positions") : gettext("Start sending positions");
    return element("div", { class: `card ${running ? "good" : "warn"}`, id: "tracking", "data-running": String(running) },
      element("p", {}, element("b", {}, running ? gettext("On duty: positions are sent while this page is open.") : gettext("On duty, but no positions are sent yet."))),
      element("p", { class: "where" }, gettext("Leave this page open and the screen on. When the duty ends, sending ends by itself: outside a duty no position is taken, kept or sent.")),
      running && !tracker.lock && navigator.wakeLock && element("p", { class: "where" }, gettext("The phone may turn its screen off: then it sends nothing.")),
      element("p", { id: "tracking-count" }, interpolate(gettext("Confirmed by the server: %s. Waiting on this phone: %s."), [confirmed, waiting])),
      tracker.said && element("p", { class: "where" }, tracker.said),
      tracker.problem && element("p", { class: "problem", role: "alert" }, tracker.problem),
      button(text, press, { class: running ? "wide" : "main wide", id: "tracking-press" }));
  }

  checkpoints({ checkpoints }) {
    if (!checkpoints.length) return null;
    const done = checkpoints.filter(({ visited_at: at }) => at).length;
    return element("div", { class: "card", "data-checkpoints": "" },
      element("p", {}, element("b", {}, gettext("Checkpoints")), ` ${done}/${checkpoints.length}`),
      element("ul", { class: "points" }, checkpoints.map((point) => element("li", {},
        element("span", { class: `badge ${point.visited_at ? "good" : "warn"}` }, point.visited_at ? moment(point.visited_at) : gettext("not yet")),
        " ", name(point.name),
        !point.visited_at && element("span", { class: "where" }, ` ${interpolate(gettext("within %s m for %s s"), [point.radius_m, point.dwell_s])}`)))));
  }

  errandCard(errand) {
    const badge = errand.badge === "off" ? "" : errand.badge;
    return element("div", { class: `card ${badge}`, "data-errand": errand.id, "data-state": errand.state },
      element("p", {}, element("b", {}, name(errand.message))),
      element("p", {}, name(errand.place || errand.about_text), " ", element("span", { class: `badge ${badge}` }, errand.state_text)),
      element("p", { class: "number" }, name(errand.sender), ` · ${moment(errand.sent_at)}`),
      errand.answer && element("p", { class: "where" }, name(errand.answer)),
      this.problem?.errand === errand.id && element("p", { class: "problem", role: "alert" }, this.problem.sentence),
      errand.is_open && element("div", { class: "acts" },
        errand.actions.map((one, index) => button(one.name, () => this.press(errand, one), { class: index === 0 ? "main" : "", "data-verb": one.verb })),
        element("a", { class: "button", href: errand.links.amap, rel: "noreferrer" }, gettext("Amap")),
        element("a", { class: "button", href: errand.links.system, rel: "noreferrer" }, gettext("Phone's map"))));
  }

  press(errand, { verb, name: text, needs_note: needs }) {
    if (!needs) return this.act(errand, verb, "");
    this.writing = true;
    const hint = gettext("Why can you not go?");
    const note = element("textarea", { rows: 3, maxlength: LONGEST_ANSWER, placeholder: hint, "aria-label": hint, id: "errand-note" });
    fill(
      this.box,
      button(`‹ ${gettext("Back")}`, () => this.back(), { class: "back" }),
      element("h2", {}, name(errand.message)),
      note,
      element("p", { class: "problem", role: "alert", id: "errand-problem", hidden: true }),
      element("div", { class: "send-bar" }, button(text, () => this.act(errand, verb, note.value), { class: "main send", id: "errand-send" })),
    );
    window.scrollTo(0, 0);
  }

  back() {
    this.writing = false;
    this.draw();
  }

  async act(errand, verb, note) {
    this.problem = null;
    const sentence = await this.step(errand, verb, note);
    if (sentence && this.writing) return complain(byId("errand-problem"), sentence);
    this.problem = sentence ? { errand: errand.id, sentence } : null;
    this.back();
    await this.fetch();
  }

  // Why it was not taken, or "".
  async step(errand, verb, note) {
    try {
      const { status, data } = await this.session.step(`${this.config.errands}${errand.id}/${verb}/`, { body: { note, sender: this.session.me.id } });
      if (status >= 400) return data.error?.message ?? String(status);
      const place = this.data.errands.findIndex(({ id }) => id === errand.id);
      if (place >= 0) this.data.errands[place] = data;
      this.count("");
      this.draw();
      return "";
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return gettext("No signal: this was not sent, and is not sent by itself. Press again when there is signal.");
    }
  }
}
