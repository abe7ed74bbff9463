// What one look at a grid should tell, where somebody has clicked into it, and the way to its page.

import * as maplibre from "maplibre-gl";
import { ask } from "maps/api";
import { aroundButton } from "maps/around";
import { element } from "maps/element";

export class GridNote {
  // around: see aroundButton.
  constructor(map, urls, { around }) {
    Object.assign(this, { map, urls, around });
    this.popup = new maplibre.Popup({ className: "grid-note", maxWidth: "20rem", focusAfterOpen: false });
  }

  // words: what else is known of it already, such as the figure that it is coloured by.
  async open(code, place, words = "") {
    this.code = code;
    this.popup.setLngLat(place).setDOMContent(element("div", {}, figure(words), element("p", { class: "muted" }, gettext("Loading…")))).addTo(this.map);
    let content;
    try {
      const { body } = await ask(`${this.urls.grids}/${code}/`);
      content = this.content(body, words);
    } catch (error) {
      content = element("p", { class: "notice" }, error.message);
    }
    // Another grid may have been clicked, or the note closed, before the answer came.
    if (this.code === code && this.popup.isOpen()) this.popup.setDOMContent(content);
  }

  content(grid, words) {
    const people = interpolate(gettext("%s workers · %s assistants"), [grid.workers, grid.assistants]);
    const places = interpolate(gettext("%s households · %s buildings · %s shops"), [grid.households, grid.buildings, grid.shops]);
    return element(
      "div",
      {},
      element("a", { class: "grid-name", href: `${this.urls.grid_pages}${grid.code}/` }, grid.name),
      element("p", { class: "muted" }, [grid.street, grid.community].filter(Boolean).join(" · ")),
      figure(words),
      element("p", {}, grid.vacant ? gettext("No worker: vacant") : people),
      element("p", {}, places),
      aroundButton(this.around, `grids:${grid.code}`, grid.name),
    );
  }
}

function figure(words) {
  return words && element("p", { class: "grid-figure-words" }, words);
}
