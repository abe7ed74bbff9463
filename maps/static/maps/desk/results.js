// What a search has found, as lists: for readers of screens, and for whoever wants to read or take it.

import { kindText, severityText, sign } from "events/icons";
import { ask } from "maps/api";
import { stateText } from "maps/cameras";
import { element } from "maps/element";
import { icon } from "maps/icons";
import { areaText, distanceText } from "maps/desk/measures";

export class Results {
  // opened(layer, item): one was pressed.  around(layer, item): what lies around it is asked for.
  constructor(holder, { opened, around, listView }) {
    Object.assign(this, { holder, opened, around });
    const list = element("button", { type: "button", "data-verb": "list-view" }, gettext("List what the map shows"), " ", element("kbd", {}, "L"));
    list.addEventListener("click", listView);
    this.title = element("h2", { tabindex: "-1" }, gettext("List"));
    this.said = element("p", { class: "results-said", role: "status" }, gettext("Select an area, search around something, or list what the map shows."));
    this.body = element("div", { class: "results-body" });
    holder.replaceChildren(element("header", { class: "results-head" }, this.title, list), this.said, this.body);
  }

  wait(title) {
    this.title.textContent = title;
    this.said.textContent = gettext("Loading…");
    this.body.replaceChildren();
  }

  fail(message) {
    this.said.textContent = message;
    this.body.replaceChildren();
  }

  show({ area_m2: area, layers, gpkg }) {
    const found = layers.reduce((sum, { matched, items }) => sum + (matched ?? items.length), 0);
    const more = layers.some(({ matched }) => matched === null) ? "+" : "";
    this.said.textContent = [interpolate(gettext("%s found"), [`${found}${more}`]), area > 0 && areaText(area)].filter(Boolean).join(" · ");
    const all = found > 0 && layers.length > 1 && element("p", { class: "results-links" }, gettext("All of it in one file"), link(gpkg, "GeoPackage"));
    this.body.replaceChildren(...[all, ...layers.map((layer) => this.layer(layer))].filter(Boolean));
    this.title.focus();
  }

  layer(told) {
    const { title, matched, counts, items, csv, geojson, gpkg } = told;
    const number = element("span", { class: "desk-number" }, matched === null ? gettext("more than 10,000") : String(matched));
    const list = element("ol", { class: "results-list", "aria-label": title }, ...items.map((item) => this.row(told.layer, item)));
    const links = element("p", { class: "results-links" }, link(csv, "CSV"), link(geojson, "GeoJSON"), link(gpkg, "GeoPackage"));
    const node = element("details", { class: "desk-group", "data-layer": told.layer, open: items.length > 0 && items.length <= 100 },
      element("summary", {}, title, number), this.counts(told.layer, counts), items.length > 0 && links, list, this.rest(told, list));
    return node;
  }

  counts(layer, counts) {
    const rows = Object.entries(counts).filter(([, number]) => number > 0);
    if (rows.length === 0) return null;
    const text = layer === "cameras" ? stateText : severityText;
    const picture = (value) => (layer === "cameras" ? icon(value) : sign({ severity: value, kind: "", due: "green" }));
    return element("ul", { class: "results-counts", "aria-label": layer === "cameras" ? gettext("By state") : gettext("By severity") }, ...rows.map(([value, number]) => element("li", {}, picture(value), text(value), " ", element("b", {}, String(number)))));
  }

  rest(told, list) {
    let { next } = told;
    if (!next) return null;
    const button = element("button", { type: "button", class: "quiet" }, gettext("Show more"));
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        const [following] = (await ask(next)).body.layers;
        list.append(...following.items.map((item) => this.row(told.layer, item)));
        next = following.next;
        button.hidden = !next;
      } catch (error) {
        this.said.textContent = error.message;
      }
      button.disabled = false;
    });
    return button;
  }

  row(layer, item) {
    const [picture, name, under] = wordsOf(layer, item.properties);
    const far = item.distance_m > 0 && distanceText(item.distance_m);
    const open = element("button", { type: "button", class: "results-row" }, picture, element("span", { class: "results-name" }, name), element("span", { class: "results-under" }, [under, far].filter(Boolean).join(" · ")));
    open.addEventListener("click", () => this.opened(layer, item));
    const text = interpolate(gettext("Search around %s"), [name]);
    const around = element("button", { type: "button", class: "results-around quiet", "aria-label": text, title: text }, "◎");
    around.addEventListener("click", () => this.around(layer, item, name));
    return element("li", {}, open, around);
  }
}

function link(href, text) {
  return element("a", { href, download: "" }, text);
}

// A picture or none, the name, and a line below it.
function wordsOf(layer, told) {
  if (layer === "cameras") return [icon(told.state), told.name, [stateText(told.state), told.owner].filter(Boolean).join(" · ")];
  if (layer === "events") return [sign(told), `${told.number} ${told.category}`, [kindText(told.kind), severityText(told.severity), told.grid].filter(Boolean).join(" · ")];
  if (layer === "grids") return [null, told.name, told.community];
  if (layer === "people") return [null, told.name, [told.post, told.shift].filter(Boolean).join(" · ")];
  return [null, told.name || told.code, [told.address, told.grid].filter(Boolean).join(" · ")];
}
