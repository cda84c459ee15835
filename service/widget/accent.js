/** One colour that a page chooses, and what follows from it: what is written on it, and its lighter self in the dark. */

/** Relative luminance from which dark text on a colour has more contrast than white has. */
const BRIGHT = 0.179;

const PROPERTIES = ["--chosen", "--on-chosen", "--chosen-dark"];

/**
 * Have `root` use `colour`, `#rgb` or `#rrggbb`; anything else is no choice.
 *
 * @param {HTMLElement} root
 * @param {string} colour
 */
export function paint(root, colour) {
  const six = colour.trim().replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
  const values = /^#[0-9a-f]{6}$/i.test(six) ? [six, luminance(six) > BRIGHT ? "#0d1c2e" : "#ffffff", `color-mix(in oklab, ${six} 42%, white)`] : [];
  PROPERTIES.forEach((property, place) => root.style.setProperty(property, values[place] ?? ""));
}

/**
 * Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
 *
 * @param {string} colour `#rrggbb`
 */
function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
