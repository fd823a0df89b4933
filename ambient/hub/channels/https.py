"""One request over HTTPS, as channels make it: checked TLS, no redirect, a short answer.

In: an address, headers, a body. Out: the answer, or `NotTaken`. Addresses without TLS are for this
machine alone. Nothing of the environment is used: no proxy, no other certificates.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from ambient.hub.channels.remote import NotTaken, said

URL_PATTERN: Final = r"^(https://|http://(?=(127\.0\.0\.1|localhost|\[::1\])([:/]|$)))[A-Za-z0-9.\-:\[\]]+(/[!-~]*)?$(?!\n)"
Url = Annotated[str, Meta(pattern=URL_PATTERN, max_length=1000)]
"""Where requests go; passwords and tokens stand in files of their own."""
PATTERNS: Final = {
    URL_PATTERN: (
        "https://host/path (http:// only at 127.0.0.1 or localhost), without user and password"
    )
}
LONGEST_ANSWER: Final = 65_536
OWN_FAULT: Final = frozenset({400, 413, 415, 422})
"""The request itself is not understood: the same one again will not be either."""
_TODO: Final = {
    401: "; see whether the secret in its file is the one that the far side knows",
    403: "; see what this secret may do at the far side",
    404: "; see whether the path in the address is right",
    429: "; it takes no more at once: lower per_minute",
}


class Answer(Struct, frozen=True):
    """What came back."""

    status: int
    body: bytes


def host_of(url: str) -> str:
    """Return scheme and host of an address: what may be shown, a path may hold a secret."""
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}"


def far_of(url: str, tls: ssl.SSLContext) -> tuple[str, int, ssl.SSLContext | None]:
    """Return host, port and TLS of an address."""
    split = urlsplit(url)
    secure = split.scheme == "https"
    return split.hostname or "", split.port or (443 if secure else 80), tls if secure else None


async def post(url: str, body: bytes, headers: Mapping[str, str], tls: ssl.SSLContext) -> Answer:
    """Post `body` and return the answer, whatever its status.

    Raises
    ------
    NotTaken
        When the far side cannot be reached or breaks off, or says too much.
    """
    import httpx

    sent = {"Accept-Encoding": "identity", "User-Agent": "ambient", **headers}
    try:
        async with (
            # The whole exchange is limited by who calls.
            httpx.AsyncClient(verify=tls, trust_env=False, timeout=None) as client,
            client.stream("POST", url, content=body, headers=sent) as response,
        ):
            taken = bytearray()
            async for part in response.aiter_raw():
                taken += part
                if len(taken) > LONGEST_ANSWER:
                    raise NotTaken(
                        f"expected {host_of(url)} to answer with at most {LONGEST_ANSWER} bytes, "
                        "got more"
                    )
            return Answer(response.status_code, bytes(taken))
    except httpx.HTTPError as error:
        raise NotTaken(f"expected {host_of(url)} to take it, got: {said(error)}") from None


def check(answer: Answer, url: str) -> None:
    """Return when `answer` says that it was taken.

    Raises
    ------
    NotTaken
        With what to do about it.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    todo = _TODO.get(status, "")
    if 300 <= status < 400:
        todo = "; redirects are not followed: put the final address into hub.yaml"
    raise NotTaken(
        f"expected {host_of(url)} to answer 2xx, got {status}{todo}",
        retry=status not in OWN_FAULT,
    )
