"""How the server itself fares: for Prometheus (`/metrics`), and in plain words for administrators.

`readings` are the values · `meters` count inside each process · `asking` asks all parts, each for
itself · a file for each part says what it finds, its state and what to do · `pages` are the edges.
Apps bring parts of their own: `settings.WATCHES` names them, for this package imports no app.
docs/watch.md is for administrators, docs/design/watching.md says why.
"""
