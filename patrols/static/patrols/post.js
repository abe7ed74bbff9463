// The map of a post's form: a press on it writes the position.

import { start } from "grids/page_map";

start(document.getElementById("map"), JSON.parse(document.getElementById("patrols-config").textContent));
