// The theme that was chosen in the wall's display settings, before anything is drawn: no page begins
// dark and turns light.
try {
  const kept = new URLSearchParams(localStorage.getItem("wall-display") ?? "");
  if (kept.get("theme") === "light") document.documentElement.dataset.theme = "light";
} catch {
  // This browser keeps nothing: the dark one, then.
}
