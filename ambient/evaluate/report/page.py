"""Writes the page: a measurement in, one HTML file out.

The file stands alone: style and drawings are inside, nothing is fetched, nothing is executed. The
same measurement gives the same bytes.
"""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from msgspec import Struct

from ambient import __version__
from ambient.errors import StoreError
from ambient.evaluate.falls import Measured
from ambient.evaluate.groups import Dimension, Group, delays
from ambient.evaluate.manifest import Label, Row
from ambient.evaluate.measure import Outcome, found, wrong
from ambient.evaluate.report import figures, words
from ambient.evaluate.statistics import Rate, Share
from ambient.evaluate.trace import Said


class Case(Struct, frozen=True):
    """One recording that is shown with its course."""

    row: Row
    outcome: Outcome
    verdict: str
    story: str
    course: figures.Course
    strip: list[figures.Figure]
    deciding: Said | None
    reasons: list[words.Reason]


class Headline(Struct, frozen=True):
    """The rows whose figures stand first, and those figures."""

    what: str
    group: Group
    suspected: list[figures.Bar]
    confirmed: list[figures.Bar]


def write(measured: Measured, manifest: Path, target: Path) -> None:
    """Write the page of a measurement.

    Parameters
    ----------
    measured
        With the traces that shall be shown.
    manifest
        Named on the page.
    target
        The file.

    Raises
    ------
    StoreError
        When it cannot be written.
    """
    text = render(measured, manifest.name)
    try:
        target.write_text(text, "utf-8")
    except OSError as error:
        raise StoreError(
            f"{target}: expected to write the report there ({error.strerror}); "
            "choose a folder that exists"
        ) from None


def render(measured: Measured, name: str) -> str:
    """Return the page.

    Parameters
    ----------
    measured
        With the traces that shall be shown.
    name
        Of what was measured.
    """
    pairs = list(zip(measured.rows, measured.outcomes, strict=True))
    shown = [_case(row, out) for row, out in pairs if out.trace is not None]
    order = ["missed", "false alarm", "alarm, not scored", "found", "quiet"]
    shown.sort(key=lambda case: order.index(case.verdict))
    return (
        _environment()
        .get_template("report.html")
        .render(
            name=name,
            version=__version__,
            report=measured.report,
            headline=_headline(measured),
            by_use=_by_use(measured),
            cases=shown,
            more=any(case.verdict in ("found", "quiet") for case in shown),
            wrong=sum(wrong(out) and out.label != Label.AMBIGUOUS for _, out in pairs),
        )
    )


def _headline(measured: Measured) -> Headline:
    """Return the figures of the rows that bars are set on, or of all when there are none."""
    pairs = list(zip(measured.rows, measured.outcomes, strict=True))
    bar = [out for row, out in pairs if row.on_bar]
    every = [out for row, out in pairs if row.label is not Label.AMBIGUOUS]
    report = measured.report
    hits = [out for out in bar or every if out.label == Label.FALL and found(out)]
    return Headline(
        what="rows that bars are set on" if bar else "all scored rows",
        group=report.bar if bar else report.every,
        suspected=figures.histogram(delays(hits, confirmed=False)),
        confirmed=figures.histogram(delays(hits, confirmed=True)),
    )


def _by_use(measured: Measured) -> Dimension:
    report = measured.report
    return Dimension(
        name="use",
        how="what the rows may serve, by the manifest",
        given=report.rows,
        groups=report.by_use,
    )


def _case(row: Row, outcome: Outcome) -> Case:
    assert outcome.trace is not None  # only such rows are shown
    said = words.deciding(outcome.trace)
    if row.label is Label.FALL:
        verdict = "found" if found(outcome) else "missed"
    elif row.label is Label.AMBIGUOUS:
        verdict = "alarm, not scored" if found(outcome) else "quiet"
    else:
        verdict = "false alarm" if found(outcome) else "quiet"
    return Case(
        row=row,
        outcome=outcome,
        verdict=verdict,
        story=words.story(outcome),
        course=figures.course(outcome.trace, row),
        strip=figures.strip(outcome.trace.figures),
        deciding=said,
        reasons=words.reasons(said.contributions) if said is not None else [],
    )


@functools.cache
def _environment() -> Environment:
    env = Environment(
        loader=PackageLoader("ambient.evaluate.report"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["seconds"] = _seconds
    env.filters["share"] = _share
    env.filters["spread"] = _spread
    env.filters["rate"] = _rate
    env.filters["interval"] = figures.interval
    return env


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}\N{NO-BREAK SPACE}s"


def _share(share: Share) -> str:
    return "–" if share.share is None else f"{share.share:.2f}"


def _spread(share: Share) -> str:
    """Return both intervals of a share in words."""
    if share.low is None or share.high is None:
        return "none measured"
    text = f"{share.low:.2f}–{share.high:.2f}"
    if share.resampled_low is None or share.resampled_high is None:
        return text
    return f"{text}, resampled {share.resampled_low:.2f}–{share.resampled_high:.2f}"


def _rate(rate: Rate) -> str:
    if rate.rate is None or rate.low is None or rate.high is None:
        return "–"
    return f"{rate.rate:.3g} ({rate.low:.2g}–{rate.high:.3g})"
