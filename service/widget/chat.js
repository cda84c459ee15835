/**
 * `<fundstelle-chat>`: a launcher with a panel, or the panel alone where it has `inline` or `page`.
 *
 * @import { Server } from "./types.js"
 */

import { Conversation } from "./conversation.js";
import { element, icon } from "./dom.js";
import { Panel } from "./panel.js";
import { STYLES } from "./styles.js";
import { wordsIn } from "./words.js";

/** What an element without the attribute goes by; the script tag sets it. */
export const defaults = { server: "", "site-key": "" };

/** @type {CSSStyleSheet | null} */
let sheet = null;

export class FundstelleChat extends HTMLElement {
  constructor() {
    super();
    /** @type {Panel | null} */
    this.panel = null;
    this.launcher = element("button", { type: "button", class: "launcher", part: "launcher", "aria-expanded": "false", click: () => this.open() });
    this.root = element("div", { class: "root" });
  }

  connectedCallback() {
    if (this.shadowRoot) return;
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [styles()];
    shadow.append(this.root);
    this.root.lang = this.language();
    this.root.dir = this.direction();
    this.root.addEventListener("keydown", (event) => this.key(event));
    if (!this.floats()) return this.show();
    const label = this.words().open;
    this.launcher.setAttribute("aria-label", label);
    this.launcher.title = label;
    this.launcher.append(icon("chat"));
    this.root.append(this.launcher);
    if (this.hasAttribute("open") || this.wasOpen()) this.show();
  }

  /** Show the panel and put the focus where a question is written. */
  open() {
    this.show();
    this.panel?.composer.focus();
  }

  /** Hide the panel of a launcher; the conversation goes on. */
  close() {
    if (!this.panel || !this.floats()) return;
    const focused = this.panel.root.contains(/** @type {ShadowRoot} */ (this.shadowRoot).activeElement);
    this.panel.root.hidden = true;
    this.launcher.hidden = false;
    this.launcher.setAttribute("aria-expanded", "false");
    this.remember(false);
    if (focused) this.launcher.focus();
  }

  show() {
    this.panel ??= this.build();
    this.panel.root.hidden = false;
    this.launcher.hidden = true;
    this.launcher.setAttribute("aria-expanded", "true");
    this.panel.toEnd();
    if (this.floats()) this.remember(true);
  }

  build() {
    const panel = new Panel(new Conversation(this.server(), this.name("turns")), this.words(), {
      language: this.language(),
      heading: this.setting("heading"),
      greeting: this.setting("greeting"),
      suggestions: this.setting("suggestions").split("|").map((question) => question.trim()).filter(Boolean),
      rates: !this.hasAttribute("no-feedback"),
      close: this.floats() ? () => this.close() : null,
    });
    if (this.floats()) panel.root.setAttribute("role", "dialog");
    this.root.append(panel.root);
    return panel;
  }

  /** Escape closes what is open, the innermost first. @param {KeyboardEvent} event */
  key(event) {
    if (event.key !== "Escape" || event.isComposing || !this.panel) return;
    if (!this.panel.cards.close()) this.close();
    event.stopPropagation();
  }

  floats() {
    return !this.hasAttribute("inline") && !this.hasAttribute("page");
  }

  /** @returns {Server} */
  server() {
    const base = this.setting("server") || defaults.server || document.baseURI;
    return { base: new URL(base.endsWith("/") ? base : `${base}/`, document.baseURI).href, siteKey: this.setting("site-key") || defaults["site-key"] };
  }

  language() {
    const around = /** @type {HTMLElement | null} */ (this.closest("[lang]"));
    return this.setting("language") || around?.lang || navigator.language || "en";
  }

  direction() {
    return getComputedStyle(this.parentElement ?? document.documentElement).direction;
  }

  words() {
    return wordsIn(this.language());
  }

  /** @param {string} name */
  setting(name) {
    return this.getAttribute(name) ?? "";
  }

  /** @param {string} what */
  name(what) {
    return `fundstelle ${what} ${this.id} ${this.server().base}`;
  }

  wasOpen() {
    try {
      return sessionStorage.getItem(this.name("open")) === "yes";
    } catch {
      return false;
    }
  }

  /** @param {boolean} open */
  remember(open) {
    try {
      sessionStorage.setItem(this.name("open"), open ? "yes" : "no");
    } catch {
      return;
    }
  }
}

function styles() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
  }
  return sheet;
}
