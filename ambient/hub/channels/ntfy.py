"""ntfy: a push server that a house can run itself, without internet.

In: notices. Out: one message each, published as JSON. The recipient's address is the topic. The
sequence id is made of the notice's id: from ntfy 2.16 on, a message that is sent again takes the
place of the first; before that both are shown, with the same tag.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import ClassVar, Final

import msgspec
from msgspec import Struct

from ambient.config_base import Strict
from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels import https
from ambient.hub.channels.remote import NotTaken, Remote, addressed
from ambient.hub.channels.seam import House, Notice, Receipt

TOPIC: Final = re.compile(r"[-_A-Za-z0-9]{1,64}")
PRIORITY: Final = {
    Priority.HIGH: 5,  # rings on, through a silenced telephone
    Priority.MEDIUM: 4,
    Priority.LOW: 3,
    Priority.TECHNICAL: 3,
}


class Message(Struct, frozen=True, kw_only=True):
    """What is published; names are ntfy's."""

    topic: str
    message: str
    priority: int
    tags: list[str]
    sequence_id: str


class Published(Struct, frozen=True):
    """What ntfy answers."""

    id: str


class Ntfy(Remote):
    """One ntfy server."""

    class Options(Strict, frozen=True, kw_only=True):
        """Where it is, the file of an access token, who signs its certificate."""

        url: https.Url
        token_file: Path | None = None
        ca: Path | None = None

    PATTERNS: ClassVar = https.PATTERNS

    def __init__(self, options: Options, house: House) -> None:
        super().__init__(house)
        self._url = options.url
        self._headers = {"Content-Type": "application/json"}
        if options.token_file is not None:
            token = self.secret("token_file", options.token_file)
            self._headers["Authorization"] = f"Bearer {token}"
        self._tls = self.tls(options.ca)
        self.far = https.far_of(options.url, self._tls)

    def told(self) -> str:
        """Return where messages go."""
        return f"ntfy {https.host_of(self._url)}"

    async def send(self, notice: Notice) -> Receipt:
        """Publish one message."""
        topic = addressed(notice)
        if not TOPIC.fullmatch(topic):
            raise NotTaken(
                "expected a topic of 1 to 64 letters, digits, - and _ as the recipient's address, "
                "got something else; change recipients",
                retry=False,
            )
        message = Message(
            topic=topic,
            message=notice.text,
            priority=PRIORITY[notice.priority],
            tags=[notice.id],
            sequence_id=hashlib.sha256(notice.id.encode()).hexdigest()[:32],
        )
        answer = await https.post(self._url, msgspec.json.encode(message), self._headers, self._tls)
        https.check(answer, self._url)
        try:
            published = msgspec.json.decode(answer.body, type=Published)
        except msgspec.DecodeError:
            raise NotTaken(
                f"expected {self.told()} to answer with the id of a message, got something else; "
                "url is the server's own address, without a topic"
            ) from None
        return Receipt(delivery=Delivery.DELIVERED, reference=published.id)
