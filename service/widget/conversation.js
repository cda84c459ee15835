/**
 * A conversation: its turns, kept for as long as the tab lives, and the one question that is under way.
 *
 * @import { Answer, Failed, Passage, Place, Server, Turn } from "./types.js"
 */

import { json } from "./dom.js";
import { Failure, ask } from "./service.js";

/** Turns that are kept; the oldest go first. */
const KEPT = 200;

/** Milliseconds that what has changed may wait before it is kept: writing all of it takes longer than a sentence does. */
const KEEP_AFTER = 1_000;

/** Milliseconds after which a page that is gone back to sees what the page before it kept when it was left. */
const ARRIVES_AFTER = 100;

/** Times that a question is asked again by itself where the service says when to come back. */
const TRIES = 3;

/** @type {Map<string, Conversation>} */
const conversations = new Map();

/**
 * The conversation of that name: one on a page, so that it goes on while the elements that show it come and go.
 *
 * @param {Server} server
 * @param {string} name
 */
export function conversationOf(server, name) {
  const key = `${name} ${server.siteKey}`;
  const conversation = conversations.get(key) ?? new Conversation(server, name);
  conversations.set(key, conversation);
  return conversation;
}

export class Conversation extends EventTarget {
  /**
   * `change` events have the turn that changed as their `detail`, null where all are new.
   *
   * @param {Server} server
   * @param {string} name under which it is kept in this tab
   */
  constructor(server, name) {
    super();
    this.server = server;
    this.name = name;
    /** @type {Turn[]} */
    this.turns = restored(name);
    /** @type {AbortController | null} */
    this.asking = null;
    this.timer = 0;
    this.tries = 0;
    this.keeping = 0;
    window.addEventListener("pagehide", () => this.keep());
    window.addEventListener("pageshow", (event) => event.persisted && setTimeout(() => this.restore(), ARRIVES_AFTER));
  }

  /** @param {string} question */
  ask(question) {
    if (this.asking) return;
    this.forgetTimer();
    this.tries = 0;
    this.turns.push(asked(question));
    this.turns.splice(0, this.turns.length - KEPT);
    this.answer(this.turns[this.turns.length - 1]);
  }

  /**
   * Ask the question of `turn` again, in its place.
   *
   * @param {Turn} turn
   */
  retry(turn) {
    if (this.asking) return;
    this.forgetTimer();
    Object.assign(turn, asked(turn.question));
    this.answer(turn);
  }

  /** The page was gone back to, as it was left: what was asked on others since belongs to the conversation. */
  restore() {
    if (this.asking) return;
    this.turns = restored(this.name);
    this.changed(null);
  }

  stop() {
    this.forgetTimer();
    this.asking?.abort();
  }

  clear() {
    this.stop();
    this.turns = [];
    this.changed(null);
  }

  /** @param {Turn} turn */
  async answer(turn) {
    const asking = new AbortController();
    this.asking = asking;
    this.changed(turn);
    try {
      const before = this.turns.slice(0, this.turns.indexOf(turn));
      await ask(this.server, turn.question, before, this.listener(turn), asking.signal);
    } catch (error) {
      Object.assign(turn, { state: "failed", failure: error instanceof Failure ? error.failed : failed(error) });
      if (asking.signal.aborted) Object.assign(turn, { state: "stopped", failure: null });
    } finally {
      this.asking = null;
    }
    this.changed(turn);
    this.comeBack(turn);
  }

  /**
   * @param {Turn} turn
   * @returns {import("./service.js").Listener}
   */
  listener(turn) {
    return {
      sources: (event) => {
        Object.assign(turn, { id: event.id, sources: articles(event.passages) });
        this.changed(turn);
      },
      sentence: (event) => {
        turn.sentences.push({ text: event.text, citations: event.citations });
        turn.citations.push(...event.new_citations);
        this.changed(turn);
      },
      done: (answer) => void Object.assign(turn, settled(answer)),
    };
  }

  /**
   * Ask again when the service said that it can be asked again, a few times.
   *
   * @param {Turn} turn
   */
  comeBack(turn) {
    const seconds = turn.failure?.retryAfter ?? 0;
    if (!seconds || this.tries >= TRIES || this.turns.at(-1) !== turn) return;
    this.tries += 1;
    this.timer = window.setTimeout(() => this.retry(turn), seconds * 1000);
    this.changed(turn);
  }

  /**
   * Whether `turn` will be asked again by itself.
   *
   * @param {Turn} turn
   */
  comesBack(turn) {
    return this.timer !== 0 && this.turns.at(-1) === turn && turn.state === "failed";
  }

  forgetTimer() {
    window.clearTimeout(this.timer);
    this.timer = 0;
  }

  /** @param {Turn | null} turn */
  changed(turn) {
    this.keepSoon();
    this.dispatchEvent(new CustomEvent("change", { detail: turn }));
  }

  keepSoon() {
    if (!this.keeping) this.keeping = window.setTimeout(() => this.keep(), KEEP_AFTER);
  }

  /** What can't be kept is not missed before the next page: storage may be full or forbidden. */
  keep() {
    window.clearTimeout(this.keeping);
    this.keeping = 0;
    try {
      sessionStorage.setItem(this.name, json(this.turns));
    } catch {
      return;
    }
  }
}

/**
 * @param {string} question
 * @returns {Turn}
 */
function asked(question) {
  return {
    question,
    state: "asking",
    id: "",
    language: "",
    text: "",
    reason: "",
    sources: null,
    sentences: [],
    citations: [],
    conflicts: [],
    failure: null,
    rated: "",
  };
}

/**
 * The parts of a turn that the whole answer decides.
 *
 * @param {Answer} answer
 * @returns {Partial<Turn>}
 */
function settled(answer) {
  return {
    id: answer.id,
    state: answer.status,
    language: answer.language,
    text: answer.status === "refused" ? answer.answer : "",
    reason: answer.reason ?? "",
    sources: articles(answer.passages),
    sentences: answer.sentences,
    citations: answer.citations,
    conflicts: answer.conflicts,
  };
}

/**
 * The first place in each article.
 *
 * @param {Passage[]} passages
 * @returns {Place[]}
 */
function articles(passages) {
  const first = new Map();
  for (const { article_id, title, start, end } of passages) {
    if (!first.has(article_id)) first.set(article_id, { article_id, title, start, end });
  }
  return [...first.values()];
}

/**
 * @param {unknown} error
 * @returns {Failed}
 */
function failed(error) {
  return { kind: "broken", retryAfter: 0, detail: error instanceof Error ? error.message : "" };
}

/**
 * What was kept under `name`. A question that was under way when the page was left counts as cut off.
 *
 * @param {string} name
 * @returns {Turn[]}
 */
function restored(name) {
  try {
    const turns = JSON.parse(sessionStorage.getItem(name) ?? "[]");
    return turns.filter(isTurn).map((/** @type {Partial<Turn>} */ turn) => {
      const whole = { ...asked(""), ...turn };
      if (whole.state !== "asking") return whole;
      return { ...whole, state: "failed", failure: { kind: "cut", retryAfter: 0, detail: "" } };
    });
  } catch {
    return [];
  }
}

/**
 * Whether `kept` can be shown as a turn: the page, or an older widget, may have kept something else.
 *
 * @param {any} kept
 */
function isTurn(kept) {
  const lists = [kept?.sentences, kept?.citations, kept?.conflicts ?? [], kept?.sources ?? []];
  return typeof kept?.question === "string" && lists.every(Array.isArray);
}
