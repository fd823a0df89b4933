"""The acceptance test's facts, gathered from a hub that may be running, and its report to sign.

Comes in: the hub's configuration and the time. Goes out: `Facts` for the pure test, and a page of
HTML that loads nothing.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from ambient import __version__
from ambient.config import HubConfig
from ambient.config_base import is_loopback
from ambient.doctor.findings import Level, Report
from ambient.errors import UsageError
from ambient.hub.acceptance import Facts
from ambient.hub.board import read_board
from ambient.hub.channels import host
from ambient.hub.database import DATABASE, HubDatabase
from ambient.hub.registry import Registry
from ambient.hub.standby import kept
from ambient.hub.store import Store
from ambient.hub.uncalled import uncalled
from ambient.sealed_archive import SUFFIX


def gathered(config: HubConfig, now: int) -> Facts:
    """Return what is known of a hub at `now` (ns).

    Raises
    ------
    UsageError
        When it never ran.
    StoreError
        When its database cannot be read.
    """
    path = config.state_dir / DATABASE
    if not path.exists():
        raise UsageError(f"{path}: expected the hub's database, found none; start the hub before")
    with HubDatabase(path) as database:
        registry = Registry(database)
        board = read_board(database, config.rooms, registry.served(), now)
        verdict = Store(database).verify()
        waiting = [one.node for one in registry.pending()]
    alarms = Counter(alarm.room for alarm in board.alarms if alarm.room is not None)
    return Facts(
        now=now,
        broken="" if verdict.broken is None else str(verdict.broken),
        trouble="" if board.trouble is None else board.trouble.value.replace("_", " "),
        encrypted=config.web.https or config.web.secure_cookies,
        loopback=is_loopback(config.web.host),
        backup=config.backup is not None,
        newest_backup=_newest_backup(config),
        relay=config.alive is not None,
        waiting=waiting,
        nodes=board.nodes,
        rooms=board.rooms,
        open_alarms=dict(alarms),
        standby=config.standby is not None,
        standby_fault=_fault(config, now),
        channel_faults=host.faults(config),
        uncalled=uncalled(config),
    )


def page(config: HubConfig, report: Report, now: int) -> str:
    """Return the report as a page to print and sign."""
    from jinja2 import Environment, StrictUndefined

    made = datetime.fromtimestamp(now / 1e9, UTC).isoformat(timespec="seconds")
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(_PAGE)
    failed = sum(one.level is Level.FAILED for one in report.findings)
    return template.render(
        site=config.site, report=report, made=made, version=__version__, failed=failed
    )


def _fault(config: HubConfig, now: int) -> str:
    """Return what is wrong with the two hubs; nothing when all is well, or there is one alone."""
    if config.standby is None:
        return ""
    status = kept.status_of(config.state_dir, now)
    if status is None:
        return "the hub on this machine does not run"
    return "" if status.well else " ".join(kept.told(status))


def _newest_backup(config: HubConfig) -> int | None:
    if config.backup is None or not config.backup.dir.is_dir():
        return None
    times = [path.stat().st_mtime_ns for path in config.backup.dir.glob(f"hub-*{SUFFIX}")]
    return max(times, default=None)


_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Acceptance of {{ site }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 1.5rem auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; border-top: 1px solid #999; padding: .3rem .6rem }
.failed { color: #a3001b; font-weight: 700 } .warning { color: #7a4b00; font-weight: 700 }
</style></head><body><main>
<h1>Acceptance of {{ site }}</h1>
<p>{{ made }}, Ambient {{ version }}. <strong>{% if report.ok %}Accepted: no step failed.\
{% else %}NOT accepted: {{ failed }} steps failed.{% endif %}</strong></p>
<table><thead><tr><th scope="col">Requirement</th><th scope="col">Result</th>
<th scope="col">Found</th></tr></thead><tbody>
{% for one in report.findings %}
<tr><th scope="row">{{ one.check }}</th><td class="{{ one.level.value }}">{{ one.level.value }}</td>
<td>{{ one.found }}{% if one.mend %}<br>► {{ one.mend }}{% endif %}</td></tr>
{% endfor %}
</tbody></table>
<p>Not part of this test: what only a person can try. Ring from each room until a telephone rings;
pull the hub's plug and see the nurse call's fault; read the certificate of each room's walk, which
names what that room does not cover.</p>
<p>Name, date, signature: ______________________________</p>
</main></body></html>
"""
