// One element with attributes and children.  Texts become text nodes: names come from imports and from
// other people, and nothing here makes HTML of them.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    // aria-* and data-* say "true" or "false"; others, such as `hidden`, are there or not.
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (typeof value !== "boolean" || /^(aria|data)-/.test(name)) made.setAttribute(name, String(value));
    else made.toggleAttribute(name, value);
  }
  made.append(...there(children));
  return made;
}

// Puts these into a box in place of what is in it; what is nothing (null, false, "") is left out.
export function fill(box, ...children) {
  box.replaceChildren(...there(children));
}

function there(children) {
  return children.flat().filter((one) => one !== null && one !== undefined && one !== false && one !== "");
}

// Says what is wrong where it can be seen: on a small phone the box may lie under the last button.
export function complain(box, sentence) {
  box.textContent = sentence;
  box.hidden = !sentence;
  if (sentence) box.scrollIntoView({ block: "center" });
}

export function byId(id) {
  return document.getElementById(id);
}

export function button(text, press, attributes = {}) {
  return element("button", { type: "button", onclick: press, ...attributes }, text);
}

// A text of somebody's, whichever way it is written.
export function name(text) {
  return element("bdi", {}, text);
}

// A drawing of lines on a field of 24 × 24.
export function drawing(path) {
  const space = "http://www.w3.org/2000/svg";
  const [made, line] = ["svg", "path"].map((tag) => document.createElementNS(space, tag));
  for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", class: "drawing", "aria-hidden": "true" })) made.setAttribute(name, value);
  line.setAttribute("d", path);
  made.append(line);
  return made;
}
