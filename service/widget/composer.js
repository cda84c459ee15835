/**
 * Where a question is written.
 *
 * @import { Words } from "./words.js"
 */

import { element, icon } from "./dom.js";

const QUESTION_CHARACTERS = 2_000;

export class Composer {
  /**
   * @param {Words} words
   * @param {{ ask: (question: string) => void, stop: () => void, last: () => string }} doing `last` is the question before
   */
  constructor(words, doing) {
    this.words = words;
    this.doing = doing;
    this.text = element("textarea", {
      rows: "1",
      maxlength: String(QUESTION_CHARACTERS),
      "aria-label": words.placeholder,
      placeholder: words.placeholder,
      enterkeyhint: "send",
      part: "input",
      dir: "auto",
      input: () => this.fit(),
      keydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
    });
    this.button = element("button", { type: "button", class: "send", part: "send", click: () => (this.busy ? doing.stop() : this.send()) });
    // no form: a frame that is sandboxed without `allow-forms` sends none
    this.root = element("div", { class: "composer", part: "composer" }, this.text, this.button);
    this.busy = false;
    this.show(false);
  }

  send() {
    const question = this.text.value.trim();
    if (!question) return this.text.focus();
    this.write("");
    this.doing.ask(question);
  }

  /** @param {boolean} busy whether a question is under way: the button stops it then */
  show(busy) {
    if (this.busy === busy && this.button.firstChild) return;
    this.busy = busy;
    const label = busy ? this.words.stop : this.words.send;
    this.button.setAttribute("aria-label", label);
    this.button.title = label;
    this.button.classList.toggle("stop", busy);
    this.button.replaceChildren(icon(busy ? "stop" : "send"));
  }

  focus() {
    this.text.focus({ preventScroll: true });
  }

  /** Go on with what was written into `other`. @param {Composer} other */
  take(other) {
    this.write(other.text.value);
  }

  /** @param {string} text */
  write(text) {
    this.text.value = text;
    this.fit();
  }

  /** As high as the question, within what the style sheet allows. */
  fit() {
    this.text.style.blockSize = "auto";
    this.text.style.blockSize = `${this.text.scrollHeight + 2}px`;
  }

  /**
   * Enter asks, Shift and Enter is a new line; an input method's Enter is its own. The arrow up in an empty field brings
   * the question before back.
   *
   * @param {KeyboardEvent} event
   */
  key(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowUp" && !this.text.value) this.write(this.doing.last());
    else if (event.key !== "Enter" || event.shiftKey) return;
    else if (!this.busy) this.send();
    event.preventDefault();
  }
}
