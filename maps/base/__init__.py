"""The map of somebody else under our layers, where the settings name one."""
