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
  trigger(events[button.name] || "submit", { act: button.name, value: button.value });
});

/* Gradio labels each message with its own markup; the message itself is what should be read out. And a
   new question is brought to the top of the window, so that its answer unfolds below it. */
let asked = 0;
let moved = false; // by the visitor, who then decides what is in view
for (const sign of ["wheel", "touchmove", "keydown", "mousedown"]) addEventListener(sign, () => { moved = true; }, { passive: true });
const bring = (behavior) => {
  const newest = [...document.querySelectorAll("#mt-thread .user-row")].at(-1);
  if (newest && Math.abs(newest.getBoundingClientRect().top - 8) > 4) newest.scrollIntoView({ block: "start", behavior });
};
new MutationObserver(() => {
  for (const message of document.querySelectorAll('[data-testid="bot"][aria-label], [data-testid="user"][aria-label]')) {
    message.removeAttribute("aria-label");
  }
  const questions = document.querySelectorAll("#mt-thread .user-row");
  if (questions.length > asked) {
    moved = false;
    setTimeout(() => bring("smooth"), 80);
    for (const later of [1200, 3000]) setTimeout(() => moved || bring("instant"), later); // what was drawn meanwhile may have stopped it
  }
  asked = questions.length;
}).observe(document.body, { childList: true, subtree: true });

/* Type at once, without the page jumping; on a touch screen the keyboard stays away until it is asked for. */
setTimeout(() => {
  if (matchMedia("(hover: hover)").matches) document.querySelector("#mt-box textarea")?.focus({ preventScroll: true });
}, 400);
