// Enhancements only: every page works without this file.
import "./rows";
import "./once";
import "./dismiss";
import "./drop";
import "./agent";
import "./live";
document.documentElement.classList.add("js");
