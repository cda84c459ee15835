/**
 * Talking to the service: one question as a stream of events, and what a failure means to whoever asked.
 *
 * @import { Answer, Citation, Failed, FailureKind, Passage, Server, Turn } from "./types.js"
 */

import { json } from "./dom.js";

/** Milliseconds without a byte after which a stream counts as cut. The service sends a comment every 15 seconds. */
const SILENCE = 45_000;

/** Milliseconds within which what the chat tells its readers has to come. */
const SOON = 10_000;

/** Turns of the conversation that go with a question; the service takes up to 20 messages of 8,000 characters. */
const HISTORY = 6;
const HISTORY_CHARACTERS = 8_000;

/** @type {Record<number, FailureKind>} */
const KINDS = { 401: "denied", 403: "denied", 408: "cut", 429: "limited", 502: "unreachable", 503: "unready", 504: "late" };

/** Problems of the service that pass as soon as fewer ask. */
const BUSY = /:(busy|too-many-connections)$/;

/** Seconds after which a service that can't answer, a starting one say, is asked again where it names none. */
const UNREADY = 5;

/** Something that kept a question from being answered. */
export class Failure extends Error {
  /**
   * @param {FailureKind} kind
   * @param {string} [detail]
   * @param {number} [retryAfter] seconds
   */
  constructor(kind, detail = "", retryAfter = 0) {
    super(detail || kind);
    /** @type {Failed} */
    this.failed = { kind, detail, retryAfter };
  }
}

/**
 * @typedef {object} Listener
 * @property {(event: { id: string, passages: Passage[] }) => void} sources
 * @property {(event: { text: string, citations: number[], new_citations: Citation[] }) => void} sentence
 * @property {(answer: Answer) => void} done
 */

/**
 * Ask `question` and tell `listener` what comes. Returns when `done` was told; raises a `Failure` otherwise, and an
 * `AbortError` where `signal` stopped it.
 *
 * @param {Server} server
 * @param {string} question
 * @param {Turn[]} before the conversation so far
 * @param {Listener} listener
 * @param {AbortSignal} signal
 */
export async function ask(server, question, before, listener, signal) {
  const silence = new AbortController();
  const response = await post(server, "v1/ask", { question, history: history(before) }, AbortSignal.any([signal, silence.signal]), "text/event-stream");
  try {
    for await (const { name, data } of events(response, silence)) {
      if (name === "sources") listener.sources(decoded(data));
      else if (name === "sentence") listener.sentence(decoded(data));
      else if (name === "done") return listener.done(decoded(data));
      else if (name === "error") throw problem(decoded(data), 0);
    }
  } catch (error) {
    if (signal.aborted || error instanceof Failure) throw error;
    throw new Failure(navigator.onLine ? "cut" : "offline");
  }
  throw new Failure("cut");
}

/**
 * Tell the service whether an answer helped. Raises a `Failure`.
 *
 * @param {Server} server
 * @param {string} answer
 * @param {boolean} helpful
 * @param {string} comment
 */
export async function rate(server, answer, helpful, comment) {
  await post(server, "v1/feedback", { answer_id: answer, helpful, ...(comment ? { comment } : {}) }, AbortSignal.timeout(SILENCE), "application/json");
}

/**
 * For how many days the service keeps what is asked and answered, 0 where it doesn't, null where it can't be asked.
 *
 * @param {Server} server
 * @param {Record<string, string>} [headers]
 * @returns {Promise<number | null>}
 */
export async function keptDays(server, headers = {}) {
  try {
    const response = await fetch(`${server.base}widget.json`, { headers, credentials: "omit", signal: AbortSignal.timeout(SOON) });
    return response.ok ? Number((await response.json()).kept_days) : null;
  } catch {
    return null;
  }
}

/**
 * The page of an article at the service, at the characters `start` to `end`. A page that is gone to can't be sent a
 * header, so the site key, which is no secret, is in its address.
 *
 * @param {Server} server
 * @param {{ article_id: string, start: number, end: number }} place
 */
