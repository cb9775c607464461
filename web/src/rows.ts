// <dh-editor> wraps the structured editor. Without this program its add, remove and move buttons submit the form and
// the server answers with the changed rows. With it, the same request is made in place, so that the page does not
// jump and the focus stays near the row.
class Editor extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("submit", (event) => void this.send(event as SubmitEvent));
    this.addEventListener("input", () => { this.dirty = true; });
    window.addEventListener("beforeunload", (event) => { if (this.dirty) event.preventDefault(); });
  }

  private dirty = false;
  private plain = false;

  private async send(event: SubmitEvent): Promise<void> {
    const button = event.submitter as HTMLButtonElement | null;
    const form = event.target as HTMLFormElement;
    if (this.plain || button?.name !== "row") {
      this.dirty = false;
      return;
    }
    event.preventDefault();
    delete form.dataset["sent"];
    const body = new URLSearchParams(new FormData(form, button) as unknown as Record<string, string>);
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) {
      this.plain = true;
      form.requestSubmit(button);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("dh-editor");
    if (!fresh) return;
    this.replaceChildren(...fresh.childNodes);
    this.dirty = true;
    const focus = this.querySelector<HTMLElement>("[data-focus]") ?? this.querySelector<HTMLElement>(`[value="${CSS.escape(button.value)}"]`);
    focus?.focus();
  }
}
customElements.define("dh-editor", Editor);
