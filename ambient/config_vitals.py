"""The section of node.yaml for judgements on vital signs: off unless a study asks for them.

Comes in: values of the file. Goes out: a frozen struct.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ambient.config_base import Strict

SaturationScale = Annotated[int, Meta(ge=1, le=2)]
"""NEWS2's scale of oxygen saturation; 2 only where a target of 88 to 92 % is prescribed."""


class ResearchUse(Strict, frozen=True, kw_only=True):
    """Which judgements on vital signs are made: for research only, this is no medical device.

    Nobody may be treated, and no treatment left out, because of them. Each needs the purpose
    *vitals* of the room as well.

    Attributes
    ----------
    news2
        The early warning score, with bounds.
    glucose
        Low, or forecast to be.
    rhythm
        An irregular pulse.
    baseline
        Far from the resident's own usual.
    """

    news2: bool = False
    glucose: bool = False
    rhythm: bool = False
    baseline: bool = False
