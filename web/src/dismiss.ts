// After a form came back with errors, the reader starts at the summary, not at the top of the page.
const summary = document.querySelector<HTMLElement>(".govuk-error-summary");
if (summary) {
  summary.tabIndex = -1;
  summary.focus();
}
export {};
