"""Boundary plans in the database: drafts, approval, publication, and looking back.

What a plan amounts to is `grids.redrawing`, what may follow what `grids.plan_flow`; both are pure.
docs/design/plan-publication.md has the reasons.
"""
