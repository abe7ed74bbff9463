"""Online and intact rates from intervals, excused time, patterns of failure (在线率, 完好率)."""
