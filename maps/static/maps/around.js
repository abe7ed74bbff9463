// The button by which a card or note leads to a search around its thing.

import { element } from "maps/element";

// around(near, name): near as the search names a thing ("cameras:12"); null where there is no such
// search (the wall), and then there is no button.
export function aroundButton(around, near, name) {
  if (!around) return null;
  const button = element("button", { type: "button", "data-role": "around" }, gettext("Search around this"));
  button.addEventListener("click", () => around(near, name));
  return element("p", { class: "note-verbs" }, button);
}
