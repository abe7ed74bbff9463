// What is shown of cameras, events and grids: the form, and what it lets through.  The search by place
// takes the same names and values, so map, lists and files agree.

import { KINDS, SEVERITIES, kindText, severityText } from "events/icons";
import { STATES, stateText } from "maps/cameras";
import { CAMERA_FILTERS, EVENT_FILTERS, communitiesIn, placesOf, prefixOf, streetOf } from "maps/desk/passing";
import { element } from "maps/element";

const AGES_H = [1, 4, 24, 72, 168];

function priorities() {
  return { key_area: gettext("Key public area"), key_industry: gettext("Key industry"), ordinary: gettext("Ordinary") };
}

export class Filters {
  // changed(): something else is to be shown.  divisions: pairs of code and name.
  constructor(holder, config, { changed }) {
    Object.assign(this, { holder, config, changed });
    this.fields = {};
    this.titles = {};
    this.names = { owner: new Set(), team: new Set() };
    const groups = [
      config.sees_cameras && this.group(gettext("Cameras"), this.boxes("camera_state", gettext("State"), Object.fromEntries(STATES.map((state) => [state, stateText(state)]))),
        this.select("camera_owner", gettext("Owner"), {}), this.select("camera_team", gettext("Team"), {}), this.select("camera_priority", gettext("Kind"), priorities())),
      config.sees_events && this.group(gettext("Events"), this.boxes("event_kind", gettext("Kind"), Object.fromEntries(KINDS.map((kind) => [kind, kindText(kind)]))),
        this.boxes("event_severity", gettext("Severity"), Object.fromEntries(SEVERITIES.map((one) => [one, severityText(one)]))),
        this.select("event_state", gettext("State"), Object.fromEntries(config.event_states)), this.select("event_older_h", gettext("Reported"), Object.fromEntries(AGES_H.map((hours) => [hours, interpolate(gettext("at least %s h ago"), [hours])])))),
    ];
    const area = this.areaFields(config.divisions);
    if (config.sees_cameras) this.know([...config.camera_owners.map((owner) => ({ owner })), ...config.camera_teams.map((team) => ({ team }))]);
    this.clear = element("button", { type: "button" }, gettext("Clear filters"));
    this.clear.addEventListener("click", () => this.set(new URLSearchParams()));
    holder.replaceChildren(element("h2", {}, gettext("Filters")), ...area, ...groups.filter(Boolean), this.clear);
    this.clear.hidden = true;
    holder.addEventListener("change", () => this.told());
  }

  group(title, ...content) {
    return element("details", { class: "desk-group", open: true }, element("summary", {}, title), ...content);
  }

  boxes(name, title, texts) {
    this.titles[name] = title;
    const boxes = Object.entries(texts).map(([value, text]) => {
      const box = element("input", { type: "checkbox", name, value });
      (this.fields[name] ??= []).push(box);
      return element("label", {}, box, text);
    });
    return element("fieldset", {}, element("legend", {}, title), ...boxes);
  }

  select(name, title, texts) {
    const field = element("select", { name });
    this.fields[name] = [field];
    this.titles[name] = title;
    this.offer(name, texts);
    return element("label", { class: "desk-field" }, title, field);
  }

  // Two fields for one filter: a street, and those of its communities that are the reader's.  Who has
  // no street, but communities, chooses from these alone.
  areaFields(divisions) {
    this.places = placesOf(divisions);
    const street = this.select("area", gettext("Street or town"), {});
    const community = this.select("area", gettext("Community or village"), {});
    Object.assign(this, { street: street.querySelector("select"), community: community.querySelector("select") });
    this.fields.area = [this.street, this.community];
    this.offerIn(this.street, this.places.streets);
    this.street.addEventListener("change", () => this.offerCommunities());
    street.hidden = this.places.streets.length === 0;
    this.offerCommunities();
    return [street, community];
  }

