// Shows the one field that belongs to what is chosen under "Which cameras"; without it all are there.

const TARGETS = ["upstream", "owner", "area", "cameras"];

function sort() {
  const chosen = document.querySelector("input[name=target]:checked")?.value;
  for (const name of TARGETS) {
    const field = document.querySelector(`[data-field=${name}]`);
    if (field) field.hidden = name !== chosen;
  }
}

for (const input of document.querySelectorAll("input[name=target]")) input.addEventListener("change", sort);
sort();
