/* Runs once when the page's header is there. Buttons drawn by us (class mt-act) are handed to Gradio
   as events of the header; the theme switch works in the browser alone. */
const choose = (dark) => {
  document.body.classList.toggle("dark", dark);
  try { localStorage.setItem("matinee-theme", dark ? "dark" : "light"); } catch { /* private window */ }
};
try {
  const chosen = localStorage.getItem("matinee-theme");
  if (chosen) choose(chosen === "dark");
} catch { /* private window */ }

const events = { like: "like", dislike: "like", seen: "like", accept: "edit", reject: "edit", reopen: "edit" };
document.addEventListener("click", (click) => {
  const button = click.target.closest && click.target.closest("button.mt-act");
  if (!button) return;
  click.preventDefault();
  if (button.name === "theme") return choose(!document.body.classList.contains("dark"));
  if (!events[button.name]) moved = false; // something is asked, whose answer is to be seen
  trigger(events[button.name] || "submit", { act: button.name, value: button.value });
});

/* Gradio labels each message with its own markup; the message itself is what should be read out. And a
   new question is brought to the top of the window, so that its answer unfolds below it; once it is
   answered, the end of the answer comes out from under the message box, if the titles of its films stay in view. */
let asked = 0;
let writing = false;
let moved = false; // by the visitor, who then decides what is in view
for (const sign of ["wheel", "touchmove", "keydown", "mousedown"]) addEventListener(sign, () => { moved = true; }, { passive: true });
const last = (selector) => [...document.querySelectorAll(`#mt-thread ${selector}`)].at(-1);
const bring = (behavior) => {
  const question = last(".user-row"), answer = last(".mt-answer");
  if (!question || moved) return;
  let by = question.getBoundingClientRect().top - 8;
  if (answer && !answer.matches(".mt-answering")) {
    const end = answer.getBoundingClientRect().bottom - document.querySelector("#mt-composer").getBoundingClientRect().top;
    if (end > by && end < (answer.querySelector(".mt-title") ?? answer).getBoundingClientRect().top - 8) by = end;
  }
  if (Math.abs(by) > 4) scrollBy({ top: by, behavior });
};
new MutationObserver(() => {
  for (const message of document.querySelectorAll('[data-testid="bot"][aria-label], [data-testid="user"][aria-label]')) {
    message.removeAttribute("aria-label");
  }
  for (const verdict of document.querySelectorAll(".mt-verdicts .mt-act")) {
    verdict.setAttribute("aria-pressed", verdict.matches(".mt-on")); // Gradio strikes it out of what we write
  }
  const questions = document.querySelectorAll("#mt-thread .user-row");
  if (questions.length > asked) {
    moved = false;
    setTimeout(() => bring("smooth"), 80);
    for (const later of [1200, 3000]) setTimeout(() => bring("instant"), later); // what was drawn meanwhile may have stopped it
  }
  asked = questions.length;
  const answering = Boolean(document.querySelector("#mt-thread .mt-answering"));
  if (writing && !answering) setTimeout(() => bring("smooth"), 80);
  writing = answering;
}).observe(document.body, { childList: true, subtree: true });

/* A poster that can't be fetched gives way to the sheet with its title, and is asked for again when the film service is back. */
const lose = (image) => image.classList.add("mt-lost");
document.addEventListener("error", ({ target }) => { if (target.matches?.(".mt-poster img")) lose(target); }, true);
document.addEventListener("load", ({ target }) => target.classList?.remove("mt-lost"), true);
for (const image of document.querySelectorAll(".mt-poster img")) if (image.complete && !image.naturalWidth) lose(image);
let lit = false;
new MutationObserver(() => {
  const before = lit;
  lit = Boolean(document.querySelector(".mt-lamp.mt-lit"));
  if (lit && !before) for (const image of document.querySelectorAll("img.mt-lost")) image.src = image.getAttribute("src");
}).observe(document.getElementById("mt-header"), { childList: true, subtree: true });

/* Type at once, without the page jumping; on a touch screen the keyboard stays away until it is asked for. */
setTimeout(() => {
  if (matchMedia("(hover: hover)").matches) document.querySelector("#mt-box textarea")?.focus({ preventScroll: true });
}, 400);
