/**
 * What the service sends, as far as the widget reads it (docs/http.md has all of it), and what a conversation holds.
 *
 * @typedef {object} Citation
 * @property {number} label
 * @property {string} article_id
 * @property {string} title
 * @property {string | null} url
 * @property {string | null} published_at
 * @property {string} language
 * @property {number} start
 * @property {number} end
 * @property {string} quote
 * @property {string} prefix
 * @property {string} suffix
 * @property {string | null} fragment_url
 *
 * @typedef {object} Passage
 * @property {string} article_id
 * @property {string} title
 * @property {number} start
 * @property {number} end
 *
 * @typedef {object} Sentence
 * @property {string} text
 * @property {number[]} citations
 *
 * @typedef {object} Conflict
 * @property {string[]} values
 * @property {number[][]} citations
 * @property {("current" | "superseded" | "disputed")[]} status
 * @property {(string | null)[]} published_at
 *
 * @typedef {object} Answer
 * @property {string} id
 * @property {"answered" | "refused"} status
 * @property {string | null} reason
 * @property {string} answer
 * @property {string} language
 * @property {Sentence[]} sentences
 * @property {Citation[]} citations
 * @property {Passage[]} passages
 * @property {Conflict[]} conflicts
 *
 * @typedef {object} Place
 * @property {string} article_id
 * @property {string} title
 * @property {number} start
 * @property {number} end
 *
 * @typedef {"offline" | "unreachable" | "cut" | "busy" | "unready" | "limited" | "denied" | "late" | "wrong" | "broken"} FailureKind
 *
 * @typedef {object} Failed
 * @property {FailureKind} kind
 * @property {number} retryAfter Seconds until another try makes sense, 0 where the service named none.
 * @property {string} detail
 *
 * @typedef {object} Turn A question and what has come of it so far.
 * @property {string} question
 * @property {"asking" | "answered" | "refused" | "stopped" | "failed"} state
 * @property {string} id Names the answer to the service; empty until the service has named it.
 * @property {string} language
 * @property {string} text What a refusal says.
 * @property {string} reason
 * @property {Place[] | null} sources The articles that were found, best first; null until they are known.
 * @property {Sentence[]} sentences
 * @property {Citation[]} citations
 * @property {Conflict[]} conflicts
 * @property {Failed | null} failure
 * @property {"" | "up" | "down"} rated
 *
 * @typedef {object} Server Where questions go.
 * @property {string} base The address that paths are relative to; ends with a slash.
 * @property {string} siteKey
 */

export {};
