// The page of a track: its map, and files that are added to one's own.

import { draw } from "patrols/track_map";
import { listen } from "patrols/upload";

const config = JSON.parse(document.getElementById("patrols-config").textContent);
draw(document.getElementById("map"), config);
listen(document.getElementById("upload"), config);
