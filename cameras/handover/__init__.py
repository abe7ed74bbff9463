"""The offline list and what is handed over of it: files, deliveries (离线清单)."""
