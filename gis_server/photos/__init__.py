"""Photos that people send: judged by content, made ours by a process that can do nothing else, and
stored below MEDIA_ROOT.  The rows that name the files belong to whoever took them.
"""
