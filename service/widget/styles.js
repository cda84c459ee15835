/** Sizes are in `em` of the widget's own font size, so that a page's can't reach them; docs/widget.md has what it can. */
export const STYLES = `
:host { all: initial !important; display: block !important; }
:host([hidden]) { display: none !important; }
:host([page]) { block-size: 100% !important; }

.root {
  color-scheme: light dark;
  --side: auto 20px;
  --seen: initial;
  --seen-from: initial;
  --chosen: initial;
  --on-chosen: initial;
  --chosen-dark: initial;
  --field: light-dark(#8a94a3, #6b7686);
  --text: var(--fundstelle-text, light-dark(#1c2430, #e8ebf0));
  --muted: var(--fundstelle-muted, light-dark(#586272, #a7b0bd));
  --background: var(--fundstelle-background, light-dark(#ffffff, #171b21));
  --raised: var(--fundstelle-raised, light-dark(#f4f6f8, #20262e));
  --line: var(--fundstelle-line, light-dark(#d9dee5, #38414d));
  --accent: var(--fundstelle-accent, light-dark(var(--chosen, #1d5a96), var(--chosen-dark, #8fbdf0)));
  --on-accent: var(--fundstelle-on-accent, light-dark(var(--on-chosen, #ffffff), #0d1c2e));
  --highlight: var(--fundstelle-highlight, light-dark(#ffefb0, #5a4a12));
  --warning: var(--fundstelle-warning, light-dark(#8a4b08, #f0b775));
  --round: var(--fundstelle-radius, 14px);
  --shadow: 0 12px 40px rgb(10 20 35 / 22%), 0 2px 8px rgb(10 20 35 / 14%);
  font: var(--fundstelle-font-size, 16px) / 1.55 var(--fundstelle-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
  color: var(--text);
  text-align: start;
  overflow-wrap: anywhere;
  -webkit-text-size-adjust: 100%;
}
:host([position="left"]) .root { --side: 20px auto; }
:host([theme="light"]) .root { color-scheme: light; }
:host([theme="dark"]) .root { color-scheme: dark; }
:host([page]) .root, :host([inline]) .root { block-size: 100%; }

/* above all of the page; without a box of its own that could catch what is pressed */
.root[popover] { position: fixed; inset: auto; inline-size: 0; block-size: 0; margin: 0; padding: 0; border: 0; overflow: visible; background: none; }

*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, h4, p, ul, q, details, summary { margin: 0; padding: 0; font: inherit; }
ul { list-style: none; }
button, textarea { font: inherit; color: inherit; letter-spacing: inherit; margin: 0; }
button { cursor: pointer; background: none; border: 0; padding: 0; }
/* words of the interface in their own direction, on a page of the other one too */
h2, h4, p, li, small, textarea { unicode-bidi: plaintext; }
a { color: var(--accent); text-underline-offset: 0.15em; }
svg { inline-size: 1.35em; block-size: 1.35em; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; display: block; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.launcher, :host(:not([inline], [page])) .panel {
  position: fixed;
  z-index: var(--fundstelle-z-index, 2147483000);
  inset-block-end: calc(20px + env(safe-area-inset-bottom));
  inset-inline: var(--side);
}
.launcher {
  display: grid;
  place-items: center;
  inline-size: 3.5em;
  block-size: 3.5em;
  border-radius: 50%;
  border: 1px solid transparent;
  background: var(--accent);
  color: var(--on-accent);
  box-shadow: var(--shadow);
}
.launcher svg { inline-size: 1.6em; block-size: 1.6em; }
.launcher.labelled { grid-auto-flow: column; gap: 0.6em; inline-size: auto; max-inline-size: calc(100vw - 40px); padding-inline: 1.1em 1.4em; border-radius: 1.75em; font-weight: 600; }
.launcher.unseen-answer::after { content: ""; position: absolute; inset-block-start: 0; inset-inline-end: 0; inline-size: 0.9em; block-size: 0.9em; border-radius: 50%; background: light-dark(#d1410c, #ffb26b); border: 2px solid var(--background); }

.panel {
  display: flex;
  flex-direction: column;
  background: var(--background);
  border: 1px solid var(--line);
  border-radius: var(--round);
  overflow: clip;
  inline-size: 100%;
  block-size: var(--fundstelle-height, 36em);
  position: relative;
}
:host(:not([inline], [page])) .panel {
  inline-size: min(var(--fundstelle-width, 26em), calc(100vw - 40px));
  block-size: min(var(--fundstelle-height, 40em), calc(100dvh - 40px));
  box-shadow: var(--shadow);
}
:host(:not([inline], [page])) .panel.wide { inline-size: min(48em, calc(100vw - 40px)); block-size: calc(100dvh - 40px); }
:host([page]) .panel { block-size: 100%; border: 0; border-radius: 0; }
:host([page]) .panel > * { inline-size: 100%; max-inline-size: 46em; margin-inline: auto; }
:host([page]) .panel:not(.begun) header { display: none; }
:host([page]) .panel:not(.begun) .log { display: grid; align-content: safe center; scrollbar-gutter: auto; padding-inline: 1.1em; }
:host([page]) .greeting { font-size: 1.2em; line-height: 1.45; color: var(--text); text-wrap: pretty; padding-block-end: 0.3em; }
:host([page]) .composer { border: 0; padding-inline: 1.1em; padding-block-end: calc(1.4em + env(safe-area-inset-bottom)); }

header { display: flex; align-items: center; gap: 0.25em; padding: 0.6em 0.6em 0.6em 1.1em; border-block-end: 1px solid var(--line); }
header:dir(rtl) { padding: 0.6em 1.1em 0.6em 0.6em; }
h2 { flex: 1; min-inline-size: 0; font-weight: 600; letter-spacing: -0.01em; line-height: 1.3; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.panel:not(.begun) .of-turns { display: none; }

.icon { display: grid; place-items: center; flex: none; inline-size: 2.25em; block-size: 2.25em; border-radius: min(var(--round), 0.6em); color: var(--muted); }
.icon svg { inline-size: 1.2em; block-size: 1.2em; }
.icon:hover { background: var(--raised); color: var(--text); }
.icon[aria-pressed="true"] { color: var(--accent); background: var(--raised); }
.plain { min-block-size: 2em; padding: 0.25em 0.8em; border: 1px solid var(--line); border-radius: min(var(--round), 0.6em); background: var(--background); font-size: 0.9em; }
.plain:hover { border-color: var(--accent); color: var(--accent); }

.log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 1.1em; padding-inline-end: 0.5em; min-block-size: 6em; scrollbar-gutter: stable; scrollbar-width: thin; }
.log:focus-visible { outline-offset: -3px; }
.edge { position: relative; }
.newest { position: absolute; inset-block-end: 0.6em; inset-inline: 0; margin-inline: auto; background: var(--background); border: 1px solid var(--line); border-radius: 50%; box-shadow: 0 2px 8px rgb(10 20 35 / 18%); }
.opening { display: grid; gap: 0.7em; }
.greeting { color: var(--muted); text-wrap: pretty; }
.try, .kept { color: var(--muted); font-size: 0.875em; }
.opening ul { display: grid; gap: 0.5em; grid-template-columns: repeat(auto-fit, minmax(min(19em, 100%), 1fr)); }
.opening li { display: grid; }
.suggestion { inline-size: 100%; text-align: start; padding: 0.6em 0.9em; border: 1px solid var(--line); border-radius: min(var(--round), 0.8em); background: var(--background); }
.suggestion:hover { border-color: var(--accent); background: var(--raised); }

.turn { content-visibility: auto; contain-intrinsic-size: auto 12em; padding-block: 0.2em 1.6em; }
.turn:has(.card) { content-visibility: visible; position: relative; z-index: 1; }
.turn:last-child { content-visibility: visible; padding-block-end: 0.4em; }
.question { inline-size: fit-content; max-inline-size: 88%; margin-inline-start: auto; padding: 0.55em 0.95em; border-radius: min(var(--round), 1em); border-end-end-radius: min(var(--round), 0.3em); background: var(--accent); color: var(--on-accent); white-space: pre-wrap; }
.body { position: relative; margin-block-start: 0.9em; display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.6em; }
.answer:empty, .sources:empty, .end:empty { display: none; }
.sources { font-size: 0.875em; color: var(--muted); }
summary { cursor: pointer; inline-size: fit-content; min-block-size: 1.75em; align-content: center; }
.sources ul { padding-block: 0.2em 0.3em; padding-inline-start: 1.1em; display: grid; gap: 0.3em; }
.progress { color: var(--muted); font-size: 0.9em; }
.progress::before { content: ""; display: inline-block; inline-size: 0.6em; block-size: 0.6em; margin-inline-end: 0.6em; border-radius: 50%; background: var(--accent); }

.marks { white-space: nowrap; }
.mark { position: relative; vertical-align: 0.32em; margin-inline-start: 0.2em; min-inline-size: 1.9em; padding: 0 0.45em; border: 1px solid var(--line); border-radius: 0.6em; background: var(--raised); color: var(--accent); font-size: 0.68em; line-height: 1.55; font-weight: 600; }
.mark::after { content: ""; position: absolute; inset: -5px -2px; }
.mark:hover, .mark[aria-expanded="true"] { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }

.card { position: absolute; z-index: 2; inset-inline: 0; display: grid; gap: 0.4em; padding: 0.85em 1em; background: var(--background); border: 1px solid var(--line); border-radius: min(var(--round), 0.8em); box-shadow: var(--shadow); font-size: 0.9em; line-height: 1.5; text-align: start; white-space: normal; max-block-size: 24em; overflow-y: auto; }
.card strong { font-weight: 600; line-height: 1.35; }
.card small { color: var(--muted); font-size: 0.9em; }
.card q { quotes: none; border-inline-start: 3px solid var(--line); padding-inline-start: 0.8em; color: var(--muted); }
.card mark { background: var(--highlight); color: var(--text); border-radius: 0.15em; padding: 0.05em 0.1em; }
.ways { display: flex; flex-wrap: wrap; gap: 0.3em 1.2em; padding-block-start: 0.15em; }
.ways a { min-block-size: 1.75em; align-content: center; }

.end { display: grid; gap: 0.6em; grid-template-columns: minmax(0, 1fr); }
.refusal { padding: 0.7em 0.95em; border-start-end-radius: min(var(--round), 0.8em); border-end-end-radius: min(var(--round), 0.8em); background: var(--raised); border-inline-start: 3px solid var(--muted); white-space: pre-line; }
.failure, .note { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5em 0.9em; color: var(--muted); }
.failure { color: var(--warning); }
.failure p { flex-basis: 100%; }
.failure .countdown { flex-basis: auto; color: var(--muted); font-size: 0.9em; font-variant-numeric: tabular-nums; }
.failure .plain, .note .plain { color: var(--text); }
.conflict { padding: 0.75em 0.95em; border: 1px solid var(--line); border-radius: min(var(--round), 0.8em); }
h4 { font-weight: 600; font-size: 0.9em; padding-block-end: 0.45em; }
.conflict ul { display: grid; grid-template-columns: repeat(auto-fit, minmax(9em, 1fr)); gap: 0.6em; }
.conflict li { padding-inline-start: 0.7em; border-inline-start: 3px solid var(--line); }
.conflict li[data-standing="current"] { border-color: var(--accent); }
.conflict li[data-standing="disputed"] { border-color: var(--warning); }
.conflict strong { font-weight: 600; text-wrap: balance; }
.conflict small { display: block; color: var(--muted); font-size: 0.82em; line-height: 1.4; }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 0.15em; margin-inline-start: -0.5em; }
.said { color: var(--muted); font-size: 0.85em; padding-inline: 0.4em; }
.comment { order: 1; flex-basis: 100%; display: flex; gap: 0.5em; align-items: end; padding: 0.3em 0.5em; }
.comment textarea { flex: 1; min-inline-size: 0; padding: 0.5em 0.7em; border: 1px solid var(--line); border-radius: min(var(--round), 0.6em); background: var(--background); resize: vertical; font-size: 0.9em; }

.composer { display: flex; align-items: end; gap: 0.5em; padding: 0.7em; padding-block-end: calc(0.7em + env(safe-area-inset-bottom)); border-block-start: 1px solid var(--line); }
.composer textarea { flex: 1; min-inline-size: 0; min-block-size: 2.75em; max-block-size: 9em; padding: 0.55em 0.85em; border: 1px solid var(--field); border-radius: min(var(--round), 0.9em); background: var(--background); resize: none; }
.composer textarea:focus-visible { outline-offset: -1px; border-color: var(--accent); }
::placeholder { color: var(--muted); opacity: 1; }
.send { flex: none; display: grid; place-items: center; inline-size: 2.75em; block-size: 2.75em; border-radius: min(var(--round), 0.9em); border: 1px solid transparent; background: var(--accent); color: var(--on-accent); }
.send.stop svg { fill: currentColor; }
.send:hover, .launcher:hover { filter: brightness(1.08); }
.send:dir(rtl) svg { transform: scaleX(-1); }

@media (max-width: 480px) {
  .widener { display: none; }
  :host(:not([inline], [page])) .panel { inset: var(--seen-from, 0) 0 auto; inline-size: 100%; block-size: var(--seen, 100dvh); border: 0; border-radius: 0; }
}
@media (max-height: 380px) {
  .log { padding: 0.6em; }
  .composer textarea { max-block-size: 4em; }
}
@media (pointer: coarse) {
  .icon { inline-size: 2.75em; block-size: 2.75em; }
  header .icon { inline-size: min(2.75em, 12vw); }
  .mark { font-size: 0.75em; margin-inline-start: 0.35em; }
  .mark::after { inset: -9px -3px; }
  .sources li a, .ways a { padding-block: 0.25em; }
}
@media (prefers-reduced-motion: no-preference) {
  .progress::before { animation: waiting 1.4s ease-in-out infinite; }
  .sentence, .card, :host(:not([inline], [page])) .panel { animation: appear 0.18s ease-out; }
  .icon, .plain, .suggestion, .mark { transition: background-color 0.12s, border-color 0.12s, color 0.12s; }
}
@keyframes waiting { 50% { opacity: 0.25; } }
@keyframes appear { from { opacity: 0; } }
@media (prefers-contrast: more) {
  .root { --muted: var(--text); --line: var(--text); --field: var(--text); }
}
@media print {
  .launcher, .composer, .actions, .newest, .icon, :host(:not([inline], [page])) .panel { display: none; }
  .panel, .log, :host([page]) .root, :host([inline]) .root { block-size: auto; overflow: visible; border: 0; }
  .turn { content-visibility: visible; break-inside: avoid; }
}
@media (forced-colors: active) {
  .question, .card, .refusal, .panel, .mark, .send, .launcher { border: 1px solid; }
  .card mark { background: Mark; color: MarkText; }
  .progress::before { background: CanvasText; }
}
`;
