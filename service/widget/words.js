/** @typedef {typeof ENGLISH} Words What the widget itself says, in one language. */

const ENGLISH = {
  title: "Ask the articles",
  open: "Open the chat",
  close: "Close",
  answered: "there is an answer",
  fresh: "New conversation",
  copyAll: "Copy the conversation",
  wide: "Large window",
  newest: "To the end",
  greeting: "Every sentence of an answer shows where it stands in the articles. What they don't say is not answered.",
  tryThese: "For example",
  kept: (/** @type {number} */ days) => `Questions and answers are kept for ${days === 1 ? "a day" : `${days} days`}, so that answers can get better.`,
  placeholder: "Your question",
  send: "Ask",
  stop: "Stop",
  you: "You asked",
  searching: "Searching the articles …",
  reading: "Reading what was found …",
  ready: "The answer is there.",
  sources: (/** @type {number} */ count) => (count === 1 ? "1 article found" : `${count} articles found`),
  nothingFound: "No article found",
  refused: "The articles don't answer this.",
  quote: (/** @type {number} */ label) => `Source ${label}`,
  inArticle: "Read in the article",
  original: "Original",
  conflicts: "The articles disagree",
  standing: { current: "latest report", superseded: "superseded", disputed: "disputed" },
  stopped: "Stopped.",
  retry: "Try again",
  retryNow: "Try now",
  retryIn: (/** @type {number} */ seconds) => `Next try in ${seconds} s`,
  copy: "Copy with sources",
  copied: "Copied",
  notCopied: "Copying is not allowed here",
  helpful: "Helpful",
  notHelpful: "Not helpful",
  comment: "What was wrong or missing?",
  sendComment: "Send",
  thanks: "Thank you.",
  notRated: "That could not be sent.",
  language: (/** @type {string} */ name) => `in ${name}`,
  failures: {
    offline: "You seem to be offline.",
    unreachable: "The service can't be reached.",
    cut: "The connection broke off before the answer was complete.",
    busy: "Many questions are being answered right now.",
    unready: "The service is not available right now.",
    limited: "You have asked many questions in a short time.",
    denied: "This page may not ask here. Please tell whoever looks after it.",
    late: "The answer took too long.",
    wrong: "The service did not accept this question.",
    broken: "Something went wrong in the service.",
  },
};

/** @type {Words} */
const GERMAN = {
  title: "Die Artikel fragen",
  open: "Chat öffnen",
  close: "Schließen",
  answered: "eine Antwort ist da",
  fresh: "Neues Gespräch",
  copyAll: "Gespräch kopieren",
  wide: "Großes Fenster",
  newest: "Zum Ende",
  greeting: "Jeder Satz einer Antwort zeigt, wo er in den Artikeln steht. Was sie nicht sagen, wird nicht beantwortet.",
  tryThese: "Zum Beispiel",
  kept: (days) => `Fragen und Antworten werden ${days === 1 ? "einen Tag" : `${days} Tage`} lang gespeichert, damit die Antworten besser werden.`,
  placeholder: "Ihre Frage",
  send: "Fragen",
  stop: "Anhalten",
  you: "Ihre Frage",
  searching: "Durchsucht die Artikel …",
  reading: "Liest, was gefunden wurde …",
  ready: "Die Antwort ist da.",
  sources: (count) => (count === 1 ? "1 Artikel gefunden" : `${count} Artikel gefunden`),
  nothingFound: "Kein Artikel gefunden",
  refused: "Die Artikel beantworten das nicht.",
  quote: (label) => `Quelle ${label}`,
  inArticle: "Im Artikel lesen",
  original: "Original",
  conflicts: "Die Artikel widersprechen sich",
  standing: { current: "neuester Bericht", superseded: "überholt", disputed: "umstritten" },
  stopped: "Angehalten.",
  retry: "Noch einmal versuchen",
  retryNow: "Jetzt versuchen",
  retryIn: (seconds) => `Nächster Versuch in ${seconds} s`,
  copy: "Mit Quellen kopieren",
  copied: "Kopiert",
  notCopied: "Kopieren ist hier nicht erlaubt",
  helpful: "Hilfreich",
  notHelpful: "Nicht hilfreich",
  comment: "Was war falsch oder hat gefehlt?",
  sendComment: "Senden",
  thanks: "Danke.",
  notRated: "Das ließ sich nicht senden.",
  language: (name) => `auf ${name}`,
  failures: {
    offline: "Sie sind anscheinend offline.",
    unreachable: "Der Dienst ist nicht erreichbar.",
    cut: "Die Verbindung brach ab, bevor die Antwort vollständig war.",
    busy: "Gerade werden viele Fragen beantwortet.",
    unready: "Der Dienst ist gerade nicht verfügbar.",
    limited: "Sie haben in kurzer Zeit viele Fragen gestellt.",
    denied: "Diese Seite darf hier nicht fragen. Bitte sagen Sie es denen, die sie betreuen.",
    late: "Die Antwort hat zu lange gedauert.",
    wrong: "Der Dienst hat diese Frage nicht angenommen.",
    broken: "Im Dienst ist etwas schiefgegangen.",
  },
};

/**
 * What the widget says in `language`: German, or English for every other language.
 *
 * @param {string} language
 * @returns {Words}
 */
export function wordsIn(language) {
  return language.toLowerCase().startsWith("de") ? GERMAN : ENGLISH;
}

/**
 * A day as readers of `language` write it, in the browser's own variety of it; as it is where it is none.
 *
 * @param {string} day
 * @param {string} language
 */
export function dayIn(day, language) {
  const date = new Date(day);
  if (Number.isNaN(date.getTime())) return day;
  const variety = navigator.languages.find((one) => one.slice(0, 2) === language.slice(0, 2)) ?? language;
  return new Intl.DateTimeFormat(variety, { dateStyle: "long", timeZone: "UTC" }).format(date);
}

/**
 * The name of the language `code` in `language`; the code where it has none.
 *
 * @param {string} code
 * @param {string} language
 */
export function languageName(code, language) {
  try {
    return new Intl.DisplayNames([language], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
