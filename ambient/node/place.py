"""Where a node keeps what it keeps: the folders and files of its state, in one place.

Comes in: the state folder of the configuration. Goes out: paths, and folders that only the node's
own user can enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ambient.bus import ipc
from ambient.errors import StoreError


@dataclass(frozen=True)
class NodePlace:
    """The files of one node.

    Attributes
    ----------
    state_dir
        ``state_dir`` of the configuration.
    """

    state_dir: Path

    @property
    def run_dir(self) -> Path:
        """Sockets between the workers."""
        return self.state_dir / "run"

    @property
    def observations(self) -> Path:
        """Socket on which fusion takes observations."""
        return ipc.socket_path(self.run_dir)

    @property
    def outbox(self) -> Path:
        """The outbox database."""
        return self.state_dir / "outbox.db"

    @property
    def clock(self) -> Path:
        """The clock's offset over a restart."""
        return self.state_dir / "clock.json"

    @property
    def identity(self) -> Path:
        """The public key from which the ids of events derive."""
        return self.state_dir / "identity"

    @property
    def contact_silent(self) -> Path:
        """What was told of a contact that cannot be set, until that is over."""
        return self.state_dir / "contact-silent.json"

    def make(self) -> None:
        """Create the folders that are missing.

        Raises
        ------
        StoreError
            When that is not possible.
        """
        try:
            self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.run_dir.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{self.state_dir}: cannot be created ({error.strerror}); "
                "create it for the user that runs the node"
            ) from None
