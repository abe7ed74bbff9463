// The dialog in which the wall is set up for its screen.  What is chosen is kept in this browser; the
// page is then loaded anew, for the map's type is measured when it is made.

import { ask } from "maps/api";
import { DEFAULTS, LEAST_ARC_MIN, LIMITS, NAMES, THEMES, read, typeFor, written } from "maps/display/display";
import { element, setText } from "maps/element";
import { faults, settings, store, whole } from "maps/display/screen";
import { isForPage } from "maps/keys";

const FIELDS = {
  distance: () => gettext("Distance of the farthest reader (m)"),
  height: () => gettext("Height of the whole picture (cm)"),
  diagonal: () => gettext("or its diagonal (inches)"),
  turn: () => gettext("Seconds for each street (empty: no turns)"),
  pause: () => gettext("Go on after so many seconds without a touch"),
};
const THEME_TEXTS = { dark: () => pgettext("theme", "Dark"), light: () => pgettext("theme", "Light") };
const STEPS = { distance: "0.1", height: "0.1", diagonal: "0.1", turn: "1", pause: "1" };

export class DisplayDialog {
  constructor(opener, note, { streetsUrl }) {
    Object.assign(this, { opener, note, streetsUrl });
    opener.addEventListener("click", () => this.open());
    addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() === "d" && isForPage(event)) this.open();
    });
    this.tellFaults();
  }

  // What an address says wrongly is told on the page: nobody looks into the dialog of a kiosk.
  tellFaults() {
    const { fits, nearest_m: nearest } = typeFor(settings, whole());
    const told = [
      faults.length > 0 && interpolate(gettext("The display settings say nothing that can be used for: %s."), [faults.map(label).join(gettext(", "))]),
      !fits && smallText(nearest),
    ].filter(Boolean);
    this.note.hidden = told.length === 0;
    if (told.length === 0) return;
    const close = element("button", { type: "button", class: "quiet", "aria-label": gettext("Close") }, "×");
    close.addEventListener("click", () => (this.note.hidden = true));
    this.note.replaceChildren(element("span", {}, told.join(" ")), close);
  }

  open() {
    if (!this.dialog) this.build();
    if (!this.dialog.open) this.dialog.showModal();
    this.fillStreets();
  }

  build() {
    this.inputs = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, number(name)]));
    this.columns = count("columns", settings.columns);
    this.rows = count("rows", settings.rows);
    this.theme = element("select", { name: "theme" }, ...THEMES.map((name) => element("option", { value: name, selected: name === settings.theme }, THEME_TEXTS[name]())));
    this.streets = element("ol", { class: "display-streets", "aria-label": gettext("Streets") });
    this.result = element("p", { class: "display-result", role: "status" });
    this.fault = element("p", { class: "notice", role: "alert", hidden: true });
    this.link = element("input", { readonly: true, type: "text" });
    const reset = element("button", { type: "button", class: "quiet" }, gettext("As usual"));
    const close = element("button", { type: "button" }, gettext("Close"));
    this.form = element(
      "form", { method: "dialog", novalidate: true },
      element("h2", { id: "display-title" }, gettext("Display")),
      group(gettext("Screen"),
        field(FIELDS.distance(), this.inputs.distance), field(FIELDS.height(), this.inputs.height), field(FIELDS.diagonal(), this.inputs.diagonal),
        field(gettext("Screens side by side"), this.columns), field(gettext("Screens one above the other"), this.rows), field(gettext("Theme"), this.theme),
        this.result),
      group(gettext("Turns through the streets"),
        field(FIELDS.turn(), this.inputs.turn), field(FIELDS.pause(), this.inputs.pause),
        element("p", { class: "muted" }, gettext("Streets in this order; none chosen: all of them. Keys: T begins and ends, N next, B back, D these settings.")),
        this.streets),
      field(gettext("Address of a wall set up like this"), this.link),
      this.fault,
      element("div", { class: "form-actions" }, element("button", { class: "main", type: "submit" }, gettext("Apply")), reset, close),
    );
    this.dialog = element("dialog", { class: "display-dialog", "aria-labelledby": "display-title" }, this.form);
    document.body.append(this.dialog);
    this.form.addEventListener("input", () => {
      this.fault.hidden = true;
      this.tell();
    });
    this.form.addEventListener("submit", (event) => this.apply(event));
    reset.addEventListener("click", () => leave(""));
    close.addEventListener("click", () => this.dialog.close());
    this.link.addEventListener("focus", () => this.link.select());
    // Of height and diagonal the one that was written last is meant.
    for (const [one, other] of [["height", "diagonal"], ["diagonal", "height"]]) {
      this.inputs[one].addEventListener("input", () => (this.inputs[other].value = ""));
    }
    this.tell();
  }

  async fillStreets() {
    if (this.streets.childElementCount) return;
    try {
      const { body } = await ask(this.streetsUrl);
      const chosen = settings.streets;
      const rank = ({ code }) => (chosen.includes(code.slice(0, 9)) ? chosen.indexOf(code.slice(0, 9)) : chosen.length);
      const sorted = body.items.toSorted((a, b) => rank(a) - rank(b));
      this.streets.replaceChildren(...sorted.map((street) => this.streetRow(street)));
    } catch (error) {
      this.streets.replaceChildren(element("li", { class: "muted" }, error.message));
    }
    this.tell();
  }

  streetRow({ code, name }) {
    const box = element("input", { type: "checkbox", value: code.slice(0, 9), checked: settings.streets.includes(code.slice(0, 9)) });
    const row = element("li", {}, element("label", {}, box, name));
    const move = (text, sign, act) => {
      const button = element("button", { type: "button", class: "quiet", "aria-label": interpolate(gettext("%s: %s"), [text, name]), title: text }, sign);
      button.addEventListener("click", () => {
        act();
        button.focus();
        this.tell();
      });
      return button;
    };
    row.append(
      move(gettext("Further up"), "↑", () => row.previousElementSibling?.before(row)),
      move(gettext("Further down"), "↓", () => row.nextElementSibling?.after(row)),
    );
    return row;
  }

  // What is written in the fields, as a query.
  query() {
    const told = Object.entries(this.inputs).map(([name, input]) => [name, input.value.trim()]);
    const query = new URLSearchParams(told.filter(([, text]) => text !== ""));
    query.set("tiles", `${this.columns.value.trim()}x${this.rows.value.trim()}`);
    query.set("theme", this.theme.value);
    const codes = [...this.streets.querySelectorAll("input:checked")].map((box) => box.value);
    // Streets that are not shown yet stay as they were.
    const streets = this.streets.childElementCount ? codes : settings.streets;
    if (streets.length) query.set("streets", streets.join(","));
    return query.toString();
  }

  tell() {
    const { settings: chosen, faults: wrong } = read(this.query());
    for (const [name, input] of Object.entries(this.inputs)) input.setAttribute("aria-invalid", wrong.includes(name) || (input.validity?.badInput ?? false));
    const query = written(chosen);
    this.link.value = `${location.origin}${location.pathname}${query && `?${query}`}`;
    setText(this.result, resultText(chosen));
  }

  apply(event) {
    event.preventDefault();
    const { settings: chosen, faults: wrong } = read(this.query());
    const unread = Object.entries(this.inputs).filter(([, input]) => input.validity.badInput).map(([name]) => name);
    const all = [...new Set([...wrong, ...unread])];
    if (all.length === 0) return leave(written(chosen));
    this.fault.hidden = false;
    setText(this.fault, all.map(faultText).join(" "));
    (this.inputs[all[0]] ?? this.columns).focus();
  }
}

