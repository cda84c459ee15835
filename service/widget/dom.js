const SVG = "http://www.w3.org/2000/svg";

/** Outlines on a field of 24 by 24. */
const ICONS = {
  chat: "M5 4h14a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H10l-5 4v-4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM8 8.5h8M8 12h5",
  close: "M6 6l12 12M18 6L6 18",
  send: "M12 19.5V5M5.5 11.5L12 5l6.5 6.5",
  stop: "M8 7h8a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1z",
  copy: "M10 8.5h9a1 1 0 0 1 1 1V20a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1V9.5a1 1 0 0 1 1-1zM5.5 15.5H5a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h9a1 1 0 0 1 1 1v.5",
  done: "M4.5 12.5l5 5 10-11",
  thumbUp: "M7.5 11v9H4v-9zl4-7.5c1.8 0 2.6 1.3 2.2 3L13 10h5.5a1.5 1.5 0 0 1 1.5 1.9l-1.7 6.9a1.6 1.6 0 0 1-1.6 1.2H7.5",
  thumbDown: "M7.5 13V4H4v9zl4 7.5c1.8 0 2.6-1.3 2.2-3L13 14h5.5a1.5 1.5 0 0 0 1.5-1.9l-1.7-6.9A1.6 1.6 0 0 0 16.7 4H7.5",
  down: "M12 5v14M5.5 12.5L12 19l6.5-6.5",
  fresh: "M12 5H6a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1v-6M10 14l.7-3L18 3.7l2.3 2.3L13 13.3z",
  wide: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
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

/**
 * `value`, made of plain objects, as JSON: also on pages whose old libraries have arrays turn themselves into strings.
 *
 * @param {unknown} value
 */
export function json(value) {
  /** @this {any} @param {string} name */
  const plain = function (name) {
    return this[name];
  };
  return "toJSON" in Array.prototype ? JSON.stringify(value, plain) : JSON.stringify(value);
}

/** Whether `text` could be put on the clipboard. @param {string} text */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByCommand(text);
  }
}

/** Over http, as on many an intranet, browsers have no `navigator.clipboard`. @param {string} text */
function copiedByCommand(text) {
  const write = (/** @type {ClipboardEvent} */ event) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener("copy", write, { capture: true, once: true });
  const done = document.execCommand("copy");
  document.removeEventListener("copy", write, { capture: true });
  return done;
}
