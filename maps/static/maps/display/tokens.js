// The page's tokens as what is drawn by hand must know them: colours of the theme that is on, and how
// much larger than usual type is.  Whoever asks does so after `maps/screen` has set both.

export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Type, icons and marks on the map grow with the page's type.
export const UNIT = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
