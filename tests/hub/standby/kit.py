"""Two hubs on loopback in one process: the one that serves, and what follows it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from ambient.bus import keys
from ambient.config import HubConfig, load_hub
from ambient.evaluate.ports import free_port
from ambient.hub.database import HubDatabase
from ambient.hub.standby import kept
from ambient.hub.standby.duty import Kept
from ambient.hub.standby.follower import Follower
from ambient.hub.standby.kept import Memory
from ambient.hub.standby.pairing import Pairing
from ambient.hub.standby.wire import Begin
from tests.patience import until


def configured(folder: Path, order: str, ports: dict[str, int]) -> Path:
    """Write the configuration of one of two hubs; return where it stands."""
    other = "second" if order == "first" else "first"
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "site": "site",
        "state_dir": str(folder / "state"),
        "link": {"bind": f"tcp://127.0.0.1:{ports[f'{order} link']}"},
        "web": {"host": "127.0.0.1", "port": ports[f"{order} page"]},
        "standby": {
            "order": order,
            "bind": f"tcp://127.0.0.1:{ports[f'{order} pair']}",
            "other": {
                "address": f"tcp://127.0.0.1:{ports[f'{other} pair']}",
                "link": f"tcp://127.0.0.1:{ports[f'{other} link']}",
                "page": f"http://127.0.0.1:{ports[f'{other} page']}",
            },
        },
    }
    file = folder / "hub.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


class Both:
    """A first hub with a store, which serves, and a folder in which the second one follows."""

    def __init__(self, folder: Path) -> None:
        names = [
            f"{one} {what}" for one in ("first", "second") for what in ("pair", "link", "page")
        ]
        ports = {name: free_port() for name in names}
        self.files = {one: configured(folder / one, one, ports) for one in ("first", "second")}
        self.configs = {one: load_hub(file) for one, file in self.files.items()}
        first, second = self.configs["first"], self.configs["second"]
        self.pair = keys.load_or_make(first.state_dir / keys.HUB_KEY)
        keys.save_pair(second.state_dir / keys.HUB_KEY, self.pair)
        self.database = HubDatabase(first.state_dir / "hub.db")
        kept.save(first.state_dir, Memory(kept=Kept(term=2, seen=2), level=time.time_ns()))

    def paired(self, which: str) -> Pairing:
        config: HubConfig = self.configs[which]
        assert config.standby is not None
        return Pairing(config, config.standby, self.pair, self.files[which])

    def follower(self, copied: Callable[[Begin, int], None]) -> Follower:
        second, file = self.configs["second"], self.files["second"]
        assert second.standby is not None
        return Follower(
            second.standby.other.address,
            self.pair,
            second.state_dir,
            file,
            may=lambda: True,
            copied=copied,
        )

    @property
    def copy(self) -> Path:
        """The second hub's state folder."""
        return self.configs["second"].state_dir

    @contextmanager
    def copying(self) -> Iterator[tuple[Callable[[], None], Pairing]]:
        """Let the second hub copy while the block runs.

        Yields what waits for a new copy when it is called, and the first hub's pairing.
        """
        stop = threading.Event()
        made: list[int] = []
        follower = self.follower(lambda _, asked: made.append(asked))
        pairing = self.paired("first")
        threads = [
            threading.Thread(target=run, args=(stop,)) for run in (pairing.run, follower.run)
        ]
        for thread in threads:
            thread.start()

        def fresh() -> None:
            asked = time.time_ns()
            until(lambda: made and made[-1] > asked)

        try:
            yield fresh, pairing
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def close(self) -> None:
        self.database.close()
