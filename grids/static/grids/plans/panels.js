// The panels beside the map, in the order of their tabs: one line each.  A module exports
// mount(host, editor), with host an empty element of the panel and editor as editor.js has it.

export const PANELS = [
  { name: "grids", title: () => gettext("Grids"), load: () => import("plans/grids_panel") },
  { name: "findings", title: () => gettext("Findings"), load: () => import("plans/findings_panel") },
  { name: "impact", title: () => gettext("Impact"), load: () => import("plans/impact_panel") },
  { name: "propose", title: () => gettext("Proposals"), load: () => import("plans/propose_panel") },
  { name: "steps", title: () => gettext("Steps"), load: () => import("plans/steps_panel") },
];
