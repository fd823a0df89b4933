"""The report as a PDF, made by reportlab: pure Python, no browser and no system library.

Comes in: a `Report`. Goes out: the bytes of a file that is the same for the same report.
"""

from __future__ import annotations

import io
from typing import Any
from xml.sax.saxutils import escape

from ambient.hub.burden.report import Report
from ambient.hub.burden.tables import Table, tables
from ambient.hub.languages import gettext


def pdf_of(report: Report) -> bytes:
    """Return the report as a PDF, A4 across."""
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.lib.units import mm
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

    styles = getSampleStyleSheet()
    out = io.BytesIO()
    title = gettext("Alarm burden of %(site)s") % {"site": report.site}
    document = SimpleDocTemplate(
        out,
        pagesize=landscape(A4),
        leftMargin=12 * mm,
        rightMargin=12 * mm,
        topMargin=12 * mm,
        bottomMargin=12 * mm,
        title=title,
        author="Ambient",
        invariant=1,
    )
    story: list[Any] = [
        Paragraph(escape(title), styles["Title"]),
        Paragraph(
            escape(
                gettext("%(first)s to %(last)s: %(days)s days, %(rooms)s rooms")
                % {
                    "first": report.first,
                    "last": report.last,
                    "days": f"{report.days:g}",
                    "rooms": report.rooms_counted,
                }
            ),
            styles["Normal"],
        ),
    ]
    for table in tables(report):
        story += [
            Paragraph(escape(table.title), styles["Heading2"]),
            Paragraph(escape(table.note), styles["Normal"]),
            Spacer(1, 2 * mm),
            _drawn(table, document.width),
        ]
    document.build(story)
    return out.getvalue()


def _drawn(table: Table, width: float) -> Any:
    from reportlab.lib import colors
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph
    from reportlab.platypus import Table as Drawn

    plain = ParagraphStyle("cell", fontName="Helvetica", fontSize=6.5, leading=8)
    bold = ParagraphStyle("head", parent=plain, fontName="Helvetica-Bold")
    lines = [[Paragraph(escape(cell), bold) for cell in table.head]]
    lines += [[Paragraph(escape(cell), plain) for cell in cells] for cells in table.rows]
    ink = colors.HexColor("#b3261e") if table.loud else colors.HexColor("#8a94a0")
    return Drawn(
        lines,
        colWidths=[width / len(table.head)] * len(table.head),
        repeatRows=1,
        style=[
            ("LINEBELOW", (0, 0), (-1, 0), 1, ink),
            ("LINEBELOW", (0, 1), (-1, -1), 0.25, ink),
            *([("BOX", (0, 0), (-1, -1), 2, ink)] if table.loud else []),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            *(
                (name, (0, 0), (-1, -1), 1.5)
                for name in ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
            ),
        ],
    )
