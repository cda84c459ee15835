/**
 * One turn on the screen. What is shown already is never built again: sentences are added as they come.
 *
 * @import { Cards } from "./citation.js"
 * @import { Conversation } from "./conversation.js"
 * @import { Citation, Conflict, Turn } from "./types.js"
 * @import { Words } from "./words.js"
 */

import { copied, element, iconButton } from "./dom.js";
import { feedback } from "./feedback.js";
import { articlePage } from "./service.js";
import { dayIn } from "./words.js";

export class TurnView {
  /**
   * @param {Turn} turn
   * @param {Conversation} conversation
   * @param {Cards} cards
   * @param {Words} words
   * @param {boolean} rates whether answers can be rated
   */
  constructor(turn, conversation, cards, words, rates) {
    this.turn = turn;
    this.conversation = conversation;
    this.cards = cards;
    this.words = words;
    this.rates = rates;
    this.shown = 0;
    this.state = "";
    this.sources = element("div", { class: "sources" });
    this.answer = element("p", { class: "answer", part: "answer", dir: "auto" });
    this.progress = element("p", { class: "progress" });
    this.end = element("div", { class: "end" });
    this.root = element(
      "article",
      { class: "turn", part: "turn" },
      element("h3", { class: "question", part: "question", dir: "auto" }, element("span", { class: "unseen" }, `${words.you}: `), turn.question),
      element("div", { class: "body" }, this.sources, this.answer, this.progress, this.end),
    );
    this.update();
  }

  /** Show what has changed since the last time. */
  update() {
    const { turn, words } = this;
    if (turn.sentences.length < this.shown) this.restart();
    if (turn.sources && !this.sources.firstChild) this.sources.append(this.found());
    for (const sentence of turn.sentences.slice(this.shown)) this.add(sentence.text, sentence.citations);
    this.shown = turn.sentences.length;
    this.progress.hidden = turn.state !== "asking";
    this.progress.textContent = turn.sources ? words.reading : words.searching;
    if (turn.language) this.answer.lang = turn.language;
    const state = turn.state + (this.conversation.comesBack(turn) ? " again" : "");
    if (state === this.state) return;
    if (turn.state === "asking" && this.state) this.restart();
    this.state = state;
    this.root.dataset.state = turn.state;
    this.end.replaceChildren(...this.ending());
  }

  /** Forget what is shown: the question is asked again. */
  restart() {
    this.cards.close();
    this.shown = 0;
    this.sources.replaceChildren();
    this.answer.replaceChildren();
  }

  found() {
    const { turn, words } = this;
    const places = turn.sources ?? [];
    if (!places.length) return element("p", {}, words.nothingFound);
    const items = places.map((place) =>
      element("li", { dir: "auto" }, element("a", { href: articlePage(this.conversation.server, place), target: "_blank", rel: "noopener noreferrer" }, place.title || place.article_id)),
    );
    return element("details", { part: "sources" }, element("summary", {}, element("bdi", {}, words.sources(places.length))), element("ul", {}, ...items));
  }

  /**
   * @param {string} text
   * @param {number[]} labels
   */
  add(text, labels) {
    this.answer.append(element("span", { class: "sentence" }, text, ...this.marks(labels)), " ");
  }

  /** @param {number[]} labels */
  marks(labels) {
    const { citations } = this.turn;
    const cited = labels.map((label) => citations.find((citation) => citation.label === label)).filter((citation) => citation !== undefined);
    return cited.length ? [element("span", { class: "marks" }, "\u2060", ...cited.map((citation) => this.cards.mark(citation)))] : [];
  }

  /**
   * A text in which labels stand in brackets, with marks in their place.
   *
   * @param {string} text
   * @returns {(Node | string)[]}
   */
  marked(text) {
    /** @param {string} piece */
    const shown = (piece) => {
      const label = /^\[(\d+)\]$/.exec(piece);
      const marks = label ? this.marks([Number(label[1])]) : [];
      return marks.length ? marks : [label ? ` ${piece}` : piece];
    };
    return text.split(/ ?(\[\d+\])/).flatMap(/** @type {(piece: string) => (Node | string)[]} */ (shown));
  }

