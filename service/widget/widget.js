/** What the script tag runs: it defines the element, and adds one to a page that has none. */

import { FundstelleChat, defaults } from "./chat.js";

/** What the script tag may say, as `data-` attributes, and the element as attributes. */
const SETTINGS = ["site-key", "language", "theme", "position", "heading", "greeting", "suggestions", "open", "no-feedback"];

const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);

if (script) {
  defaults.server = script.dataset.server || new URL(".", script.src).href;
  defaults["site-key"] = script.dataset.siteKey ?? "";
}
if (!customElements.get("fundstelle-chat")) customElements.define("fundstelle-chat", FundstelleChat);
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", addLauncher, { once: true });
else addLauncher();

function addLauncher() {
  if (!script || script.dataset.launcher === "off" || document.querySelector("fundstelle-chat")) return;
  const chat = document.createElement("fundstelle-chat");
  for (const name of SETTINGS) {
    const value = script.getAttribute(`data-${name}`);
    if (value !== null) chat.setAttribute(name, value);
  }
  document.body.append(chat);
}
