/**
 * Citation marks, and the card that shows what one stands for: the quote in its context, and the ways to its article.
 *
 * @import { Citation, Server } from "./types.js"
 * @import { Words } from "./words.js"
 */

import { element, webAddress } from "./dom.js";
import { articlePage } from "./service.js";
import { dayIn, languageName } from "./words.js";

/** Milliseconds: a card waits for a pointer that only passes by, and for one on its way into the card. */
const SHOW_AFTER = 120;
const HIDE_AFTER = 300;

/** Pixels between a card and its mark, and the end of the room that it has. */
const GAP = 4;

const ELSEWHERE = { target: "_blank", rel: "noopener noreferrer" };

/** The cards of one panel, of which one at a time is open. */
export class Cards {
  /**
   * @param {Server} server
   * @param {Words} words
   * @param {string} language of the interface
   */
  constructor(server, words, language) {
    this.server = server;
    this.words = words;
    this.language = language;
    /** @type {{ mark: HTMLElement, card: HTMLElement, pinned: boolean } | null} */
    this.open = null;
    this.timer = 0;
    this.returning = false;
  }

  /**
   * A mark that shows its card while it is pointed at or has the focus, and keeps it where it is pressed.
   *
   * @param {Citation} citation
   */
  mark(citation) {
    const label = this.words.quote(citation.label);
    const mark = element("button", { type: "button", class: "mark", part: "mark", "aria-label": label, "aria-expanded": "false" }, String(citation.label));
    const show = () => this.show(mark, citation);
    mark.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.later(show, SHOW_AFTER));
    mark.addEventListener("pointerleave", () => this.hideSoon());
    mark.addEventListener("focus", () => {
      if (!mark.matches(":focus-visible") || this.returning) return;
      show();
      this.reveal();
    });
    mark.addEventListener("blur", (event) => this.left(event));
    mark.addEventListener("click", () => this.press(mark, citation));
    return mark;
  }

  /** Close the open card; whether there was one. Its mark gets the focus that was inside it. */
  close() {
    window.clearTimeout(this.timer);
    if (!this.open) return false;
    const { mark, card } = this.open;
    const inside = card.contains(focused(card));
    this.open = null;
    mark.setAttribute("aria-expanded", "false");
    card.remove();
    if (inside) this.focus(mark);
    return true;
  }

  /**
   * Give the focus back to `mark`, which doesn't open its card again.
   *
   * @param {HTMLElement} mark
   */
  focus(mark) {
    this.returning = true;
    mark.focus();
    this.returning = false;
  }

  /**
   * @param {HTMLElement} mark
   * @param {Citation} citation
   */
  press(mark, citation) {
    if (this.open?.mark === mark && this.open.pinned) return void this.close();
    this.show(mark, citation);
    this.reveal();
    if (this.open) this.open.pinned = true;
  }

  /** Give the open card the room that it needs below its mark: scroll the conversation as far as the mark stays seen. */
  reveal() {
    if (!this.open?.card.style.maxBlockSize) return;
    const { card, mark } = this.open;
    const log = /** @type {HTMLElement} */ (mark.closest(".log"));
    const room = log.getBoundingClientRect();
    card.style.maxBlockSize = "";
    card.style.insetBlockStart = `${mark.offsetTop + mark.offsetHeight + GAP}px`;
    const hidden = card.getBoundingClientRect().bottom + GAP - room.bottom;
    log.scrollTop += Math.min(hidden, mark.getBoundingClientRect().top - room.top - GAP);
    place(card, mark);
  }

  /**
   * @param {HTMLElement} mark
   * @param {Citation} citation
   */
  show(mark, citation) {
    window.clearTimeout(this.timer);
    if (this.open?.mark === mark) return;
    this.close();
    const card = this.card(citation);
    this.open = { mark, card, pinned: false };
    mark.setAttribute("aria-expanded", "true");
    mark.after(card);
    place(card, mark);
  }

  /** @param {Citation} citation */
  card(citation) {
    const { words, language } = this;
    const about = [citation.published_at ? dayIn(citation.published_at, language) : "", inLanguage(citation, words, language)];
    const original = webAddress(citation.fragment_url) ?? webAddress(citation.url);
    return element(
      "span",
      {
        class: "card",
        part: "card",
        role: "group",
        "aria-label": words.quote(citation.label),
        pointerenter: () => window.clearTimeout(this.timer),
        pointerleave: () => this.hideSoon(),
        focusout: (/** @type {FocusEvent} */ event) => this.left(event),
      },
      element("strong", { dir: "auto" }, citation.title),
      element("small", {}, about.filter(Boolean).join(" · ")),
      element("q", { lang: citation.language, dir: "auto" }, `${aroundQuote(citation.prefix)} `, element("mark", {}, citation.quote), ` ${goesOn(aroundQuote(citation.suffix))}`),
      element(
        "span",
        { class: "ways" },
        element("a", { href: articlePage(this.server, citation), ...ELSEWHERE }, words.inArticle),
        ...(original ? [element("a", { href: original, ...ELSEWHERE }, words.original)] : []),
      ),
    );
  }

  hideSoon() {
    this.later(() => this.open && !this.open.pinned && !this.holdsFocus() && this.close(), HIDE_AFTER);
  }

  /**
   * The focus has left a mark or its card: the card goes unless the focus is in the other of the two.
   *
   * @param {FocusEvent} event
   */
  left(event) {
    const to = /** @type {Node | null} */ (event.relatedTarget);
    if (this.open && to && to !== this.open.mark && !this.open.card.contains(to)) this.close();
  }

  holdsFocus() {
    if (!this.open) return false;
    const at = focused(this.open.card);
    return at === this.open.mark || this.open.card.contains(at);
  }

  /**
   * @param {() => void} call
   * @param {number} milliseconds
   */
  later(call, milliseconds) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(call, milliseconds);
  }
}

/**
 * Below the mark, or above it where it doesn't fit below and there is more room; no higher than that room.
 *
 * @param {HTMLElement} card
 * @param {HTMLElement} mark
 */
function place(card, mark) {
  const room = /** @type {HTMLElement} */ (mark.closest(".log")).getBoundingClientRect();
  const at = mark.getBoundingClientRect();
  const [below, over] = [room.bottom - at.bottom - GAP, at.top - room.top - GAP];
  const above = card.offsetHeight > below && over > below;
  if (card.offsetHeight > (above ? over : below)) card.style.maxBlockSize = `${above ? over : below}px`;
  card.style.insetBlockStart = `${mark.offsetTop + (above ? -card.offsetHeight - GAP : mark.offsetHeight + GAP)}px`;
}

/** What stands around a quote, without the marks of Markdown for headings and bold. @param {string} around */
function aroundQuote(around) {
  return around.replace(/(^|\s)#{1,6} /g, "$1").replaceAll("**", "");
}

/** What stands behind a quote, with a sign where it is cut off within a sentence. @param {string} behind */
function goesOn(behind) {
  return /[\p{L}\p{N},;:–-]$/u.test(behind) ? `${behind} …` : behind;
}

/** @param {Node} within */
function focused(within) {
  return /** @type {ShadowRoot} */ (within.getRootNode()).activeElement;
}

/**
 * @param {Citation} citation
 * @param {Words} words
 * @param {string} language
 */
function inLanguage(citation, words, language) {
  if (!citation.language || citation.language === "und" || language.startsWith(citation.language)) return "";
  return words.language(languageName(citation.language, language));
}
