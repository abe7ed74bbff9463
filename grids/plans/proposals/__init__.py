"""Borders that are worked out for a community: asked for, worked out by a job, taken into a draft.

docs/design/proposals.md.
"""
