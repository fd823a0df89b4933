"""Templates: Jinja with escaping on, a strict undefined, the reader's language, the house's clock.

Comes in: the name of a template and what it shows. Goes out: HTML.
"""

from __future__ import annotations

import functools

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ambient import __version__
from ambient.hub.languages import NAME, gettext, ngettext, spoken
from ambient.hub.web.context import local_clock
from ambient.hub.web.script_words import script_words


@functools.cache
def environment() -> Environment:
    """Return the one environment of templates."""
    env = Environment(
        loader=PackageLoader("ambient.hub.web"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.policies["ext.i18n.trimmed"] = True
    # mypy does not see what the extension adds.
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.filters["clock"] = local_clock
    env.globals["version"] = __version__
    env.globals["spoken"] = spoken
    env.globals["languages"] = {language.value: name for language, name in NAME.items()}
    env.globals["script_words"] = script_words
    return env


def render(template: str, **shown: object) -> str:
    """Return the HTML of `template`."""
    return environment().get_template(template).render(**shown)
