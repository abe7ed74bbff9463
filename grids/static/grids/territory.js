// The start of every page of the territory: what the page has decides what is loaded.

import { watch } from "grids/watch";

const config = JSON.parse(document.getElementById("territory-config").textContent);

if (document.getElementById("tree")) (await import("grids/tree")).start(document.getElementById("tree"));
if (document.getElementById("map")) (await import("grids/page_map")).start(document.getElementById("map"), config);
watch(config, document.getElementById("changed"));
