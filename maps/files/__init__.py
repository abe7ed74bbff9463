"""Files for briefings: pages that open anywhere, maps on paper and as pictures, GeoPackages."""
