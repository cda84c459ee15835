const SVG = "http://www.w3.org/2000/svg";

/** Outlines on a field of 24 by 24. */
const ICONS = {
  chat: "M4 5h16v11H9l-5 4z",
  close: "M6 6l12 12M18 6L6 18",
  send: "M4 12l16-7-6 16-3-7z",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  again: "M19 12a7 7 0 1 1-2-5M19 4v4h-4",
  up: "M7 11v9H4v-9zM7 11l4-7c2 0 2.500 1.500 2 3l-.7 3H19l-1.500 9.500H7",
  down: "M7 13V4H4v9zM7 13l4 7c2 0 2.500-1.500 2-3l-.7-3H19L17.500 4.500H7",
  fresh: "M12 5v14M5 12h14",
};

/** @typedef {keyof typeof ICONS} IconName */

/**
 * An element with properties and children. Text only ever becomes text nodes: nothing is parsed as HTML.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | boolean | ((event: any) => void)>} [attributes] Functions are listeners, `true` is an
 *   attribute without a value, `false` is none.
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/**
 * A button with an icon; its name is for those who don't see the icon, and shown when it is pointed at.
 *
 * @param {IconName} name
 * @param {string} label
 * @param {(event: MouseEvent) => void} pressed
 * @param {string} [part] What a page's style sheet may call it.
 * @returns {HTMLButtonElement}
 */
export function iconButton(name, label, pressed, part = "button") {
  return element("button", { type: "button", class: "icon", part, title: label, "aria-label": label, click: pressed }, icon(name));
}

/**
 * @param {IconName} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  drawing.append(path);
  return drawing;
}

/**
 * The address if it is one of the web, else null: a source may name `javascript:` or anything else as its address.
 *
 * @param {string | null | undefined} address
 * @returns {string | null}
 */
export function webAddress(address) {
  if (!address || !URL.canParse(address)) return null;
  return ["http:", "https:"].includes(new URL(address).protocol) ? address : null;
}
