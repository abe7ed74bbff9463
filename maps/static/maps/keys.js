// Which keys are the page's own, and which are used where they are pressed.

const UNTYPED = ["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"];
const STEPS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"];

// Whether a key does something in the element that has the focus, so that it means nothing else.
export function takes(target, key) {
  const tag = target.tagName ?? "";
  const type = tag === "INPUT" ? target.type : "";
  const isPress = key === " " || key === "Enter";
  if (target.isContentEditable || tag === "TEXTAREA") return true;
  if (tag === "SELECT") return isPress || STEPS.includes(key) || isSought(target, key);
  if (tag === "INPUT" && !UNTYPED.includes(type)) return true;
  if (type === "range" || type === "radio") return STEPS.includes(key) || (type === "radio" && key === " ");
  if (type === "checkbox") return key === " ";
  if (type || tag === "BUTTON" || tag === "SUMMARY") return isPress;
  return tag === "A" && key === "Enter";
}

// A list goes to the choice that begins with what is typed: any character of its words may be typed.
function isSought({ options }, key) {
  return key.length === 1 && [...options].some(({ text }) => text.toLowerCase().includes(key.toLowerCase()));
}

// A key that is pressed alone, typed into nothing, and with no window open over the page.
export function isForPage(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  return !takes(event.target, event.key) && document.querySelector("dialog[open]") === null;
}
