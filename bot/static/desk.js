// Says that a form is on its way, and keeps it from being sent twice. Without it the forms work by themselves.
"use strict";

// What came of a form is met first, also by whoever has the page read out.
const told = document.querySelector("main > .problem, main > .said");
if (told) {
  told.tabIndex = -1;
  told.focus({ preventScroll: true });
}

for (const form of document.querySelectorAll("form[data-working]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    const line = document.createElement("p");
    line.className = "said";
    line.setAttribute("role", "status");
    line.textContent = form.dataset.working;
    form.append(line);
  });
}
