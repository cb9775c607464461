// <dh-live> holds what changes while the program works. Without this program the page has a link that loads it again;
// with it, the same page is asked for every two seconds and its content takes the place of the old one. When the work has
// ended the whole page is loaded, because the end may bring a form.
class Live extends HTMLElement {
  private timer = 0;

  connectedCallback(): void {
    if (this.dataset["running"] === "yes") this.timer = window.setTimeout(() => void this.look(), 2000);
  }

  disconnectedCallback(): void {
    window.clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } }).catch(() => null);
    const text = answer?.ok ? await answer.text() : "";
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector<HTMLElement>("dh-live");
    if (fresh && fresh.dataset["running"] !== "yes") {
      location.replace(location.pathname);
      return;
    }
    // Whoever is at a button or a link there is not disturbed.
    if (fresh && !this.contains(document.activeElement)) this.replaceChildren(...fresh.childNodes);
    this.timer = window.setTimeout(() => void this.look(), 2000);
  }
}
customElements.define("dh-live", Live);
