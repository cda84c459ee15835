/**
 * `<fundstelle-chat>`: a launcher with a panel, or the panel alone where it has `inline` or `page`.
 *
 * @import { Server } from "./types.js"
 */

import { paint } from "./accent.js";
import { conversationOf } from "./conversation.js";
import { element, icon } from "./dom.js";
import { Panel } from "./panel.js";
import { STYLES } from "./styles.js";
import { wordsIn } from "./words.js";

/** What an element without the attribute goes by; the script tag sets it. */
export const defaults = { server: "", "site-key": "" };

/** What is told when a keyboard on the screen comes and goes. */
const MOVES = ["resize", "scroll"];

/** @type {CSSStyleSheet | null} */
let sheet = null;

export class FundstelleChat extends HTMLElement {
  /** All that is decided when the element is drawn; `theme` and `position` are the style sheet's. */
  static observedAttributes = ["accent", "greeting", "heading", "inline", "label", "language", "no-feedback", "page", "server", "site-key", "suggestions"];

  constructor() {
    super();
    /** @type {Panel | null} */
    this.panel = null;
    this.launcher = element("button", { type: "button", class: "launcher", part: "launcher", click: () => this.open() });
    this.root = element("div", { class: "root" });
    this.page = new MutationObserver(() => this.draw());
    this.fit = () => this.keepInSight();
  }

  connectedCallback() {
    if (!this.shadowRoot) this.begin();
    this.page.observe(document.documentElement, { attributeFilter: ["lang", "dir"] });
    for (const type of MOVES) window.visualViewport?.addEventListener(type, this.fit);
    this.draw();
    if (this.floats() && (this.hasAttribute("open") || this.wasOpen())) this.show();
  }

  disconnectedCallback() {
    this.page.disconnect();
    for (const type of MOVES) window.visualViewport?.removeEventListener(type, this.fit);
    this.panel?.leave();
  }

  forget() {
    this.panel?.leave();
    this.panel = null;
  }

  attributeChangedCallback() {
    if (this.shadowRoot && this.isConnected) this.draw();
  }

  begin() {
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [styles()];
    shadow.append(this.root);
    this.root.addEventListener("keydown", (event) => this.key(event));
    // a page that has shortcuts of single letters can't see that they are being written into a field
    for (const type of ["keydown", "keypress", "keyup"]) this.root.addEventListener(type, (event) => event.stopPropagation());
  }

  /** Draw all anew, as the attributes and the page are now. What was asked, and what is being written, stays. */
  draw() {
    const { panel, root } = this;
    const shown = !this.floats() || (panel !== null && !panel.root.hidden);
    const focused = panel?.root.contains(/** @type {ShadowRoot} */ (this.shadowRoot).activeElement);
    this.forget();
    root.lang = this.language();
    root.dir = this.direction();
    paint(root, this.setting("accent"));
    root.replaceChildren();
    if (this.floats()) this.float();
    if (shown) this.show();
    if (panel && this.panel) this.panel.composer.take(panel.composer);
    if (focused) this.panel?.composer.focus();
  }

  /** Put the launcher on the page, above whatever the page does to its body: transforms, filters, clipping. */
  float() {
    const { launcher, root } = this;
    const text = this.setting("label");
    launcher.replaceChildren(icon("chat"), ...(text ? [element("span", { dir: "auto" }, text)] : []));
    launcher.hidden = false;
    launcher.classList.toggle("labelled", text !== "");
    this.tell(false);
    root.append(launcher);
    root.style.zoom = String(1 / (this.currentCSSZoom || 1));
    if (!root.showPopover || getComputedStyle(this).getPropertyValue("--fundstelle-z-index")) return;
    root.popover = "manual";
    if (!root.matches(":popover-open")) root.showPopover();
  }

  /** Keep a panel that fills the screen of a phone above the keyboard, which covers a part of the page but is none of it. */
  keepInSight() {
    const { height, offsetTop, scale } = /** @type {VisualViewport} */ (window.visualViewport);
    const covered = scale === 1 && height < window.innerHeight;
    this.root.style.setProperty("--seen", covered ? `${height}px` : "");
    this.root.style.setProperty("--seen-from", covered ? `${offsetTop}px` : "");
    this.panel?.follow();
  }

  /** Show the panel and put the focus into it. */
  open() {
    this.show();
    this.panel?.focus();
  }

  /** Open the panel and ask `question`, unless another one is under way. @param {string} question */
  ask(question) {
    this.open();
    if (question.trim()) this.panel?.conversation.ask(question.trim());
  }

  /** Hide the panel of a launcher; the conversation goes on. Whether there was one to hide. */
  close() {
    if (!this.panel || !this.floats()) return false;
    const focused = this.panel.root.contains(/** @type {ShadowRoot} */ (this.shadowRoot).activeElement);
    this.panel.root.hidden = true;
    this.launcher.hidden = false;
    this.tell(false);
    this.remember(false);
    if (focused) this.launcher.focus();
    return true;
  }

  show() {
    this.panel ??= this.build();
    this.panel.root.hidden = false;
    this.launcher.hidden = true;
    this.launcher.setAttribute("aria-expanded", "true");
    this.panel.toLast();
    if (this.floats()) this.remember(true);
  }

  build() {
    const panel = new Panel(conversationOf(this.server(), this.name("turns")), this.words(), {
      language: this.language(),
      heading: this.setting("heading"),
      greeting: this.setting("greeting"),
      suggestions: this.setting("suggestions").split("|").map((question) => question.trim()).filter(Boolean),
      rates: !this.hasAttribute("no-feedback"),
      close: this.floats() ? () => this.close() : null,
      answered: () => panel.root.hidden && this.tell(true),
    });
    if (this.floats()) panel.root.setAttribute("role", "dialog");
    this.root.append(panel.root);
    return panel;
  }

  /** Say on the launcher whether an answer has come that nobody has looked at. @param {boolean} unseen */
  tell(unseen) {
    const { launcher } = this;
    const { open, answered } = this.words();
    const label = [this.setting("label") || open, unseen ? answered : ""].filter(Boolean).join(": ");
    launcher.classList.toggle("unseen-answer", unseen);
    launcher.setAttribute("aria-label", label);
    launcher.setAttribute("aria-expanded", "false");
    launcher.title = label;
  }

  /** Escape closes what is open, the innermost first, and nothing of the page. @param {KeyboardEvent} event */
  key(event) {
    if (event.defaultPrevented) return typeAnyway(event);
    if (event.key !== "Escape" || event.isComposing || !this.panel) return;
    if (this.panel.cards.close() || this.close()) event.preventDefault();
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

/**
 * Write the character of a key that the page has taken for a shortcut of its own: what it listens to before the widget does
 * can't see that the key was pressed in a field.
 *
 * @param {KeyboardEvent} event
 */
function typeAnyway(event) {
  const [field] = event.composedPath();
  if (!(field instanceof HTMLTextAreaElement) || event.key.length > 1 || event.metaKey || event.ctrlKey !== event.altKey) return;
  field.setRangeText(event.key, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input"));
}

function styles() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
  }
  return sheet;
}
