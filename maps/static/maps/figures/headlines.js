// The headline figures: how it stands now, and what that differs from yesterday and last week by at
// the same time.  More and less are told by an arrow, a sign and a word, never by a colour.

import { kindText } from "events/icons";
import { ask } from "maps/api";
import * as clock from "maps/clock";
import { element, setText } from "maps/element";
import { Fold } from "maps/fold";

const BEFORE = ["yesterday", "last_week"];
const KIND = /^events_/;
const SHARES = ["intact", "coverage"];
// Finer than what is shown is no difference.
const FINEST = { count: 0.5, share: 0.0005 };

export class Headlines {
  constructor(holder, url) {
    Object.assign(this, { url });
    this.head = element("tr");
    this.body = element("tbody");
    this.at = element("summary");
    this.said = element("p", { class: "muted" });
    this.about = element("details", { class: "headline-about", hidden: true }, this.at, this.said);
    const table = element("table", { "aria-label": gettext("Figures") }, element("thead", {}, this.head), this.body);
    this.fold = new Fold(holder, { name: "wall-headlines-open", title: gettext("Figures"), ask: () => this.fill(), lazy: true, open: true }, table, this.about);
  }

  refresh() {
    return this.fold.refresh();
  }

  async fill() {
    const { moments, rows } = (await ask(this.url)).body;
    const weekday = clock.weekdayText(Date.parse(moments.last_week));
    const heads = ["", gettext("now"), gettext("yesterday"), interpolate(gettext("last %s"), [weekday])];
    this.head.replaceChildren(...heads.map((text) => element("th", { scope: "col" }, text)));
    this.body.replaceChildren(...rows.map((row) => figureRow(row)));
    const at = clock.timeText(Date.parse(moments.now));
    this.about.hidden = false;
    setText(this.at, interpolate(gettext("As of %s; how it is compared"), [at]));
    setText(this.said, [
      gettext("Against the same time of yesterday and of the same weekday last week."),
      rows.some(({ name }) => name === "intact") && gettext("The intact rate is of the day so far; unknown and excused time are left out."),
      ...rows.filter((row) => row.compared_at).map((row) => interpolate(gettext("Coverage is compared as it was at %s."), [clock.timeText(Date.parse(row.compared_at))])),
    ].filter(Boolean).join(" "));
  }
}

function figureRow(row) {
  const isKind = KIND.test(row.name);
  return element(
    "tr",
    { "data-figure": row.name, class: isKind ? "headline-part" : null },
    element("th", { scope: "row" }, nameText(row.name)),
    element("td", {}, element("b", {}, valueText(row.name, row.value, row.why)), besideText(row) && element("span", { class: "headline-beside" }, besideText(row))),
    ...BEFORE.map((when) => element("td", { title: thenText(row.name, row[when]) }, ...differenceParts(row.name, row[when]))),
  );
}

function nameText(name) {
  if (KIND.test(name)) return kindText(name.replace(KIND, ""));
  return {
    events: gettext("Open events"),
    cameras: gettext("Cameras online"),
    intact: gettext("Intact rate"),
    people: gettext("On duty"),
    coverage: gettext("Coverage today"),
  }[name];
}

function valueText(name, value, why) {
  if (value === null) return whyText(why);
  return SHARES.includes(name) ? percent(value) : String(value);
}

function whyText(why) {
  return why === "unknown" ? gettext("too much is unknown") : gettext("no figure");
}

// What a value is of, and how much is not known.
function besideText({ name, whole, unknown }) {
  const parts = [];
  if (whole !== null) parts.push(name === "people" ? interpolate(gettext("of %s needed"), [whole]) : interpolate(gettext("of %s"), [whole]));
  if (unknown) parts.push(interpolate(gettext("%s unknown"), [SHARES.includes(name) ? percent(unknown) : unknown]));
  return parts.join(" · ");
}

function differenceParts(name, { difference, why }) {
  if (difference === null) return [element("span", { class: "muted" }, whyText(why))];
  const isShare = SHARES.includes(name);
  const size = Math.abs(difference);
  if (size < FINEST[isShare ? "share" : "count"]) return ["＝ ", element("span", { class: "muted" }, gettext("same"))];
  const number = isShare ? interpolate(gettext("%s pts"), [(size * 100).toFixed(1)]) : String(Math.round(size));
  return difference > 0
    ? [`▲ +${number} `, element("span", { class: "muted" }, gettext("more"))]
    : [`▼ −${number} `, element("span", { class: "muted" }, gettext("less"))];
}

// What it was then, for whoever points at the difference.
function thenText(name, { value, why, unknown }) {
  return [valueText(name, value, why), besideText({ name, whole: null, unknown })].filter(Boolean).join(" · ");
}

function percent(share) {
  return `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)}%`;
}
