"""Bringing files in through the pages, as people do."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.days.town import Town

JOB_MS = 120_000
"""What a job may take on two busy cores."""


def send(page: Page, town: Town, path: Path, kind: str, scope: str) -> None:
    """Send a file and wait until the job has looked into it."""
    page.goto(f"{town.url}/imports/new/?kind={kind}")
    page.locator("#file").set_input_files(path)
    expect(page.locator("#scope")).to_have_value(scope)
    page.locator("#valid_from").fill("2026-01-01")
    page.locator("#send").click()
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    expect(page.locator("#reading, .badge.bad")).to_be_visible(timeout=JOB_MS)


def check(page: Page, frame: str = "") -> None:
    """Take the guess of the columns over, and wait for the report."""
    if frame:
        page.locator("#frame").select_option(frame)
    page.locator("#reading button.main").click()
    done = page.locator(".badge.good, .badge.bad, #reading [role=alert]")
    expect(done.first).to_be_visible(timeout=JOB_MS)


def apply(page: Page) -> None:
    page.locator("[data-opens=confirm-apply]").click()
    page.locator("#confirm-apply button.main").click()
    expect(page.locator(".message.success")).to_be_visible(timeout=JOB_MS)