// The page anew; what its address said of the display is over.
function leave(query) {
  store(query);
  const address = new URL(location.href);
  NAMES.forEach((name) => address.searchParams.delete(name));
  if (address.href === location.href) location.reload();
  else location.replace(address.href);
}

function number(name) {
  const [least, most] = LIMITS[name];
  const value = settings[name] ?? "";
  return element("input", { type: "number", name, min: least, max: most, step: STEPS[name], value, inputmode: "decimal", placeholder: DEFAULTS[name] ?? "" });
}

function count(name, value) {
  return element("input", { type: "number", name, min: 1, max: 8, step: 1, value, inputmode: "numeric" });
}

function field(text, input) {
  return element("label", { class: "display-field" }, element("span", {}, text), input);
}

function group(text, ...content) {
  return element("fieldset", {}, element("legend", {}, text), ...content);
}

function label(name) {
  return { tiles: () => gettext("Screens"), theme: () => gettext("Theme"), streets: () => gettext("Streets"), ...FIELDS }[name]();
}

function faultText(name) {
  if (name === "tiles") return interpolate(gettext("Screens: whole numbers from 1 to %s."), [8]);
  if (!(name in LIMITS)) return label(name);
  const [least, most] = LIMITS[name];
  return interpolate(gettext("%s: a number from %s to %s."), [label(name), least, most]);
}

function resultText(chosen) {
  const { root_px: px, smallest_arc_min: minutes, fits, nearest_m: nearest } = typeFor(chosen, whole());
  if (px === null) return gettext("With distance and height given, type is made large enough to be read from there.");
  if (!fits) return smallText(nearest);
  return interpolate(gettext("The smallest type covers %s minutes of arc (at least %s are needed)."), [minutes.toFixed(1), LEAST_ARC_MIN]);
}

function smallText(nearest) {
  return interpolate(gettext("The screen is too small for this distance: the smallest type can be read from %s m at most. Sit closer or take a larger screen."), [(Math.floor(nearest * 10) / 10).toFixed(1)]);
}
