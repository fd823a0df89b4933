"""The one tree of exceptions that Ambient raises on purpose.

::

    AmbientError
    ├── ConfigError        a configuration file, the key and what to write instead
    ├── SourceError        a camera or file that cannot be opened or read
    ├── ModelError         a model that is missing, broken or of the wrong hash
    ├── LinkError          the link node ► hub: keys, versions, enrolment
    ├── StoreError         a database or disk that cannot take what must be kept
    └── UsageError         a command called in a way that cannot work

Every message says what was expected, what came, and what to do. The command line prints it as
one line and exits with the class's ``exit_code``.
"""

from typing import ClassVar


class AmbientError(Exception):
    """Base of every error that Ambient raises on purpose."""

    exit_code: ClassVar[int] = 1


class UsageError(AmbientError):
    """A command or function was called in a way that cannot work."""

    exit_code = 2


class ConfigError(AmbientError):
    """A configuration file has a wrong value, a wrong type or an unknown key."""

    exit_code = 3


class SourceError(AmbientError):
    """A camera, file or stream cannot be opened or read."""

    exit_code = 4


class ModelError(AmbientError):
    """A model is missing, damaged, or not what the catalogue says it is."""

    exit_code = 5


class LinkError(AmbientError):
    """The link between node and hub: keys, protocol version, enrolment."""

    exit_code = 6


class StoreError(AmbientError):
    """A database or disk cannot take what must be kept."""

    exit_code = 7
