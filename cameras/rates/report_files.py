"""A monthly report as a workbook and as a document, drawn from its stored figures."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cameras.models import Camera
from cameras.rates import export
from cameras.rates.figures import TABLES, Figures, read
from cameras.rates.models import MonthlyReport
from cameras.rates.plot import lowest, percent
from cameras.rates.queries import By, Group
from cameras.rates.share import TARGETS, Seconds, is_below
from cameras.rates.words import by_name, target_name
from gis_server import pdf_export, pdf_plots, pdf_tables
from gis_server.xlsx_export import PERCENT, Chart, Column, Sheet, Value, workbook


def title_of(report: MonthlyReport, area: str) -> str:
    values = {"area": area, "month": f"{report.month:%Y-%m}"}
    return _("Report of %(area)s for %(month)s") % values


def captions_of(report: MonthlyReport) -> list[str]:
    known = timezone.localtime(report.known_at)
    by = str(report.made_by) if report.made_by else _("the server")
    return [
        _("Known at %(time)s") % {"time": f"{known:%Y-%m-%d %H:%M:%S}"},
        _("Made by %(name)s") % {"name": by},
        _("Watched = online + down; excused and unknown time belongs to neither side."),
    ]


def as_xlsx(report: MonthlyReport, area: str, zone: tzinfo) -> bytes:
    figures = read(report.figures)
    captions = [title_of(report, area), *captions_of(report)]
    tables = [export.sheet(by_name(by), captions, figures.tables[by]) for by in TABLES]
    return workbook([*tables, days_sheet(figures, captions)], zone)


def days_sheet(figures: Figures, captions: Sequence[str]) -> Sheet:
    """A row a day, with the lines of both rates and the targets below."""
    classes = [name for name in TARGETS if name in figures.days]
    columns = [
        Column(_("Day"), 10),
        Column(_("Online rate"), 12, PERCENT),
        Column(_("Intact rate"), 12, PERCENT),
        *(Column(target_name(name), 24, PERCENT) for name in classes),
        *(Column(head, 12, export.HOURS) for head in hour_heads()),
    ]
    rows = [
        [label, one.online_rate, one.intact_rate, *(TARGETS[name] for name in classes), *hours(one)]
        for label, one in zip(figures.labels, figures.days[""], strict=True)
    ]
    lines = [1, 2, *range(3, 3 + len(classes))]
    chart = Chart(_("Online and intact rates"), 0, lines, low_of(figures.days[""]), 1.0)
    return Sheet(pgettext("sheet", "By day"), columns, rows, captions, chart, filtered=False)


def hour_heads() -> list[str]:
    return [_("Watched (h)"), _("Down (h)"), _("Excused (h)"), _("Unknown (h)")]


def hours(one: Seconds) -> list[Value]:
    sums = (one.monitored_s, one.down_s, one.excused_s, one.unknown_s)
    return [seconds / export.HOUR_S for seconds in sums]


def low_of(points: Sequence[Seconds]) -> float:
    rates = [rate for one in points for rate in (one.online_rate, one.intact_rate)]
    return lowest([rate for rate in rates if rate is not None])


def as_pdf(report: MonthlyReport, area: str) -> bytes:
    """
    Raises:
        Unavailable: the machine has no Chinese font.
    """
    figures = read(report.figures)
    document = pdf_export.Document(
        title_of(report, area), report.made_at, captions=captions_of(report)
    )
    pdf_plots.add_plot(document, plot_of(_("All cameras"), figures, ""))
    for name in TARGETS:
        if name in figures.tables[By.CLASS].total.classes:
            pdf_plots.add_plot(document, plot_of(str(Camera.Priority(name).label), figures, name))
    for by in TABLES:
        document.heading(by_name(by))
        pdf_tables.add_table(document, paper_columns(by_name(by)), paper_rows(figures, by))
    return document.content()


def plot_of(title: str, figures: Figures, name: str) -> pdf_plots.Plot:
    """The lines of a class with its target, or of all cameras."""
    points = figures.days[name]
    lines = [
        pdf_plots.Line(_("Online rate"), [one.online_rate for one in points]),
        pdf_plots.Line(_("Intact rate"), [one.intact_rate for one in points]),
    ]
    targets = [pdf_plots.Target(percent(TARGETS[name]), TARGETS[name])] if name else []
    return pdf_plots.Plot(title, figures.labels, lines, targets, low_of(points), 1.0)


def paper_columns(by: str) -> list[pdf_export.Column]:
    heads = [_("Cameras"), _("Online rate"), _("Intact rate"), *hour_heads(), _("Below target")]
    return [
        pdf_export.Column(by, 2.4),
        *(pdf_export.Column(head, 1.1, "R") for head in heads[:-1]),
        pdf_export.Column(heads[-1], 1.9),
    ]


def paper_rows(figures: Figures, by: By) -> Iterator[list[str]]:
    for group in export.rows_of(figures.tables[by]):
        yield [
            group.name or _("All"),
            f"{group.all.cameras:,}",
            shown(group.all.online_rate),
            shown(group.all.intact_rate),
            *(f"{value:,.1f}" for value in hours(group.all)),
            missed(group),
        ]


def shown(rate: float | None) -> str:
    return "–" if rate is None else percent(rate)


def missed(group: Group) -> str:
    """The classes of a group that are below their targets."""
    return "; ".join(
        f"{Camera.Priority(name).label} {shown(one.intact_rate)}"
        for name, one in group.classes.items()
        if is_below(name, one)
    )
