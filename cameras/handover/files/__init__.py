"""The offline list as files: each of them has the same rows in the same order."""
