"""Backups: made, looked through, put back.  See docs/backup.md and docs/design/backups.md.

Pure: `manifest` what a backup says of itself, `shelf` where backups lie, `pictures` the files among
them, `programs` PostgreSQL's own programs, `clock` when the next one is due, `errors`.
"""
