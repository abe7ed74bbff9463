"""OGC API - Features: every layer a user may see, for QGIS, ogr2ogr and other programs."""
