"""Any day's map, two days or plans beside each other, and rates on common ground."""
