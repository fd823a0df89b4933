"""Which kinds of channels there are, and how one is made from its options.

Comes in: the entry points of the group ``ambient.channels``, an entry of ``channels`` in hub.yaml.
Goes out: a `Channel`, or an error that names the wrong key.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final

import msgspec
import structlog

from ambient.config_channels import ChannelConfig
from ambient.config_errors import explain
from ambient.errors import AmbientError, ConfigError
from ambient.hub.channels.seam import Channel, House, NotHereError

GROUP: Final = "ambient.channels"

_OWN: Final = "ambient.hub.channels"
BUILT_IN: Final = {
    "apprise": f"{_OWN}.apprise:Apprise",
    "email": f"{_OWN}.mail:Mail",
    "espa": f"{_OWN}.espa:Espa",
    "fhir": f"{_OWN}.fhir:Fhir",
    "hl7": f"{_OWN}.acm:Acm",
    "mqtt": f"{_OWN}.mqtt:Mqtt",
    "ntfy": f"{_OWN}.ntfy:Ntfy",
    "relay": f"{_OWN}.relay:RelayChannel",
    "syslog": f"{_OWN}.syslog:Syslog",
    "webhook": f"{_OWN}.webhook:Webhook",
    "webpush": f"{_OWN}.webpush:WebPush",
}
"""Kind ► where its class is."""

_log = structlog.get_logger(__name__)


def kinds() -> dict[str, EntryPoint]:
    """Return every kind that is installed ► where its class is; those of the hub itself first."""
    found = {name: EntryPoint(name, value, GROUP) for name, value in BUILT_IN.items()}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, point)
    return found


def make(name: str, config: ChannelConfig, house: House) -> Channel:
    """Return the channel of the entry `name`.

    Raises
    ------
    ConfigError
        When there is no such kind, or an option is wrong.
    NotHereError
        When a file or package that it needs is not here, or the plugin itself fails.
    """
    known = kinds()
    where = f"channels.{name}"
    if config.kind not in known:
        listed = ", ".join(sorted(known))
        raise ConfigError(
            f"{where}.kind: expected an installed kind of channel ({listed}), got {config.kind!r}"
        )
    try:
        plugin = known[config.kind].load()
    except (ImportError, AttributeError) as error:
        raise NotHereError(
            f"{where}.kind: expected what {config.kind} needs to be installed, got: {error}; "
            "install ambient[hub]"
        ) from None
    try:
        options = msgspec.convert(config.options, plugin.Options, strict=True, dec_hook=_to_path)
    except msgspec.ValidationError as error:
        patterns: dict[str, str] = getattr(plugin, "PATTERNS", {})
        why = explain(str(error), config.options, plugin.Options, _to_path, patterns)
        raise ConfigError(f"{where}.options.{why}") from None
    try:
        made: Channel = plugin(options, house)
    except ConfigError:
        raise
    except AmbientError as error:
        raise NotHereError(f"{where}.options: {error}") from None
    except Exception as error:
        # It may be anybody's. All other ways out and the pages serve without it.
        _log.error("channel_broken", channel=name, error=repr(error))
        raise NotHereError(
            f"{where}: expected the plugin of {config.kind} to open, got {type(error).__name__}; "
            "the hub's log says more"
        ) from error
    return made


def _to_path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str) and value and "\0" not in value:
        return Path(value)
    raise TypeError("expected a path")
