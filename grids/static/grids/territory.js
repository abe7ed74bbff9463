// The start of every page of the territory: what the page has decides what is loaded.

import { watch } from "grids/watch";

const config = JSON.parse(document.getElementById("territory-config").textContent);

if (document.getElementById("tree")) (await import("grids/tree")).start(document.getElementById("tree"));
if (document.getElementById("map")) (await import("grids/page_map")).start(document.getElementById("map"), config);
if (document.getElementById("plan-map")) (await import("grids/plans/plan_page")).start(document.getElementById("plan-map"), config);
if (document.getElementById("compare")) (await import("grids/plans/compare")).start(document.getElementById("compare"), config);
if (document.getElementById("day-map")) (await import("grids/plans/day")).start(document.getElementById("day-map"), config);
if (document.getElementById("life-map")) (await import("grids/plans/life")).start(document.getElementById("life-map"), config);
watch(config, document.getElementById("changed"));
