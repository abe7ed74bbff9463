"""The desk: the wall's map with tools, for somebody who sits before it."""
