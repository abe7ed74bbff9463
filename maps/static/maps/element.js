// Makes elements.  Text becomes text nodes only, never markup: names come from other people.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    // aria-* and data-* say "true" or "false"; others, such as `hidden`, are there or not.
    if (typeof value !== "boolean" || /^(aria|data)-/.test(name)) made.setAttribute(name, String(value));
    else made.toggleAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return made;
}

// Writes only what differs, so that an unchanged page is neither laid out nor read out anew.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// What stands in place of something that cannot be shown: why, and what helps.
export function empty(title, advice) {
  return element("div", { class: "empty" }, element("h2", {}, title), element("p", {}, advice));
}