  /** What stands below the sentences. */
  ending() {
    const { turn, words } = this;
    if (turn.state === "asking") return [];
    if (turn.state === "failed") return [this.failure()];
    if (turn.state === "stopped") return [element("p", { class: "note" }, words.stopped, this.again())];
    return [...this.refusal(), ...turn.conflicts.map((conflict) => this.conflict(conflict)), this.actions()];
  }

  refusal() {
    const { turn, words } = this;
    if (turn.state !== "refused" || turn.sentences.length) return [];
    const text = element("p", { lang: turn.language, dir: "auto" }, ...this.marked(turn.text || words.refused));
    return [element("div", { class: "refusal", part: "refusal" }, text)];
  }

  /** @param {Conflict} conflict */
  conflict(conflict) {
    const { words } = this;
    const values = conflict.values.map((value, place) =>
      element(
        "li",
        { "data-standing": conflict.status[place] ?? "disputed" },
        element("strong", { dir: "auto" }, value),
        ...this.marks(conflict.citations[place] ?? []),
        ...[words.standing[conflict.status[place] ?? "disputed"], this.day(conflict.published_at[place])].filter(Boolean).map((fact) => element("small", {}, fact)),
      ),
    );
    return element("section", { class: "conflict", part: "conflict" }, element("h4", {}, words.conflicts), element("ul", {}, ...values));
  }

  /** @param {string | null | undefined} day */
  day(day) {
    return day ? dayIn(day, this.cards.language) : "";
  }

  failure() {
    const { turn, words } = this;
    const kind = turn.failure?.kind ?? "broken";
    const detail = kind === "wrong" && turn.failure?.detail ? ` ${turn.failure.detail}` : "";
    const coming = this.conversation.comesBack(turn) ? [this.countdown(turn.failure?.retryAfter ?? 0)] : [];
    return element("div", { class: "failure", part: "failure" }, element("p", {}, words.failures[kind] + detail), ...coming, this.again());
  }

  /** @param {number} seconds */
  countdown(seconds) {
    const line = element("p", { class: "countdown" }, this.words.retryIn(seconds));
    const ends = Date.now() + seconds * 1000;
    const timer = setInterval(() => {
      line.textContent = this.words.retryIn(Math.max(0, Math.round((ends - Date.now()) / 1000)));
      if (!line.isConnected || Date.now() > ends) clearInterval(timer);
    }, 1000);
    return line;
  }

  again() {
    const { conversation, turn, words } = this;
    const label = conversation.comesBack(turn) ? words.retryNow : words.retry;
    return element("button", { type: "button", class: "plain", part: "button", click: () => conversation.retry(turn) }, label);
  }

  actions() {
    const { turn, words } = this;
    const said = element("span", { class: "said", role: "status" });
    const copy = iconButton("copy", words.copy, async () => {
      said.textContent = (await copied(plain(turn, this.cards.language))) ? words.copied : words.notCopied;
    });
    return element("div", { class: "actions" }, copy, ...(this.rates && turn.id ? feedback(this.conversation, turn, words, said) : []), said);
  }
}

/**
 * An answer with its sources as plain text.
 *
 * @param {Turn} turn
 * @param {string} language
 */
export function plain(turn, language) {
  const sentences = turn.sentences.map((sentence) => sentence.text + sentence.citations.map((label) => ` [${label}]`).join(""));
  const sources = turn.citations.map((citation) => `[${citation.label}] ${source(citation, language)}`);
  return [turn.question, "", turn.sentences.length ? sentences.join(" ") : turn.text, ...(sources.length ? ["", ...sources] : [])].join("\n");
}

/**
 * @param {Citation} citation
 * @param {string} language
 */
function source(citation, language) {
  const day = citation.published_at ? dayIn(citation.published_at, language) : "";
  return `${[citation.title, day, citation.url ?? ""].filter(Boolean).join(", ")}: “${citation.quote}”`;
}
