/**
 * The conversation on the screen: its turns, what to begin with, and where to write.
 *
 * @import { Conversation } from "./conversation.js"
 * @import { Turn } from "./types.js"
 * @import { Words } from "./words.js"
 */

import { Cards } from "./citation.js";
import { Composer } from "./composer.js";
import { copied, element, icon, iconButton } from "./dom.js";
import { keptDays } from "./service.js";
import { TurnView, plain } from "./turn.js";

/** Pixels from the end within which the view is at the end. */
const NEAR = 80;

/** Pixels above a turn that the view is put to the beginning of. */
const ABOVE = 12;

/** Milliseconds for which a button shows that it has done its work. */
const DONE = 1_800;

export class Panel {
  /**
   * @param {Conversation} conversation
   * @param {Words} words
   * @param {{ language: string, heading: string, greeting: string, suggestions: string[], rates: boolean, close: (() => void) | null, answered: () => void }} options
   */
  constructor(conversation, words, options) {
    this.conversation = conversation;
    this.words = words;
    this.options = options;
    this.cards = new Cards(conversation.server, words, options.language);
    /** @type {Map<Turn, TurnView>} */
    this.views = new Map();
    this.composer = new Composer(words, {
      ask: (question) => conversation.ask(question),
      stop: () => conversation.stop(),
      last: () => conversation.turns.at(-1)?.question ?? "",
    });
    this.tools = this.header();
    this.newest = iconButton("down", words.newest, () => this.toEnd(), "newest");
    this.newest.classList.add("newest");
    this.newest.hidden = true;
    this.beginning = this.opening();
    this.log = element("div", { class: "log", part: "log", role: "log", "aria-live": "off", "aria-label": this.heading(), tabindex: "0" }, this.beginning);
    this.status = element("p", { class: "unseen", role: "status" });
    this.root = element("section", { class: "panel", part: "panel", "aria-label": this.heading() }, this.tools, this.log, element("div", { class: "edge" }, this.newest), this.composer.root, this.status);
    /** Whether the end of the log is where the reader is, so that the view follows it. */
    this.following = true;
    this.frame = 0;
    this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.root.addEventListener("pointerdown", (event) => this.pressed(event));
    /** @param {Event} event */
    this.hear = (event) => this.changed(/** @type {CustomEvent<Turn | null>} */ (event).detail);
    conversation.addEventListener("change", this.hear);
    this.rebuild();
    this.composer.show(conversation.asking !== null);
    keptDays(conversation.server).then((days) => this.kept(days));
  }

  /**
   * Tell the reader that what they ask is kept; where nothing is, nothing can be said of an answer either.
   *
   * @param {number | null} days
   */
  kept(days) {
    if (days) this.beginning.append(element("p", { class: "kept" }, this.words.kept(days)));
    if (days !== 0 || !this.options.rates) return;
    this.options.rates = false;
    this.rebuild();
  }

  /** Put the focus where a question is written; by touch not there, where it would bring up a keyboard over what is read. */
  focus() {
    if (matchMedia("(hover: none)").matches) this.log.focus({ preventScroll: true });
    else this.composer.focus();
  }

  /** Show nothing more of the conversation: this panel goes off the page. */
  leave() {
    this.cards.close();
    this.conversation.removeEventListener("change", this.hear);
  }

  heading() {
    return this.options.heading || this.words.title;
  }

  header() {
    const { words, options } = this;
    const fresh = iconButton("fresh", words.fresh, () => {
      this.conversation.clear();
      this.composer.focus();
    });
    const all = iconButton("copy", words.copyAll, async () => {
      const text = this.conversation.turns.map((turn) => plain(turn, options.language)).join("\n\n\n");
      this.done(all, (await copied(text)) ? words.copied : words.notCopied);
    });
    for (const button of [all, fresh]) button.classList.add("of-turns");
    const close = options.close ? [this.widener(), iconButton("close", words.close, options.close)] : [];
    return element("header", { part: "header" }, element("h2", { dir: "auto" }, this.heading()), all, fresh, ...close);
  }

  /** What makes the panel of a launcher large, and small again. */
  widener() {
    const button = iconButton("wide", this.words.wide, () => {
      button.setAttribute("aria-pressed", String(this.root.classList.toggle("wide")));
      this.toLast();
    });
    button.setAttribute("aria-pressed", "false");
    button.classList.add("widener");
    return button;
  }

