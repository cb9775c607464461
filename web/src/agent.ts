// <dh-agent> hands a prepared paper to the ministries' signing program on this machine, by its own protocol: one message
// over a local socket, one answer when the signed file has been brought to the server. Without this program, or without
// the signing program, the page's forms do the same by hand.
interface Answer { Status?: number; Message?: string }

class Agent extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => this.ask(button));
  }

  private ask(button: HTMLButtonElement): void {
    const { address = "", message = "", done = "/", waiting = "", missing = "", refused = "" } = this.dataset;
    let answered = false;
    const say = (words: string): void => {
      const place = this.querySelector("[role=status]");
      if (place) place.textContent = words;
    };
    const end = (words: string): void => {
      if (answered) return;
      answered = true;
      button.disabled = false;
      say(words);
    };
    button.disabled = true;
    say(waiting);
    let socket: WebSocket;
    try {
      socket = new WebSocket(address);
    } catch {
      end(missing);
      return;
    }
    socket.addEventListener("open", () => socket.send(message));
    socket.addEventListener("error", () => end(missing));
    socket.addEventListener("close", () => end(missing));
    socket.addEventListener("message", (event) => {
      let answer: Answer = {};
      try {
        answer = JSON.parse(String(event.data)) as Answer;
      } catch { /* no answer that can be read is a refusal */ }
      if (answer.Status === 0) {
        answered = true;
        window.location.assign(done);
      } else {
        end(answer.Message || refused);
      }
      socket.close();
    });
  }
}
customElements.define("dh-agent", Agent);
