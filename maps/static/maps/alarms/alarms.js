// The alarms of the wall: the worst first, taken by somebody with a note; in a flood grouped by kind
// and street.  Which there are the server says; here they are shown, heard and gone to.

import { ask, askAgain } from "maps/api";
import { Jumper } from "maps/alarms/jump";
import { AlarmRow, SIGNS, rankText } from "maps/alarms/row";
import * as clock from "maps/clock";
import { element, setText } from "maps/element";
import { keep, kept } from "maps/kept";
import { Sound } from "events/sound";

// Changes that come together are one question; a silent process is told by no change.
const SOON_MS = 250;
const LEAST_MS = 2_000;
const AGAIN_MS = 15_000;
const RETRY_MS = 5_000;
const FOLDED = "wall-alarms-all";
// What of the feed may raise or end an alarm; who took one is asked for at once.
const TOPICS = new Set(["event", "outage", "notice"]);

export class Alarms {
  // goes(alarm): it is to be seen on the map.
  constructor(holder, config, { goes }) {
    Object.assign(this, { holder, url: config.urls.alarms, csrf: config.csrf, goes });
    this.rows = new Map();
    this.known = null;
    this.isLong = kept(FOLDED) === "on";
    this.few = 4;
    this.make();
    this.sound = new Sound(this.soundButton, "wall-alarm-sound");
    this.jumper = new Jumper(this.jumpBox, goes);
    this.askedTick = -Infinity;
    setInterval(() => this.refresh(), AGAIN_MS);
  }

  make() {
    this.counts = element("span", { class: "alarm-counts" });
    this.soundButton = element("button", { type: "button", class: "quiet alarm-setting" }, gettext("Sound"));
    this.jumpBox = element("button", { type: "button", class: "quiet alarm-setting" }, gettext("Go there by itself"));
    this.note = element("p", { class: "list-note", role: "status", hidden: true });
    this.flood = element("p", { class: "alarm-flood", role: "status", hidden: true });
    this.list = element("ol", { class: "alarm-rows", "aria-label": gettext("Alarms") });
    this.more = element("button", { type: "button", class: "quiet alarm-more", hidden: true });
    this.more.addEventListener("click", () => {
      this.isLong = !this.isLong;
      keep(FOLDED, this.isLong ? "on" : "off");
      this.show();
    });
    const head = element("div", { class: "list-head" }, element("h2", {}, gettext("Alarms")), this.counts, element("span", { class: "alarm-settings" }, this.soundButton, this.jumpBox));
    this.holder.replaceChildren(head, this.note, this.flood, this.list, this.more);
  }

  // How many are shown until all are asked for.
  keepFew(count) {
    if (count === this.few) return;
    this.few = count;
    this.show();
  }

  changed({ topic }) {
    if (topic === "alarm") return this.soon(SOON_MS);
    if (TOPICS.has(topic)) this.soon(Math.max(SOON_MS, this.askedTick + LEAST_MS - performance.now()));
  }

  // The earlier of two that wait wins.
  soon(wait) {
    const at = performance.now() + wait;
    if (this.waiting && this.waitsFor <= at) return;
    clearTimeout(this.waiting);
    this.waitsFor = at;
    this.waiting = setTimeout(() => this.refresh(), wait);
  }

  // One question at a time; what changes meanwhile is asked for after it.
  async refresh() {
    clearTimeout(this.waiting);
    this.waiting = null;
    if (this.busy) return void (this.wanted = true);
    this.busy = true;
    this.askedTick = performance.now();
    try {
      this.told = (await askAgain(this.url)).body;
      this.say("");
      this.hear();
      this.show();
    } catch (error) {
      this.say(interpolate(gettext("This list is not up to date: %s"), [error.message]));
      this.soon(RETRY_MS);
    }
    this.busy = false;
    if (this.wanted) this.soon(SOON_MS);
    this.wanted = false;
  }

  say(text) {
    this.note.hidden = !text;
    setText(this.note, text);
  }

  // What is new, top and nobody's is heard and gone to; in a flood neither: there is too much of it.
  hear() {
    const { items, flood } = this.told;
    const top = items.filter(({ rank, taken }) => rank === "top" && !taken);
    const fresh = this.known === null ? [] : top.filter((item) => !this.known.has(keyOf(item)));
    this.known = new Set(items.map(keyOf));
    if (flood) return this.jumper.keep([]);
    if (fresh.length > 0) this.sound.play();
    this.jumper.keep(top);
    this.jumper.offer(fresh);
  }