export function articlePage(server, place) {
  const key = server.siteKey ? `&site-key=${encodeURIComponent(server.siteKey)}` : "";
  return `${server.base}articles/${encodeURIComponent(place.article_id)}?mark=${place.start}-${place.end}${key}#mark`;
}

/**
 * @param {Server} server
 * @param {string} path
 * @param {object} body
 * @param {AbortSignal} signal
 * @param {string} accept
 */
async function post(server, path, body, signal, accept) {
  /** @type {Record<string, string>} */
  const headers = { "Content-Type": "application/json", Accept: accept };
  if (server.siteKey) headers.Authorization = `Bearer ${server.siteKey}`;
  const request = { method: "POST", headers, body: json(body), signal, credentials: /** @type {const} */ ("omit") };
  let response;
  try {
    response = await fetch(server.base + path, request);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Failure(!navigator.onLine ? "offline" : (await turnsAway(server, headers)) ? "denied" : "unreachable");
  }
  if (response.ok) return response;
  const failure = problem(await response.json().catch(() => ({})), response.status, seconds(response));
  if (failure.failed.kind === "denied") console.warn(`Fundstelle: ${failure.failed.detail}`);
  throw failure;
}

/**
 * Whether the service can be reached, but not from pages of this origin. A browser doesn't tell the one from the other;
 * what anybody may read does, asked for without a key and with it.
 *
 * @param {Server} server
 * @param {Record<string, string>} headers
 */
async function turnsAway(server, headers) {
  const open = await keptDays(server);
  const keyed = await keptDays(server, { Authorization: headers.Authorization ?? "" });
  if (open === null || keyed !== null) return false;
  console.warn(`Fundstelle: no site key of ${server.base} is for pages of the origin "${self.origin}". scripts/keys.py makes one.`);
  return true;
}

/**
 * @param {any} document a problem document, as far as it is one
 * @param {number} status
 * @param {number} [retryAfter] seconds
 */
function problem(document, status, retryAfter = 0) {
  const code = Number(document?.status) || status;
  const kind = KINDS[code] ?? (code >= 400 && code < 500 ? "wrong" : "broken");
  const detail = typeof document?.detail === "string" ? document.detail : "";
  return new Failure(kind === "unready" && BUSY.test(document?.type) ? "busy" : kind, detail, retryAfter);
}

/**
 * After how many seconds it is worth asking again, 0 where it isn't.
 *
 * @param {Response} response
 */
function seconds(response) {
  const named = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return named > 0 ? named : response.status === 503 ? UNREADY : 0;
}

/**
 * The server-sent events of a response. Raises where nothing comes for too long.
 *
 * @param {Response} response
 * @param {AbortController} silence
 */
async function* events(response, silence) {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const timer = setTimeout(() => silence.abort(), SILENCE);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const event = parsed(block);
        if (event.data) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** @param {string} block */
function parsed(block) {
  const event = { name: "message", data: "" };
  for (const line of block.split(/\r?\n/)) {
    const [, field, value] = /^([a-z]+): ?(.*)$/s.exec(line) ?? [];
    if (field === "event") event.name = value;
    else if (field === "data") event.data += (event.data && "\n") + value;
  }
  return event;
}

/**
 * @param {string} data
 * @returns {any}
 */
function decoded(data) {
  try {
    return JSON.parse(data);
  } catch {
    throw new Failure("cut");
  }
}

/** @param {Turn[]} turns */
function history(turns) {
  const answered = turns.filter((turn) => turn.state === "answered").slice(-HISTORY);
  return answered.flatMap((turn) => [
    { role: "user", content: turn.question.slice(0, HISTORY_CHARACTERS) },
    { role: "assistant", content: turn.sentences.map((sentence) => sentence.text).join(" ").slice(0, HISTORY_CHARACTERS) },
  ]);
}
