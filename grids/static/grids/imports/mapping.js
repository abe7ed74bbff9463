// Shows, beside each field, what the chosen column holds; and asks for the frame where it is needed.

const samples = JSON.parse(document.getElementById("samples").textContent);
const selects = [...document.querySelectorAll("select[data-field]")];
const frame = document.getElementById("frame");
const fileHasShapes = !selects.some((select) => select.dataset.field === "lon" || select.dataset.field === "wkt");

function chosenFor(field) {
  return selects.find((select) => select.dataset.field === field)?.value;
}

function refresh() {
  const used = new Set(selects.map((select) => select.value).filter(Boolean));
  for (const select of selects) {
    const cell = document.querySelector(`[data-sample="${CSS.escape(select.dataset.field)}"]`);
    cell.textContent = (samples[select.value] ?? []).slice(0, 3).join(" · ");
  }
  for (const head of document.querySelectorAll("th[data-column]")) {
    head.classList.toggle("used", used.has(head.dataset.column));
  }
  if (frame) frame.required = fileHasShapes || Boolean(chosenFor("lon") || chosenFor("wkt"));
}

for (const select of selects) select.addEventListener("change", refresh);
refresh();

// Another layer has other columns: the page is asked anew.
const layer = document.getElementById("layer");
if (layer) {
  document.getElementById("show-layer").hidden = true;
  layer.addEventListener("change", () => layer.form.submit());
}
