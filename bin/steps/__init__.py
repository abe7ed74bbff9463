"""The one set-up that bin/up, bin/test and bin/bench share.

Runs before the virtual environment exists: the standard library of Python 3.11 and nothing else.
"""
