// Spares the reload: sends the form, adds the reply to the conversation. Without it the form works by itself.
"use strict";

const form = document.getElementById("ask");
const question = document.getElementById("question");
const school = document.getElementById("school");
const conversation = document.getElementById("conversation");
const worried = document.querySelector(".worried");
const MOST_EARLIER = 5;

function addAsked(text) {
  const asked = document.createElement("p");
  asked.className = "asked";
  const hidden = document.createElement("span");
  hidden.className = "visually-hidden";
  hidden.textContent = "You asked: ";
  asked.append(hidden, text);
  conversation.append(asked);
}

function remember(text) {
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "earlier";
  field.value = text;
  form.append(field);
  const kept = form.querySelectorAll("input[name=earlier]");
  if (kept.length > MOST_EARLIER) kept[0].remove();
}

// `shown` is what the person asked or pressed; `fields` is what is sent of it.
async function send(shown, fields) {
  const data = new FormData(form);
  data.delete("question");
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  addAsked(shown);
  const reply = document.createElement("div");
  reply.tabIndex = -1;
  conversation.append(reply);
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: data,
      headers: { "X-Requested-With": "fetch" },
    });
    reply.innerHTML = await response.text(); // our own template, which escapes what policies and people wrote
    if (response.ok && fields.question) remember(fields.question);
    if (notices && reply.querySelector(".urgent")) lookSooner();
  } catch {
    reply.append(document.getElementById("no-connection").content.cloneNode(true));
  }
  document.querySelector(".examples")?.remove();
  reply.scrollIntoView({ block: "nearest" });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = question.value.trim();
  if (!text) return;
  question.value = "";
  send(text, { question: text });
});

question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

for (const one of document.querySelectorAll(".worried, .about")) {
  one.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.submitter.textContent, { question: event.submitter.value });
  });
}

document.getElementById("press").addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.submitter.textContent, { pressed: event.submitter.value });
});

// What was asked of one school does not carry over to another.
school.addEventListener("change", () => {
  form.querySelectorAll("input[name=earlier]").forEach((field) => field.remove());
  for (const other of [worried, document.getElementById("press")]) other.elements.school.value = school.value;
});

document.querySelectorAll("[data-example]").forEach((button) => {
  button.addEventListener("click", () => {
    question.value = button.textContent;
    if (school.value) form.requestSubmit();
    else school.focus();
  });
});

// What reaches whoever is signed in later: looked for while the page is seen, and sooner for a while after an urgent reply.
const notices = document.getElementById("notices");
const arrived = new Set(); // the numbers that the server knows to be shown
let sooner = 0;
let waiting;

function lookLater(seconds) {
  clearTimeout(waiting);
  waiting = setTimeout(look, seconds * 1000);
}

function lookSooner() {
  sooner = Date.now() + notices.dataset.soonerFor * 1000;
  lookLater(Number(notices.dataset.sooner));
}

function shownNumbers() {
  return [...document.querySelectorAll("[data-notice]")].map((one) => one.dataset.notice);
}

// Shows what is not shown yet where the conversation has come to; tells whether there was any.
function show(html) {
  const known = shownNumbers();
  const came = document.createElement("template");
  came.innerHTML = html; // our own template again
  const fresh = [...came.content.querySelectorAll("[data-notice]")].filter((one) => !known.includes(one.dataset.notice));
  conversation.append(...fresh);
  // Whoever is writing is not moved; what came stands right above.
  if (fresh.length && !question.value) fresh[0].scrollIntoView({ block: "nearest" });
  return fresh.length > 0;
}

async function look() {
  if (document.visibilityState !== "visible") return; // looked for again once it is seen
  const shown = shownNumbers().filter((number) => !arrived.has(number));
  let isNew = false;
  try {
    const response = await fetch("/chat/notices", {
      method: "POST",
      body: new URLSearchParams({ shown: shown.join(",") }),
      headers: { "X-Requested-With": "fetch" },
    });
    const html = await response.text();
    if (response.status === 401) {
      notices.innerHTML = html;
      return; // nothing more comes before somebody signs in again
    }
    if (response.ok) {
      shown.forEach((number) => arrived.add(number));
      isNew = show(html);
    }
  } catch {
    // It is tried again in its time.
  }
  // What is new is said to be shown at once.
  lookLater(isNew ? 0 : Date.now() < sooner ? notices.dataset.sooner : notices.dataset.every);
}

if (notices) {
  document.addEventListener("visibilitychange", look);
  look();
}
