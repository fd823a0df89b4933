"""FHIR R5: each alarm is a Flag, each notice of it a Communication.

In: notices. Out: one transaction each (`r5`). The Flag is put under its identifier (a conditional
update), the Communication is made unless one with its identifier exists (a conditional create): a
notice that is sent again changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import msgspec

from ambient.config_base import Strict
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels import https
from ambient.hub.channels.r5 import transaction
from ambient.hub.channels.remote import NotTaken, Remote
from ambient.hub.channels.seam import House, Notice, Receipt


class Fhir(Remote):
    """One FHIR server."""

    class Options(Strict, frozen=True, kw_only=True):
        """Its base address, the file of an access token, the certificates of both sides."""

        url: https.Url
        token_file: Path | None = None
        ca: Path | None = None
        certificate: Path | None = None
        private_key: Path | None = None

    PATTERNS: ClassVar = https.PATTERNS
    takes_back = True

    def __init__(self, options: Options, house: House) -> None:
        super().__init__(house)
        self._url = options.url
        self._headers = {
            "Content-Type": "application/fhir+json; fhirVersion=5.0",
            "Accept": "application/fhir+json; fhirVersion=5.0",
        }
        if options.token_file is not None:
            token = self.secret("token_file", options.token_file)
            self._headers["Authorization"] = f"Bearer {token}"
        self._tls = self.tls(options.ca, options.certificate, options.private_key)
        self.far = https.far_of(options.url, self._tls)

    def told(self) -> str:
        """Return where resources go."""
        return f"FHIR {https.host_of(self._url)}"

    async def send(self, notice: Notice) -> Receipt:
        """Post one transaction."""
        body = msgspec.json.encode(transaction(notice, self._house.site))
        answer = await https.post(self._url, body, self._headers, self._tls)
        https.check(answer, self._url)
        try:
            locations = msgspec.json.decode(answer.body, type=_Responses).entry
        except msgspec.DecodeError:
            locations = []
        if len(locations) != 2 or any(one.response.status[:1] != "2" for one in locations):
            raise NotTaken(
                f"expected {self.told()} to answer with a transaction-response of two entries, got "
                "something else; url is the base of a server of FHIR R5 that takes transactions"
            )
        return Receipt(delivery=Delivery.DELIVERED, reference=locations[1].response.location)


class _Response(msgspec.Struct, frozen=True):
    status: str
    location: str | None = None


class _Entry(msgspec.Struct, frozen=True):
    response: _Response


class _Responses(msgspec.Struct, frozen=True, tag_field="resourceType", tag="Bundle"):
    entry: list[_Entry]
