// The open card stands in the page's address: loading the page anew keeps it, Back closes it, and
// the address can be sent to somebody.

const PREFIX = "#camera-";
let leaving = false;
let wanted = null;

// The id of the camera in the address, null for none.
export function read() {
  const text = location.hash.startsWith(PREFIX) ? location.hash.slice(PREFIX.length) : "";
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}

// Calls show(id or null) when the reader goes back or forth.
export function follow(show) {
  addEventListener("popstate", () => {
    if (!leaving) return show(read());
    leaving = false;
    if (wanted !== null) write(wanted);
    wanted = null;
  });
}

// From card to card the address is replaced: one step back always leads to the map alone.
export function write(id) {
  if (leaving) wanted = id;
  else if (id === read()) return;
  else if (id === null) leave();
  else if (read() === null) history.pushState("card", "", PREFIX + id);
  else history.replaceState(history.state, "", PREFIX + id);
}

// What this page has put on the history it takes off; what came with the address it wipes out.
function leave() {
  if (history.state !== "card") return history.replaceState(null, "", location.pathname + location.search);
  leaving = true;
  history.back();
}
