// The tools over the map, each with a key of its own, and the list of these keys.

import { element } from "maps/element";
import { isForPage } from "maps/keys";

export function toolsOf() {
  return {
    measure_line: [gettext("Measure a length"), "M"],
    measure_area: [gettext("Measure an area"), "A"],
    select_box: [gettext("Select in a box"), "B"],
    select_area: [gettext("Select in an area"), "S"],
    near: [gettext("Search around a point"), "N"],
    draw: [pgettext("tool", "Draw"), "D"],
    share: [gettext("Share this view"), "C"],
    help: [gettext("Keys"), "?"],
  };
}

const SIGNS = {
  measure_line: "M4 18 18 4l2 2L6 20zM8 14l2 2M11 11l2 2M14 8l2 2",
  measure_area: "M4 6 14 3l6 8-4 9-11-2zM4 6l16 5",
  select_box: "M4 5h16v14H4z",
  select_area: "M5 4 19 7l-3 12-11-3z",
  near: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 10.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3",
  draw: "M4 20l1-5L16 4l4 4L9 19zM13 7l4 4",
  share: "M9 15 15 9M10 7l2-2a4 4 0 0 1 6 6l-2 2M14 17l-2 2a4 4 0 0 1-6-6l2-2",
  help: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 17.5v.5",
};
const SVG = "http://www.w3.org/2000/svg";

export class Tools {
  // acts: by name, what each does.
  constructor(holder, acts) {
    this.acts = acts;
    this.buttons = Object.fromEntries(Object.entries(toolsOf()).map(([name, [text, key]]) => {
      const title = interpolate(gettext("%s (%s)"), [text, key]);
      const button = element("button", { type: "button", "data-tool": name, title, "aria-label": text, "aria-keyshortcuts": key, "aria-pressed": name === "share" || name === "help" ? null : false }, signOf(name), element("span", { class: "tool-word" }, text));
      button.addEventListener("click", () => this.use(name));
      return [name, button];
    }));
    holder.replaceChildren(...Object.values(this.buttons));
    this.rove(holder);
    addEventListener("keydown", (event) => this.press(event));
  }

  // One stop for the Tab key; the arrows go on from there (WAI-ARIA, toolbar).
  rove(holder) {
    const all = Object.values(this.buttons);
    const stop = (at) => all.forEach((button, index) => (button.tabIndex = index === at ? 0 : -1));
    stop(0);
    holder.addEventListener("keydown", (event) => {
      const at = all.indexOf(document.activeElement);
      const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      const next = (to + all.length) % all.length;
      stop(next);
      all[next].focus();
    });
  }

  press(event) {
    if (event.defaultPrevented || !isForPage(event)) return;
    // Tools and lists are of now.
    if (document.body.hasAttribute("data-past")) return;
    const [name] = Object.entries(toolsOf()).find(([, [, key]]) => key === event.key.toUpperCase()) ?? [];
    const act = name ? () => this.use(name) : this.acts.keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  }

  use(name) {
    this.acts[name]();
  }

  mark(name) {
    for (const [own, button] of Object.entries(this.buttons)) {
      if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", String(own === name));
    }
  }
}

function signOf(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "tool-sign", "aria-hidden": "true", focusable: "false" })) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SIGNS[name]);
  svg.append(path);
  return svg;
}

// A window over the page with words, closed by Escape or its button.
export function openDialog(dialog, title, ...content) {
  const close = element("button", { type: "button" }, gettext("Close"));
  close.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(element("h2", { id: "help-title" }, title), ...content, close);
  dialog.showModal();
  close.focus();
}

export function keysTable() {
  const keys = [
    ...Object.values(toolsOf()).map(([text, key]) => [key, text]),
    ["/", gettext("Find")],
    ["G", gettext("Go to the map")],
    ["L", gettext("List what the map shows")],
    ["← → ↑ ↓", gettext("On the map: move it")],
    ["+ −", gettext("On the map: closer, further away")],
    ["Enter", gettext("While drawing: set a point below the cross")],
    [gettext("Backspace"), gettext("While drawing: take the last point away")],
    ["F", gettext("While drawing: finish")],
    ["Esc", gettext("Leave the tool, close the card")],
  ];
  const rows = keys.map(([key, text]) => element("tr", {}, element("th", { scope: "row" }, element("kbd", {}, key)), element("td", {}, text)));
  return element("table", { class: "keys" }, element("tbody", {}, ...rows));
}
