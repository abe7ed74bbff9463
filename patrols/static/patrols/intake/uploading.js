// The page on which a file is added to somebody's track.

import { listen } from "patrols/upload";

listen(document.getElementById("upload"), JSON.parse(document.getElementById("patrols-config").textContent));