  show() {
    if (!this.told) return;
    const { items, counts, flood, total } = this.told;
    this.holder.dataset.worst = ["top", "middle", "low"].find((rank) => counts[rank] > 0) ?? "none";
    this.counts.replaceChildren(...["top", "middle", "low"].filter((rank) => counts[rank] > 0).map((rank) => element("span", { "data-rank": rank, title: rankText(rank) }, SIGNS[rank], element("span", { class: "unseen" }, rankText(rank)), ` ${counts[rank]}`)));
    this.flood.hidden = !flood;
    if (flood) setText(this.flood, floodText(flood));
    const rows = this.keepRows(items);
    this.arrange(flood ? this.groups(flood.groups, rows) : this.first(rows, total));
    this.holder.toggleAttribute("data-long", this.isLong || Boolean(flood));
    this.more.hidden = Boolean(flood) || total <= this.few;
    setText(this.more, this.isLong ? gettext("Show the first alone") : interpolate(gettext("Show all %s"), [total]));
    this.tick();
  }

  keepRows(items) {
    const before = this.rows;
    this.rows = new Map(items.map((item) => {
      const key = keyOf(item);
      const row = before.get(key) ?? new AlarmRow({ goes: this.goes, act: (verb, own, more) => this.act(verb, own, more) });
      row.update(item, this.told.may_take);
      return [key, row];
    }));
    return [...this.rows.values()];
  }

  // One that is being written in stays, wherever it would come.
  first(rows, total) {
    if (rows.length === 0) return [element("li", { class: "none" }, gettext("There is no alarm."))];
    const shown = this.isLong ? rows : rows.filter((row, index) => index < this.few || row.isOpen);
    const rest = this.isLong && total > rows.length;
    return [...shown.map(({ node }) => node), ...(rest ? [element("li", { class: "none" }, interpolate(gettext("and %s more"), [total - rows.length]))] : [])];
  }

  groups(groups, rows) {
    const open = new Set([...this.list.querySelectorAll("details[open]")].map((node) => node.dataset.group));
    return groups.map((group) => {
      const key = `${group.kind}/${group.street}`;
      const own = rows.filter(({ item }) => item.kind === group.kind && item.street === group.street);
      return groupNode(group, key, own, open.has(key));
    });
  }

  // Rows keep their nodes, so that focus and what is being written stay.
  arrange(wanted) {
    const focused = document.activeElement;
    for (const node of [...this.list.children]) if (!wanted.includes(node)) node.remove();
    wanted.forEach((node, index) => {
      if (this.list.children[index] !== node) this.list.insertBefore(node, this.list.children[index] ?? null);
    });
    if (focused !== document.activeElement && this.list.contains(focused)) focused.focus();
  }

  // Resolves with "" when it is done, else with what the server says against it.
  async act(verb, item, more = {}) {
    const { kind, subject, raised_at } = item;
    let said = "";
    try {
      await ask(`${this.url}${verb}/`, { method: "POST", csrf: this.csrf, body: { kind, subject, raised_at, ...more } });
    } catch (error) {
      said = error.message;
    }
    // Also of what was refused: somebody else was first, or it is over.
    await this.refresh();
    return said;
  }

  tick() {
    for (const row of this.rows.values()) row.tick();
    this.jumper.tick();
  }
}

// An alarm that has grown is a new one.
function keyOf({ kind, subject, raised_at: at }) {
  return `${kind}/${subject}/${at}`;
}

function floodText({ since, new: count }) {
  return interpolate(gettext("Flood of alarms since %s: %s new in 10 minutes. They are grouped, and sounds are off."), [clock.timeText(Date.parse(since)), count]);
}

function groupNode({ kind_text: kind, street_name: street, alarms, untaken, rank }, key, rows, isOpen) {
  const words = untaken > 0
    ? interpolate(ngettext("%s alarm, %s not taken", "%s alarms, %s not taken", alarms), [alarms, untaken])
    : interpolate(ngettext("%s alarm, taken", "%s alarms, all taken", alarms), [alarms]);
  const name = [kind, street].filter(Boolean).join(" · ");
  const head = element(
    "summary",
    {},
    element("span", { class: "alarm-sign", "data-rank": rank, title: rankText(rank) }, SIGNS[rank]),
    element("b", {}, name),
    element("span", { class: "alarm-detail" }, words),
  );
  const fold = element("details", { class: "alarm-group", "data-group": key, open: isOpen }, head, element("ol", { class: "alarm-rows", "aria-label": name }, ...rows.map(({ node }) => node)));
  return element("li", {}, fold);
}
