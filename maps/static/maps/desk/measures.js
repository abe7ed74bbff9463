// Lengths and areas in words.

const lang = document.documentElement.lang;

function told(number, digits) {
  return new Intl.NumberFormat(lang, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(number);
}

export function distanceText(metres) {
  if (!Number.isFinite(metres)) return gettext("too far to measure");
  if (metres < 10) return interpolate(gettext("%s m"), [told(metres, 2)]);
  if (metres < 1000) return interpolate(gettext("%s m"), [told(metres, 1)]);
  return interpolate(gettext("%s km"), [told(metres / 1000, metres < 100_000 ? 3 : 1)]);
}

// 亩, of which 15 are a hectare, is what planners here speak of.
export function areaText(squareMetres) {
  const metric = squareMetres < 100_000 ? interpolate(gettext("%s m²"), [told(squareMetres, squareMetres < 1000 ? 1 : 0)]) : interpolate(gettext("%s km²"), [told(squareMetres / 1e6, 3)]);
  return interpolate(gettext("%s (%s)"), [metric, interpolate(gettext("%s mu"), [told((squareMetres * 15) / 10_000, 1)])]);
}
