// A second press of the same button while the first is under way does nothing; the server also answers a repeated
// form with the first answer, so this only spares people the wait.
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.dataset["sent"] === "yes") {
    event.preventDefault();
    return;
  }
  if (form.method.toLowerCase() !== "post") return;
  form.dataset["sent"] = "yes";
  form.setAttribute("aria-busy", "true");
  window.setTimeout(() => { delete form.dataset["sent"]; form.removeAttribute("aria-busy"); }, 8000);
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll<HTMLFormElement>("form[data-sent]").forEach((form) => { delete form.dataset["sent"]; });
});
