// Areas in words.

const language = document.documentElement.lang;
const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const signed = new Intl.NumberFormat(language, { maximumFractionDigits: 0, signDisplay: "exceptZero" });

export function areaText(area) {
  return `${area < 100 ? fine.format(area) : whole.format(area)} m²`;
}

export function gainText(area) {
  return `${signed.format(area)} m²`;
}
