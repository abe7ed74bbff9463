"""Drawing a plan: its value in this process, steps stored one by one, the page, who has it open.

docs/design/plan-editor.md.
"""
