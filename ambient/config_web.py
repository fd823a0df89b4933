"""Sections of ``hub.yaml`` about who gets in.

Comes in: nothing. Goes out: what `ambient.config.Web` is made of.
"""

from __future__ import annotations

from enum import StrEnum


class SecondFactor(StrEnum):
    """From whom a code of an authenticator app is asked before they configure."""

    REQUIRED = "required"
    """From everybody whose role configures; who has none sets one up after signing in."""
    OPTIONAL = "optional"
    """From those who set one up."""
