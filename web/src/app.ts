// Enhancements only: every page works without this file.
import "./rows";
import "./once";
import "./dismiss";
document.documentElement.classList.add("js");
