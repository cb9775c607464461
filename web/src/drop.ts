// <dh-drop> wraps a field for files: they may be dropped anywhere in its frame, and the chosen names are listed. Without
// this program the field works by itself.
class Drop extends HTMLElement {
  connectedCallback(): void {
    const field = this.querySelector<HTMLInputElement>("input[type=file]");
    const names = this.querySelector<HTMLUListElement>("ul");
    if (!field || !names) return;
    const over = (on: boolean): void => { this.classList.toggle("dh-drop--over", on); };
    this.addEventListener("dragover", (event) => { event.preventDefault(); over(true); });
    this.addEventListener("dragleave", () => over(false));
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      if (!event.dataTransfer?.files.length) return;
      field.files = event.dataTransfer.files;
      field.dispatchEvent(new Event("change"));
    });
    field.addEventListener("change", () => {
      names.replaceChildren(...[...(field.files ?? [])].map((file) => {
        const line = document.createElement("li");
        line.textContent = file.name;
        return line;
      }));
      names.hidden = (field.files?.length ?? 0) < 2;
    });
  }
}
customElements.define("dh-drop", Drop);

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