  /** @param {HTMLElement} button @param {string} said */
  done(button, said) {
    const before = button.firstElementChild ?? "";
    this.say(said);
    button.replaceChildren(icon(said === this.words.copied ? "done" : "close"));
    setTimeout(() => button.replaceChildren(before), DONE);
  }

  opening() {
    const { words, options } = this;
    const suggestions = options.suggestions.map((question) =>
      element("li", {}, element("button", { type: "button", class: "suggestion", part: "suggestion", dir: "auto", click: () => this.conversation.ask(question) }, question)),
    );
    const list = suggestions.length ? [element("p", { class: "try" }, words.tryThese), element("ul", {}, ...suggestions)] : [];
    return element("div", { class: "opening" }, element("p", { class: "greeting", dir: "auto" }, options.greeting || words.greeting), ...list);
  }

  /** @param {Turn | null} turn */
  changed(turn) {
    const view = turn && this.views.get(turn);
    if (!turn) this.rebuild();
    else if (view) view.update();
    else this.add(turn);
    this.follow();
    this.composer.show(this.conversation.asking !== null);
    if (turn) this.announce(turn);
    if (turn && !this.conversation.asking) this.options.answered();
  }

  /** Say that an answer has begun and, in whole, that it has ended; nothing in between. */
  announce(/** @type {Turn} */ turn) {
    const { words, conversation } = this;
    if (turn.state === "asking") this.say(words.searching);
    else if (conversation.asking) return;
    else if (turn.state === "failed") this.say(words.failures[turn.failure?.kind ?? "broken"]);
    else if (turn.state === "stopped") this.say(words.stopped);
    else this.say(turn.sentences.map((sentence) => sentence.text).join(" ") || turn.text || words.ready);
  }

  /** @param {string} text */
  say(text) {
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  /** @param {Turn} turn */
  add(turn) {
    this.cards.close();
    this.forget();
    const view = this.view(turn);
    this.log.append(view.root);
    this.begun();
    // not scrollIntoView, which would scroll the page as well
    this.log.scrollTop = this.lastTop();
  }

  /** Take off the screen what the conversation no longer holds: its oldest turns. */
  forget() {
    const kept = new Set(this.conversation.turns);
    for (const [turn, view] of this.views) {
      if (kept.has(turn)) continue;
      view.root.remove();
      this.views.delete(turn);
    }
  }

  /** @param {Turn} turn */
  view(turn) {
    const view = new TurnView(turn, this.conversation, this.cards, this.words, this.options.rates);
    this.views.set(turn, view);
    return view;
  }

  /** Show the conversation as it is, whatever was shown before. */
  rebuild() {
    this.cards.close();
    this.views.clear();
    this.begun();
    this.log.replaceChildren(this.beginning, ...this.conversation.turns.map((turn) => this.view(turn).root));
    this.toLast();
  }

  /** Show what belongs to a conversation that has begun, or to one that has not. */
  begun() {
    const any = this.conversation.turns.length > 0;
    this.beginning.hidden = any;
    this.root.classList.toggle("begun", any);
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  /** Show the last turn: its end, but not without its beginning, and of no conversation the beginning. */
  toLast() {
    this.log.scrollTop = Math.min(this.log.scrollHeight, this.lastTop());
  }

  /** How far down in the log the last turn begins, in pixels. */
  lastTop() {
    const { log } = this;
    const last = this.conversation.turns.length ? log.lastElementChild : null;
    return last ? log.scrollTop + last.getBoundingClientRect().top - log.getBoundingClientRect().top - ABOVE : 0;
  }

  scrolled() {
    const { log } = this;
    this.following = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    this.newest.hidden = this.following;
  }

  /**
   * Follow an answer that grows with the next frame, if its end is where the reader is: looking at each change takes too
   * long. An answer that is higher than the view stays at its beginning, where it is being read, until the reader goes on.
   */
  follow() {
    if (!this.following || this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.log.scrollTop > this.lastTop() + 1) this.toEnd();
      else this.toLast();
      this.scrolled();
    });
  }

  /** @param {PointerEvent} event */
  pressed(event) {
    const open = this.cards.open;
    if (open && !event.composedPath().some((node) => node === open.card || node === open.mark)) this.cards.close();
  }
}

