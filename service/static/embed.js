"use strict";

const form = document.getElementById("choices");
const tag = document.getElementById("tag");
const said = document.getElementById("said");

const colour = form.querySelector("[type=color]");
const place = document.getElementById("place");

/** The attributes that were chosen, as pairs of a name and a value; empty ones are left out. */
function chosen() {
  const accent = colour.value === colour.defaultValue ? [] : [[colour.dataset.name, colour.value]];
  return [...[...new FormData(form)].filter(([name, value]) => name !== "pinned" && value), ...accent];
}

function show() {
  const { name, integrity } = tag.dataset;
  // by the page's own address, because the service does not know what a proxy before it is called
  const url = new URL(".", location.href).href;
  const pinned = form.elements.namedItem("pinned").checked;
  const source = pinned ? [["src", `${url}${name}`], ["integrity", integrity], ["crossorigin", "anonymous"]] : [["src", `${url}widget.js`]];
  const attributes = [...source, ...chosen().map(([key, value]) => [`data-${key}`, value])];
  const quoted = attributes.map(([key, value]) => `${key}="${value.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"`);
  tag.textContent = `<script ${quoted.join(" ")} defer></script>`;
}

/** The chat in a small page of its own, open as it was: its place is part of what is chosen. */
function preview() {
  const before = place.querySelector("fundstelle-chat");
  const chat = document.createElement("fundstelle-chat");
  chat.id = "preview";
  for (const [name, value] of chosen()) chat.setAttribute(name, value);
  place.replaceChildren(chat);
  if (!before || before.panel?.root.hidden === false) chat.show();
}

/** Over http, as on many an intranet, browsers have no `navigator.clipboard`: what is selected can be copied all the same. */
function copySelected() {
  getSelection().selectAllChildren(tag);
  return document.execCommand("copy");
}

document.getElementById("copy").addEventListener("click", async (event) => {
  if (navigator.clipboard) await navigator.clipboard.writeText(tag.textContent);
  else if (!copySelected()) return;
  said.textContent = event.target.dataset.copied;
});
form.addEventListener("input", () => {
  said.textContent = "";
  show();
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", preview);
form.addEventListener("reset", () => setTimeout(() => {
  show();
  preview();
}));
show();
preview();
