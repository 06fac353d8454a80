// Says what came of a form, and that one is on its way, which is sent once. Without this the forms and links work by themselves.
"use strict";

// What came of a form is met first, also by whoever has the page read out: at the place that the address names, if any.
const told = document.querySelector("main > .problem, main > .said");
if (told) {
  const place = told.matches(".said") && location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (place) {
    place.prepend(told);
    // Going to the place takes the focus away, and is done when the page has loaded.
    addEventListener("load", () => requestAnimationFrame(() => told.focus({ preventScroll: true })));
  } else {
    told.focus();
  }
}

// What is being fixed stands in the middle of its document.
const fixed = document.querySelector(".source mark");
if (fixed) {
  const box = fixed.closest(".source");
  box.scrollTop = fixed.offsetTop - box.offsetTop - (box.clientHeight - fixed.offsetHeight) / 2;
}

function onItsWay(words) {
  const line = document.createElement("p");
  line.className = "said";
  line.setAttribute("role", "status");
  line.textContent = words;
  return line;
}

for (const form of document.querySelectorAll("form[data-working]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.append(onItsWay(form.dataset.working));
  });
}

for (const link of document.querySelectorAll("a[data-working]")) {
  link.addEventListener("click", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
      link.closest("p, nav").after(onItsWay(link.dataset.working));
    }
  });
}
