// What a layer would change, before and after: the maps of the page that compares plans.

import { start } from "grids/plans/compare";

start(document.getElementById("compare"), JSON.parse(document.getElementById("changes-config").textContent));
