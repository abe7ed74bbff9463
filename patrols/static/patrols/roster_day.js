// On a phone the week board shows one day at a time: today, else the first; a press shows another.

const days = [...document.querySelectorAll("#week-days button")];
const board = document.getElementById("board");

function show(index) {
  for (const [number, button] of days.entries()) button.setAttribute("aria-pressed", String(number === index));
  board.dataset.day = index + 1;
}

for (const [number, button] of days.entries()) button.addEventListener("click", () => show(number));
if (days.length) show(Math.max(0, days.findIndex((button) => button.getAttribute("aria-pressed") === "true")));
