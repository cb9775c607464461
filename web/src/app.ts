// Enhancements only: every page works without this file.
import "./rows";
import "./once";
import "./dismiss";
import "./drop";
document.documentElement.classList.add("js");
