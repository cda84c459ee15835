/** What the script tag runs: it defines the element, and adds one to a page that has none. */

import { FundstelleChat, defaults } from "./chat.js";

/** What the script tag may say, as `data-` attributes, and the element as attributes. */
const SETTINGS = ["site-key", "language", "theme", "accent", "position", "label", "heading", "greeting", "suggestions", "open", "no-feedback"];

/** Where this script is from. One of `type="module"` has no `currentScript`, but an error says where it was made. */
const from = /https?:\/\/\S+?\.js(\?[^\s:)]*)?/.exec(new Error().stack ?? "")?.[0] ?? "";

const script = /** @type {HTMLScriptElement | null} */ (document.currentScript ?? [...document.scripts].find((one) => one.src === from) ?? null);

defaults.server = script?.dataset.server || new URL(".", script?.src || from || document.baseURI).href;
defaults["site-key"] = script?.dataset.siteKey ?? "";
if (!customElements.get("fundstelle-chat")) customElements.define("fundstelle-chat", FundstelleChat);
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", addLauncher, { once: true });
else addLauncher();
// what exchanges the body without loading a page, as Turbo does, runs the scripts of the body again and those of the head never
if (script?.closest("head")) new MutationObserver(addLauncher).observe(document.documentElement, { childList: true });

function addLauncher() {
  if (!script || !document.body || script.dataset.launcher === "off" || document.querySelector("fundstelle-chat")) return;
  const chat = document.createElement("fundstelle-chat");
  for (const name of SETTINGS) {
    const value = script.getAttribute(`data-${name}`);
    if (value !== null) chat.setAttribute(name, value);
  }
  document.body.append(chat);
}
