// Inside the file of a briefing: puts names, facts, signs and the legend on the map that folium made.
// All of it is data from the block beside this script and becomes text, never markup; the only markup
// are the signs, which the server draws itself from shapes and one character of its own words.
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const { map: mapName, groups, grids: gridsName } = read("briefing-map");
  const data = read("briefing-data");
  const map = window[mapName];
  const NEAR_ZOOM = 13.5;
  const NAMESPACE = "http://www.w3.org/2000/svg";

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // Parsed as a picture, in which nothing runs, and taken over only if it is one.
  function picture(number) {
    const parsed = new DOMParser().parseFromString(`<svg xmlns="${NAMESPACE}"${data.pictures[number].slice("<svg".length)}`, "image/svg+xml");
    const holder = element("span", "sign");
    holder.append(document.importNode(parsed.documentElement, true));
    return holder;
  }

  function facts(list) {
    const made = element("dl");
    for (const [head, text] of list) made.append(element("dt", "", head), element("dd", "", text));
    return made;
  }

  // What matters more lies on top, wherever it stands.
  const LIFT = { cameras: -20000, events: 0, outages: 20000 };

  function spots(name) {
    const group = groups[name] && window[groups[name]];
    for (const [lat, lon, number, told, rank] of group ? data[name] : []) {
      const sign = picture(number);
      const side = Number(sign.firstChild.getAttribute("width"));
      const icon = L.divIcon({ html: sign, className: "sign", iconSize: [side, side] });
      L.marker([lat, lon], { icon, keyboard: true, alt: told[0][1], title: told[0][1], zIndexOffset: LIFT[name] + rank }).bindPopup(() => facts(told)).addTo(group);
    }
  }

  function names() {
    const group = groups.names && window[groups.names];
    for (const [level, name, lat, lon] of group ? data.names : []) {
      const holder = element("span", "", name);
      L.marker([lat, lon], { icon: L.divIcon({ html: holder, className: `name ${level}` }), interactive: false, keyboard: false, zIndexOffset: -40000 }).addTo(group);
    }
  }

  function grids() {
    const layer = gridsName && window[gridsName];
    if (layer) layer.eachLayer((one) => one.bindPopup(() => facts(data.grids[Number(one.feature.id)])));
  }

  // Without its colours a grid can be pressed all the same.
  function colours() {
    const layer = gridsName && window[gridsName];
    const group = groups.colours && window[groups.colours];
    if (!layer || !group) return;
    group.on("remove", () => layer.setStyle({ fillOpacity: 0 }));
    group.on("add", () => layer.resetStyle());
  }

  // Beside the map: it hides nothing of it.
  function legend() {
    const box = element("aside", "legend");
    box.setAttribute("aria-label", data.legend_text);
    for (const { heading, entries } of data.legend) {
      const list = element("ul");
      for (const [what, text] of entries) list.append(entry(what, text));
      box.append(element("h2", "", heading), list);
    }
    const body = element("main", "body");
    map.getContainer().before(body);
    body.append(map.getContainer());
    if (data.legend.length) body.append(box);
  }

  function entry(what, text) {
    const item = element("li");
    if (typeof what === "number") {
      item.append(picture(what));
    } else {
      const box = element("span", what === "hatched" ? "box hatched" : "box");
      if (what !== "hatched") box.style.backgroundColor = what;
      item.append(box);
    }
    item.append(element("span", "", text));
    return item;
  }

  // Grids of which nothing is known are hatched.
  function pattern() {
    const make = (tag, attributes) => {
      const made = document.createElementNS(NAMESPACE, tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      return made;
    };
    const svg = make("svg", { class: "patterns", "aria-hidden": "true" });
    const hatch = make("pattern", { id: "not-known", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
    hatch.append(make("rect", { width: 6, height: 6, fill: "#ffffff" }), make("line", { x1: 0, x2: 0, y1: 0, y2: 6, stroke: "#96a0ac", "stroke-width": 2 }));
    svg.append(hatch);
    document.body.append(svg);
  }

  function frame() {
    document.title = data.title;
    const head = element("header", "head");
    head.append(element("h1", "", data.title), element("p", "", data.about));
    document.body.prepend(head);
    document.body.append(element("p", "foot", data.source));
  }

  function nearness() {
    map.getContainer().classList.toggle("far", map.getZoom() < NEAR_ZOOM);
  }

  const view = data.extent;
  pattern();
  legend();
  frame();
  L.control.scale({ imperial: false }).addTo(map);
  map.invalidateSize({ animate: false });
  map.fitBounds(view, { animate: false, padding: [16, 16] });
  grids();
  colours();
  names();
  ["cameras", "events", "outages"].forEach(spots);
  map.on("zoomend", nearness);
  nearness();
})();
