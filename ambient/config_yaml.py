"""A YAML file of a configuration, read without what can be misread or misused.

Comes in: a path. Goes out: keys and values, or an error that never repeats a line of the file: it
may hold a password.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from ambient.config_errors import shown
from ambient.errors import ConfigError

MAX_BYTES: Final = 256 * 1024
"""Sixteen rooms full of cameras with zones and masks have less than half of this."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Return what the file holds: keys and values at the top.

    Raises
    ------
    ConfigError
        When it cannot be read, is too long, or is no YAML of that kind.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: expected a configuration file, found none; copy the example from deploy/"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check its owner") from None
    return parsed(data, path)


def parsed(data: bytes, path: Path) -> dict[str, Any]:
    """Return what the content of the file `path` holds.

    Raises
    ------
    ConfigError
        When it is too long, or no YAML of that kind.
    """
    if len(data) > MAX_BYTES:
        raise ConfigError(
            f"{path}: expected at most {MAX_BYTES} bytes, got more; is this the right file?"
        )
    try:
        raw = yaml.load(data, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"{path}: expected YAML, got something else: {_yaml_says(error)}"
        ) from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: expected keys and values, got {shown(raw)}")
    return raw


def _yaml_says(error: Exception) -> str:
    """Return what is wrong and where, without the line itself: it may hold a password."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    if isinstance(error, yaml.reader.ReaderError):
        return f"position {error.position}: {error.reason}; save the file as UTF-8"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


class _Loader(yaml.SafeLoader):
    """YAML without what nobody needs here and what can be misread or misused.

    A key that stands twice is an error, not silently the last one. A reference (``*name``) is
    one too: a few of them, nested, stand for more than any memory holds.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse references."""
        if self.check_event(yaml.AliasEvent):
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None,
                None,
                "expected values, got a reference (*name); write the value out",
                event.start_mark,
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that stands twice."""
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    raise yaml.constructor.ConstructorError(
                        None,
                        None,
                        f"expected each key once, got {shown(key.value)} again",
                        key.start_mark,
                    )
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)
