// Enhancements only: every page works without this file.
import "./rows";
import "./once";
import "./dismiss";
import "./drop";
import "./live";
document.documentElement.classList.add("js");
