"""Pages and files of what has been seen."""
