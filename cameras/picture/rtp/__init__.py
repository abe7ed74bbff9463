"""Pictures out of RTP packets (RFC 3550): bytes to values, pure and bounded.

What waits for a camera is a connection of ours, so a silent one costs no process; and what decodes
never sees the network.  `track` reads which stream is wanted, `packets` takes a connection apart,
`units` puts pictures together again, a file for each codec; `watch` decides which of them are new,
`matroska` wraps these for a decoder.
"""
