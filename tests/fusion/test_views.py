"""Who promised to send and is silent: cameras, microphones, wearables, sensors."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.config import NodeConfig, load_node
from ambient.events import AnyEvent, Device, NodeSourceSilent, QualityRestored
from ambient.observations import AnyObservation, Tick, VitalMeasured
from fusion.judge import Judge
from fusion.views import SILENT_S, Say, SourceState, Views

NS = 1_000_000_000
START = 1_800_000_000 * NS

CONFIG = """
site: s
node: n-1
state_dir: {folder}
rooms:
  - id: r1
    beds: [{{id: b1, subject: s-aaaa}}]
    purposes: {{falls: on, vitals: on}}
    wearables:
      - {{id: band, device: omh/w1, via: mqtt, subject: s-aaaa, every_s: {every}}}
      - {{id: scale, device: omh/w2, via: mqtt, subject: s-aaaa}}
    sensors:
      - {{id: cord, device: cord-1, kind: cord, every_s: 120}}
      - {{id: door, device: door-1, kind: door}}
gateways: {{mqtt: {{host: 127.0.0.1}}}}
"""


def config(folder: Path, every: float = 60) -> NodeConfig:
    file = folder / "node.yaml"
    file.write_text(CONFIG.format(folder=folder, every=every))
    return load_node(file)


def tick(seconds: float, source: str = "node") -> Tick:
    return Tick(t=START + round(seconds * NS), room="r1", source=source)


def pulse(seconds: float, source: str = "band") -> VitalMeasured:
    t = START + round(seconds * NS)
    return VitalMeasured(
        t=t, room="r1", source=source, received=t, code="8867-4", value=72.0, unit="/min"
    )


def told(judge: Judge, observations: list[AnyObservation]) -> list[tuple[int, str, str, str]]:
    """Return what is said of silence: second, kind, source, device."""
    events: list[AnyEvent] = []
    for one in observations:
        events += judge.observe(one)
    return [_said(one) for one in events if isinstance(one, NodeSourceSilent | QualityRestored)]


def _said(one: NodeSourceSilent | QualityRestored) -> tuple[int, str, str, str]:
    second = (one.t - START) // NS
    if isinstance(one, NodeSourceSilent):
        return second, "silent", one.source, str(one.device)
    return second, "restored", one.source, ""


def test_each_is_silent_after_its_own_promise_and_who_promised_nothing_never_is(
    tmp_path: Path,
) -> None:
    judge = Judge(config(tmp_path), "k" * 40)
    said = told(judge, [pulse(0), tick(0, "cord"), *(tick(s) for s in range(400))])
    assert [(kind, source, device) for _, kind, source, device in said] == [
        ("silent", "band", "wearable"),
        ("silent", "cord", "sensor"),
    ]
    (band, cord) = (second for second, *_ in said)
    assert 60 <= band <= 63
    assert 120 <= cord <= 123


def test_who_speaks_in_time_is_not_silent_and_who_comes_back_is_told_once(
    tmp_path: Path,
) -> None:
    judge = Judge(config(tmp_path), "k" * 40)
    given: list[AnyObservation] = []
    for second in range(600):
        given.append(tick(second))
        given.append(tick(second, "cord"))
        if second % 50 == 0 and not 200 < second < 400:
            given.append(pulse(second))
    said = [(kind, source) for _, kind, source, _ in told(judge, given)]
    assert said == [("silent", "band"), ("restored", "band")]


def test_a_promise_that_the_installer_changed_holds_after_a_restart(tmp_path: Path) -> None:
    first = Judge(config(tmp_path), "k" * 40)
    told(first, [pulse(0), tick(0, "cord"), tick(1)])
    second = Judge(config(tmp_path, every=300), "k" * 40)
    second.restore(first.state())
    said = told(second, [tick(s, source) for s in range(2, 299) for source in ("node", "cord")])
    assert said == []


@pytest.mark.parametrize("promised_s", [SILENT_S, 60.0, 3600.0])
def test_the_edge_of_a_promise(promised_s: float) -> None:
    source = SourceState(room="r1", source="s", device=Device.WEARABLE, promised_s=promised_s)
    views = Views(sources=[source])
    views.heard("r1", "s", START)
    end = START + round(promised_s * NS)
    assert views.due() == end
    assert views.advance(end) == []
    (one,) = views.advance(end + 1)
    assert (one.say, one.device, one.view, one.hearing) == (
        Say.SILENT,
        Device.WEARABLE,
        None,
        None,
    )
    assert views.advance(end + NS) == []
    (back,) = views.heard("r1", "s", end + 2 * NS)
    assert back.say is Say.RESTORED


def silent_at(restarts: list[tuple[int, int]], *words: int, until: int = 36_000) -> list[int]:
    """Return when the band, which promised a word an hour, is told to be silent.

    Parameters
    ----------
    restarts
        When the node goes off and on again.
    words
        When the band speaks.
    """
    views = Views(sources=[SourceState("r1", "band", device=Device.WEARABLE, promised_s=3600.0)])
    offs = dict(restarts)
    found, second = [], 0
    while second < until:
        if second in offs:
            second, off = offs[second], offs[second] - second
            kept, views = views, Views(sources=[SourceState("r1", "band", device=Device.WEARABLE)])
            views.sources[0].promised_s = 3600.0
            views.go_on(kept, restarted=True, off=off * NS)
        t = START + second * NS
        if second in words:
            views.heard("r1", "band", t)
        found += [second for one in views.advance(t) if one.say is Say.SILENT]
        second += 5
    return found


def test_a_dead_device_is_told_however_often_the_node_restarts() -> None:
    often = [(3000 * k, 3000 * k + 60) for k in range(1, 12)]
    assert silent_at([], 5) == [3610]
    (second,) = silent_at(often, 5)
    assert second == 3060 + 3600 + 60 + 5  # a whole promise from the first, without the time off


def test_a_word_that_fell_into_a_restart_is_no_silence() -> None:
    """It speaks each hour; the node is off when it does, and off again before the next."""
    assert silent_at([(3590, 3650)], 0, 7200, 10800, until=12_000) == []
    nightly = [(86_400 * k + 3590, 86_400 * k + 3650) for k in range(3)]
    words = [3600 * k for k in range(72) if k not in (1, 25, 49)]
    assert silent_at(nightly, *words, until=72 * 3600) == []


def test_who_ticks_is_waited_for_anew_after_every_restart() -> None:
    source = SourceState("r1", "c1", last=START, begun=START)
    source.restarted(2 * NS)
    assert source.last is None
