"""A file brought in from beginning to end, without pages: for commands, fixtures and benchmarks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from gis_server.errors import DomainError
from grids.imports import services, work
from grids.imports.flow import Step
from grids.imports.told import said_of_fault, said_of_run
from grids.models import ImportRun


@dataclass(frozen=True)
class How:
    """What a page would ask: empty where the file or a guess answers it."""

    target: str
    scope: str
    valid_from: date
    layer: str = ""
    mapping: Mapping[str, str] | None = None
    frame: str = ""
    exchange_axes: bool = False
    retire_absent: bool = False


def check_file(path: Path, how: How, *, now: datetime) -> ImportRun:
    """Look into a file and check all its rows; the report stands in the run.

    Raises:
        DomainError: it cannot be begun or its columns cannot be read as asked.
    """
    with path.open("rb") as content:
        run = services.begin(
            content=content,
            source_name=path.name,
            target=how.target,
            scope=how.scope,
            valid_from=how.valid_from,
            by=None,
            now=now,
        )
    run = work.inspect(run, now=now)
    if run.step != Step.WAITING:
        return run
    run = services.confirm(
        run,
        layer=how.layer or run.layer,
        mapping=run.mapping if how.mapping is None else how.mapping,
        frame=how.frame or run.frame,
        exchange_axes=how.exchange_axes or run.exchange_axes,
        retire_absent=how.retire_absent,
        by=None,
        now=now,
    )
    return work.check(run, now=now)


def apply_checked(run: ImportRun, *, now: datetime) -> ImportRun:
    """Write what `check_file` found.

    Raises:
        DomainError: it was not checked, or has faults.
    """
    return work.write(services.start_apply(run, by=None, now=now), now=now)


def bring_in(path: Path, how: How, *, now: datetime) -> ImportRun:
    """Check and apply a file that must be in order.

    Raises:
        DomainError: it is not; the message says what the first fault is.
    """
    run = check_file(path, how, now=now)
    if not run.may_be_applied:
        raise DomainError(f"{path.name}: {first_trouble(run)}")
    run = apply_checked(run, now=now)
    if run.step != Step.APPLIED:
        raise DomainError(f"{path.name}: {first_trouble(run)}")
    return run


def first_trouble(run: ImportRun) -> str:
    """Why a run did not go on, in a sentence."""
    fault = run.faults.first()
    return said_of_fault(fault) if fault else said_of_run(run)
