// Opens what has to be confirmed.

for (const button of document.querySelectorAll("[data-opens]")) {
  const dialog = document.getElementById(button.dataset.opens);
  button.addEventListener("click", () => dialog.showModal());
  dialog.querySelector("[data-closes]").addEventListener("click", () => dialog.close());
  // Pressed twice, it would only be told that somebody was first.
  dialog.querySelector("form").addEventListener("submit", (event) => {
    if (event.submitter) event.submitter.disabled = true;
  });
}
