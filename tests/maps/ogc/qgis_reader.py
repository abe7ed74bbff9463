"""Read every layer with QGIS, headless: run by the system's Python, which has QGIS.

qgis_reader.py ADDRESS LAYER...: the token is in GIS_TOKEN.  Prints a JSON object: of each layer how
many features came, and how many of them have a geometry.
"""

import json
import os
import sys

from qgis.core import (
    QgsApplication,
    QgsAuthMethodConfig,
    QgsVectorLayer,
)


def main(address: str, names: list[str]) -> None:
    qgis = QgsApplication([], False)
    qgis.initQgis()
    manager = qgis.authManager()
    manager.setMasterPassword("only for this run", True)
    config = QgsAuthMethodConfig("Basic")
    config.setName("gis-server")
    config.setConfig("username", "token")
    config.setConfig("password", os.environ["GIS_TOKEN"])
    assert manager.storeAuthenticationConfig(config)
    found = {}
    for name in names:
        uri = f"url='{address}' typename='{name}' authcfg='{config.id()}'"
        layer = QgsVectorLayer(uri, name, "OAPIF")
        assert layer.isValid(), f"{name}: {layer.error().message()}"
        features = list(layer.getFeatures())
        placed = sum(feature.hasGeometry() for feature in features)
        found[name] = [len(features), placed]
        del layer
    sys.stdout.write(json.dumps(found) + "\n")
    qgis.exitQgis()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
