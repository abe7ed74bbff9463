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
  made.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== false && one !== ""));
  return made;
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
