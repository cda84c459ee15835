"use strict";

const form = document.getElementById("choices");
const tag = document.getElementById("tag");
const said = document.getElementById("said");

/** The attributes that were chosen, as pairs of a name and a value; empty ones are left out. */
function chosen() {
  return [...new FormData(form)].filter(([name, value]) => name !== "pinned" && value);
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

/** A new element each time: what it looks like is decided when it is put on the page. */
function preview() {
  const chat = document.createElement("fundstelle-chat");
  chat.setAttribute("inline", "");
  chat.id = "preview";
  for (const [name, value] of chosen()) chat.setAttribute(name, value);
  document.getElementById("place").replaceChildren(chat);
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
show();
preview();
