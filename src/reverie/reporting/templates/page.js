// The page: which trial is open, its colours, the keyboard.

const still = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");
let player = null;

/** Open the trial the address names (the first by default) and close the one before; only one is ever decoded. */
async function openTrial() {
  const wanted = document.getElementById(location.hash.slice(1));
  const articles = [...document.querySelectorAll(".trial")];
  const article = articles.includes(wanted) ? wanted : (player?.article ?? articles[0]);
  if (!article || article === player?.article) return;
  player?.close();
  for (const other of articles) other.hidden = other !== article;
  for (const link of document.querySelectorAll(".still")) {
    if (link.hash === `#${article.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const opened = (player = new Player(article));
  if (article === wanted) {
    article.focus({ preventScroll: true });
    article.scrollIntoView();
  }
  await opened.open();
  if (opened === player && !still.matches) opened.play();
}

/** Controls that have their own use for a key keep it. */
function takesKey(target, key) {
  if (target.matches("input[type=range]")) return key !== " ";
  if (target.matches("select, textarea, input[type=radio]")) return true;
  if (target.matches("button, a, summary, input[type=checkbox]")) return key === " ";
  return false;
}

document.addEventListener("keydown", (event) => {
  if (!player?.screens || takesKey(event.target, event.key)) return;
  const inside = event.target === player.article || event.target.closest(".player");
  // From outside the player only the keys that would not move the page, and only while it is to be seen.
  const loose = event.target === document.body && player.inView && !["Home", "End"].includes(event.key);
  if ((inside || loose) && player.key(event)) event.preventDefault();
});

for (const choice of document.querySelectorAll("[name=theme]")) {
  choice.addEventListener("change", () => player?.screens && player.recolour());
}
dark.addEventListener("change", () => player?.screens && player.recolour());
still.addEventListener("change", () => still.matches && player?.pause());
addEventListener("hashchange", openTrial);
openTrial();
