// The theme that this browser keeps, before anything is drawn: no page begins in one and turns to the
// other.  It is kept among the wall's display settings; the address of a wall says more than those.
{
  const KEPT = "wall-display";
  const root = document.documentElement;
  const settings = () => new URLSearchParams(localStorage.getItem(KEPT) ?? "");
  const show = (theme) => {
    root.dataset.theme = theme === "light" ? "light" : "dark";
    for (const button of document.querySelectorAll("[data-choose-theme]")) button.setAttribute("aria-pressed", String(button.dataset.chooseTheme === root.dataset.theme));
  };
  const choose = (theme) => {
    show(theme);
    try {
      const changed = settings();
      if (theme === "light") changed.set("theme", theme);
      else changed.delete("theme");
      localStorage.setItem(KEPT, changed.toString());
    } catch {
      // For this page alone, then.
    }
  };
  try {
    show(new URLSearchParams(location.search).get("theme") ?? settings().get("theme"));
  } catch {
    // This browser keeps nothing: the dark one, then.
  }
  addEventListener("DOMContentLoaded", () => {
    show(root.dataset.theme);
    for (const button of document.querySelectorAll("[data-choose-theme]")) button.addEventListener("click", () => choose(button.dataset.chooseTheme));
  });
}
