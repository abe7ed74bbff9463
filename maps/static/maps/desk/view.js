// The view in the address: place, layers and filters, so that a link shows another reader the same, as
// far as that reader may see it.  Nothing that stands there gives a right or is secret.

const PAUSE_MS = 400;

// Zoom, latitude and longitude as numbers; null for none that a map has.
export function placeOf(text) {
  const numbers = (text ?? "").split("/").map(Number);
  const [zoom, lat, lon] = numbers;
  const isGood = numbers.length === 3 && text.trim() !== "" && zoom >= 0 && zoom <= 24 && Math.abs(lat) <= 85 && Math.abs(lon) <= 180;
  return isGood ? numbers : null;
}

export class View {
  // told(): what the address is to say, as pairs; empty values are left out.
  constructor(told) {
    this.told = told;
    this.asked = new URLSearchParams(location.search);
  }

  // Browsers allow few changes of the address in a second.
  changed() {
    clearTimeout(this.wait);
    this.wait = setTimeout(() => this.write(), PAUSE_MS);
  }

  write() {
    const query = new URLSearchParams(this.told().filter(([, value]) => value !== ""));
    const text = String(query).replaceAll("%2F", "/").replaceAll("%2C", ",");
    history.replaceState(history.state, "", location.pathname + (text && `?${text}`) + location.hash);
  }

  get link() {
    this.write();
    return location.href;
  }
}
