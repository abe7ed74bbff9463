// Sorts a technician's orders by distance, once they have said that this page may know where they are.
// The position stays on the phone.

const RADIUS_M = 6_371_009; // mean radius of the earth (IUGG)
const PATIENCE_MS = 15_000;

const button = document.getElementById("near");
const said = document.getElementById("near-said");
let here = null;

if (button && "geolocation" in navigator) {
  button.hidden = false;
  button.addEventListener("click", locate);
  document.addEventListener("orders-fresh", () => here && sort());
}

function locate() {
  said.textContent = gettext("Finding out where you are");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      here = coords;
      sort();
    },
    () => {
      said.textContent = gettext("Your position is not known: allow it in the browser, or go by the deadlines below.");
    },
    { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 60_000 },
  );
}

function sort() {
  const list = document.getElementById("jobs");
  if (!list) return;
  const jobs = [...list.children].map((job) => ({ job, away_m: away(job.dataset) }));
  for (const { job, away_m } of jobs) job.querySelector(".job-distance").textContent = shown(away_m);
  jobs.sort((one, other) => one.away_m - other.away_m);
  list.replaceChildren(...jobs.map(({ job }) => job));
  said.textContent = gettext("Sorted by distance");
}

// Metres along the great circle (haversine); what has no place comes last.
function away({ lon, lat }) {
  if (!lon || !lat) return Infinity;
  const rad = Math.PI / 180;
  const [a, b] = [here.latitude * rad, Number(lat) * rad];
  const h = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(((Number(lon) - here.longitude) * rad) / 2) ** 2;
  return 2 * RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

function shown(away_m) {
  if (!Number.isFinite(away_m)) return "";
  return away_m < 1000 ? `${Math.round(away_m / 10) * 10} m` : `${(away_m / 1000).toFixed(1)} km`;
}
