"""How a process speaks on stderr: one line a statement, for people or for a journal.

Comes in: the process's name. Goes out: structlog set up for it. Keys, tokens, pictures and
observations are never given to a logger.
"""

from __future__ import annotations

import logging
import sys

from ambient.left_out import left_out

with left_out("rich"):
    # For tracebacks in colour, which nobody would see: they are text before they are shown. 5 MB of
    # each process that imports this before it imports structlog (measured).
    import structlog


def set_up_log(process: str, *, quiet: bool = False) -> None:
    """Send log lines of this process to stderr, each with the name of the process.

    Parameters
    ----------
    process
        Name that every line carries.
    quiet
        Whether only warnings and errors are written.
    """
    level = logging.WARNING if quiet else logging.INFO
    shown: structlog.types.Processor
    if sys.stderr.isatty():
        shown = structlog.dev.ConsoleRenderer()
    else:
        shown = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up for every line: whoever ran this may have put another stream in its place since.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        # A command sets this up once, and a long-running one again with its own name.
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(process=process)
