"""Templates: Jinja with escaping on, a strict undefined, and the clock of the house.

Comes in: the name of a template and what it shows. Goes out: HTML.
"""

from __future__ import annotations

import functools

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ambient import __version__
from ambient.hub.web.context import local_clock


@functools.cache
def environment() -> Environment:
    """Return the one environment of templates."""
    env = Environment(
        loader=PackageLoader("ambient.hub.web"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["clock"] = local_clock
    env.globals["version"] = __version__
    return env


def render(template: str, **shown: object) -> str:
    """Return the HTML of `template`."""
    return environment().get_template(template).render(**shown)
