/**
 * Thumbs up and down, and what was wrong.
 *
 * @import { Conversation } from "./conversation.js"
 * @import { Turn } from "./types.js"
 * @import { Words } from "./words.js"
 */

import { element, iconButton } from "./dom.js";
import { rate } from "./service.js";

const COMMENT_CHARACTERS = 2_000;

/**
 * Two buttons that rate the answer of `turn`, and a form for a comment once it was rated; `said` tells how it went.
 *
 * @param {Conversation} conversation
 * @param {Turn} turn
 * @param {Words} words
 * @param {HTMLElement} said
 * @returns {HTMLElement[]}
 */
export function feedback(conversation, turn, words, said) {
  const form = element("div", { class: "comment", hidden: true });
  const up = iconButton("thumbUp", words.helpful, () => send("up", ""));
  const down = iconButton("thumbDown", words.notHelpful, () => send("down", ""));

  /**
   * @param {"up" | "down"} rated
   * @param {string} comment
   */
  async function send(rated, comment) {
    try {
      await rate(conversation.server, turn.id, rated === "up", comment);
    } catch {
      said.textContent = words.notRated;
      return;
    }
    const asks = rated === "down" && !comment;
    turn.rated = rated;
    conversation.keep();
    show();
    form.hidden = !asks;
    said.textContent = asks ? "" : words.thanks;
    if (asks) ask();
  }

  /** A field is made when it is needed: browsers look at every field of a page for what they could fill into it. */
  function ask() {
    if (!form.firstChild) form.append(...commentField(words, (comment) => send(turn.rated || "down", comment)));
    form.querySelector("textarea")?.focus();
  }

  function show() {
    up.setAttribute("aria-pressed", String(turn.rated === "up"));
    down.setAttribute("aria-pressed", String(turn.rated === "down"));
  }

  show();
  return [up, down, form];
}

/**
 * @param {Words} words
 * @param {(comment: string) => void} sent
 * @returns {HTMLElement[]}
 */
function commentField(words, sent) {
  const text = element("textarea", { rows: "2", maxlength: String(COMMENT_CHARACTERS), "aria-label": words.comment, placeholder: words.comment });
  const send = () => text.value.trim() && sent(text.value.trim());
  return [text, element("button", { type: "button", class: "plain", part: "button", click: send }, words.sendComment)];
}
