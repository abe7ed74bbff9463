// The page's tokens as what is drawn by hand must know them: colours of the theme that is on, and how
// much larger than usual type is; how many pixels a map may have.  Whoever asks does so after `maps/screen` has set both.

export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Type, icons and marks on the map grow with the page's type.
export const UNIT = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

// MapLibre draws no more than 4096 a side unless it is told to: a wall of several screens would be
// blurred.  What a graphics card gives less than this is found by MapLibre itself.
export const MOST_CANVAS_PX = [16_384, 16_384];
