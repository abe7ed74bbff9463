// Keys of a page: acts by the key's name.  Nothing is heard while somebody writes, chooses from a list
// or has a dialog open.

export function writes(target) {
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName ?? "") || (target.tagName === "INPUT" && target.type !== "checkbox");
}

export function hear(acts) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (writes(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const act = acts[event.key];
    if (!act || act(event) === false) return;
    event.preventDefault();
  });
}
