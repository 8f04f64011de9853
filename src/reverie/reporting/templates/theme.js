// The colour scheme that the reader chooses, on every page.

for (const choice of document.querySelectorAll("[name=theme]")) {
  choice.addEventListener("change", () => (document.documentElement.dataset.theme = choice.value));
}
