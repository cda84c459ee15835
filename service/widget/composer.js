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
   * @param {(question: string) => void} ask
   * @param {() => void} stop
   */
  constructor(words, ask, stop) {
    this.words = words;
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
    this.button = element("button", { type: "submit", class: "send", part: "send" });
    this.root = element("form", { class: "composer", part: "composer" }, this.text, this.button);
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.busy) return stop();
      const question = this.text.value.trim();
      if (!question) return this.text.focus();
      this.text.value = "";
      this.fit();
      ask(question);
    });
    this.busy = false;
    this.show(false);
  }

  /** @param {boolean} busy whether a question is under way: the button stops it then */
  show(busy) {
    if (this.busy === busy && this.button.firstChild) return;
    this.busy = busy;
    const label = busy ? this.words.stop : this.words.send;
    this.button.setAttribute("aria-label", label);
    this.button.title = label;
    this.button.replaceChildren(icon(busy ? "stop" : "send"));
  }

  focus() {
    this.text.focus({ preventScroll: true });
  }

  /** As high as the question, within what the style sheet allows. */
  fit() {
    this.text.style.blockSize = "auto";
    this.text.style.blockSize = `${this.text.scrollHeight + 2}px`;
  }

  /**
   * Enter asks, Shift and Enter is a new line; an input method's Enter is its own.
   *
   * @param {KeyboardEvent} event
   */
  key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!this.busy) this.root.requestSubmit();
  }
}
