"""What stands around one opening of the wizard: whose code opens it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ambient.bus import keys
from ambient.bus.enrolment import HUB_FILE
from ambient.bus.opening import code_of, shared_secret
from ambient.config import HubLink, NodeConfig, Room
from ambient.errors import UsageError
from ambient.node.wizard.serve import code_for

DIGEST = "ab" * 32


def test_the_code_is_that_of_the_hub_the_node_speaks_with(tmp_path: Path) -> None:
    """A node may be enrolled at one hub, and its configuration name another since."""
    old, hub = keys.new_pair(), keys.new_pair()
    link = HubLink(address="tcp://127.0.0.1:7440", key=hub.public)
    config = NodeConfig(
        site="lindenhof", node="n-12", state_dir=tmp_path, rooms=[Room(id="r12")], hub=link
    )
    keys.write_private(
        tmp_path / HUB_FILE, msgspec.json.encode(msgspec.structs.replace(link, key=old.public))
    )
    node = keys.load_or_make(tmp_path / keys.NODE_KEY)
    assert code_for(config, DIGEST) == code_of(
        shared_secret(hub.secret, node.public), "n-12", DIGEST
    )


def test_a_node_that_is_not_enrolled_has_no_code(tmp_path: Path) -> None:
    config = NodeConfig(site="lindenhof", node="n-12", state_dir=tmp_path, rooms=[Room(id="r12")])
    with pytest.raises(UsageError, match="ambient enroll"):
        code_for(config, DIGEST)
