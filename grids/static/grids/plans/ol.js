// OpenLayers, served whole: its script stands before the modules and leaves one name behind.

export const ol = globalThis.ol;

export const toMap = (place) => ol.proj.fromLonLat(place);
export const toPlace = (coordinate) => ol.proj.toLonLat(coordinate);
export const boxToMap = (box) => ol.proj.transformExtent(box, "EPSG:4326", "EPSG:3857");

const geojson = new ol.format.GeoJSON({ dataProjection: "EPSG:4326", featureProjection: "EPSG:3857" });

export const geometryOf = (shape) => geojson.readGeometry(shape);
export const featuresOf = (told) => geojson.readFeatures(told);
