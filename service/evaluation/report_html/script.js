"use strict";
(() => {
  const form = document.getElementById("filter");
  const rows = Array.from(document.querySelectorAll("#list > tbody > tr"));
  const field = (name) => document.getElementById("f-" + name);
  const texts = new Map();
  let waiting = 0;

  // What one would search for: the question with its id, the answer and what is wrong with it.
  function textOf(row) {
    if (!texts.has(row)) {
      const parts = row.querySelectorAll("th > details > summary, .answer, .why");
      texts.set(row, Array.from(parts, (part) => part.textContent).join(" ").toLowerCase());
    }
    return texts.get(row);
  }

  function wanted(row, words) {
    const outcome = field("is").value;
    return (!field("lang").value || row.dataset.lang === field("lang").value)
      && (!field("kind").value || row.dataset.kind === field("kind").value)
      && (!outcome || row.dataset.is.split(" ").includes(outcome))
      && words.every((word) => textOf(row).includes(word));
  }

  function apply() {
    const words = field("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !wanted(row, words);
      shown += row.hidden ? 0 : 1;
    }
    field("count").textContent = shown + " of " + rows.length + " questions";
  }

  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 60);
  }

  // A link to a question, or to a citation in it, shows and opens it.
  function follow() {
    const target = document.getElementById(location.hash.slice(1));
    const row = target && target.closest("#list > tbody > tr");
    if (!row) return;
    row.hidden = false;
    row.querySelector("details").open = true;
    target.scrollIntoView();
  }

  form.addEventListener("input", soon);
  form.addEventListener("reset", () => setTimeout(apply, 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", follow);
  form.hidden = false;
  apply();
  follow();
})();