  // Those of the street; another street's is chosen no longer.
  offerCommunities() {
    const inside = communitiesIn(this.places, this.street.value);
    if (!inside.some(([code]) => code === this.community.value)) this.community.value = "";
    this.offerIn(this.community, inside);
    this.community.disabled = inside.length === 0;
  }

  // What there is to choose from; what is chosen stays, also where there is none of it any more.
  offer(name, texts) {
    this.offerIn(this.fields[name][0], Object.entries(texts));
  }

  // texts: pairs of value and text, in their order.
  offerIn(field, texts) {
    const chosen = field.value;
    const all = chosen && !texts.some(([value]) => value === chosen) ? [...texts, [chosen, chosen]] : texts;
    field.replaceChildren(element("option", { value: "" }, gettext("All")), ...all.map(([value, text]) => element("option", { value }, text)));
    field.value = chosen;
  }

  // Owners and teams of cameras, of now and of the past that was looked at.
  know(cameras) {
    for (const [key, known] of Object.entries(this.names)) {
      const before = known.size;
      for (const camera of cameras) if (camera[key]) known.add(camera[key]);
      if (known.size === before) continue;
      const names = [...known].sort((a, b) => a.localeCompare(b));
      this.offer(`camera_${key}`, Object.fromEntries(names.map((name) => [name, name])));
    }
  }

  // What narrows, in words.
  get words() {
    const isChosen = (field) => field.value && (field.type !== "checkbox" || field.checked);
    const text = (field) => (field.type === "checkbox" ? field.parentElement.textContent : field.selectedOptions[0].textContent);
    return Object.entries(this.fields).map(([name, fields]) => {
      const values = fields.filter(isChosen).map(text);
      if (name === "area") return values.at(-1);
      const of = CAMERA_FILTERS.includes(name) ? gettext("Cameras") : gettext("Events");
      return values.length > 0 && `${of} ${this.titles[name]}${gettext(": ")}${values.join("/")}`;
    }).filter(Boolean).join(" · ");
  }

  // Values by name, of those that narrow anything.
  get chosen() {
    const found = {};
    for (const [name, fields] of Object.entries(this.fields)) {
      const values = fields.filter((field) => field.type !== "checkbox" || field.checked).map((field) => field.value).filter(Boolean);
      if (values.length) found[name] = values;
    }
    // A community lies in the street that is chosen, and is what narrows.
    if (found.area) found.area = found.area.slice(-1);
    return found;
  }

  // Digits that all codes inside begin with; empty for everywhere.
  get area() {
    return prefixOf(this.chosen.area?.[0] ?? "");
  }

  get hasCameras() {
    return CAMERA_FILTERS.some((name) => this.chosen[name]) || this.area !== "";
  }

  get hasEvents() {
    return EVENT_FILTERS.some((name) => this.chosen[name]) || this.area !== "";
  }

  query() {
    return new URLSearchParams(Object.entries(this.chosen).flatMap(([name, values]) => values.map((value) => [name, value])));
  }

  // From an address; what is none of the choices is left.
  set(query) {
    const area = query.get("area") ?? "";
    this.choose("area", this.street, streetOf(this.places, area));
    this.offerCommunities();
    this.choose("area", this.community, area);
    for (const [name, fields] of Object.entries(this.fields).filter(([one]) => one !== "area")) {
      const values = query.getAll(name);
      for (const field of fields) {
        if (field.type === "checkbox") field.checked = values.includes(field.value);
        else this.choose(name, field, values[0] ?? "");
      }
    }
    this.told();
  }

  choose(name, field, value) {
    // Owners and teams come with the cameras, after the address.
    if (value && (name === "camera_owner" || name === "camera_team")) field.append(element("option", { value }, value));
    field.value = value;
    if (field.selectedIndex < 0) field.value = "";
  }

  told() {
    this.clear.hidden = Object.keys(this.chosen).length === 0;
    this.changed();
  }
}
