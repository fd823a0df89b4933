"""What a browser answers for a passkey: read strictly, then verified by py_webauthn.

Comes in: the JSON of a ``PublicKeyCredential``. Goes out: the new key, or the counter of one that
signed; `WrongPasskeyError` for everything else, whatever strangers send. Pure.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import parse_attestation_object
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import AttestationFormat
from webauthn.registration.verify_registration_response import VerifiedRegistration

from ambient.errors import UsageError
from ambient.hub.party import Party

LONGEST: Final = 16 * 1024
"""Characters of an answer."""
LONGEST_ID: Final = 1023
"""Bytes of a credential's id (section 4)."""
_FORMATS: Final = (AttestationFormat.NONE, AttestationFormat.PACKED)
"""We ask for no attestation; a browser may leave that of the key itself."""
_REFUSALS: Final = (WebAuthnException, ValueError, TypeError, KeyError)
"""What the library raises of data that is none; of what it does not foresee in it, too."""

_Bytes = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]*={0,2}$(?!\n)", max_length=LONGEST)]


class WrongPasskeyError(UsageError):
    """The answer is none of a passkey that may be used here; why is for the log."""

    def __init__(self, why: str) -> None:
        super().__init__("passkey: expected one that was set up for this page; try again")
        self.why = why


class _Response(Struct, frozen=True, kw_only=True, rename="camel"):
    client_data: _Bytes = msgspec.field(name="clientDataJSON")
    attestation_object: _Bytes | None = None
    authenticator_data: _Bytes | None = None
    signature: _Bytes | None = None
    user_handle: _Bytes | None = None


class Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """A ``PublicKeyCredential`` in the JSON form of WebAuthn level 3, section 5.1."""

    id: _Bytes
    raw_id: _Bytes
    type: str
    response: _Response

    @property
    def credential(self) -> bytes:
        """The credential's id."""
        return _decoded(self.raw_id)

    @property
    def user_handle(self) -> bytes | None:
        """Whose key it says it is."""
        handle = self.response.user_handle
        return None if not handle else _decoded(handle)


class _ClientData(Struct, frozen=True, kw_only=True, rename="camel"):
    type: str
    challenge: _Bytes
    origin: str
    cross_origin: bool = False


def read(text: str) -> Answer:
    """Return what `text` says.

    Raises
    ------
    WrongPasskeyError
    """
    try:
        return msgspec.json.decode(text[: LONGEST + 1], type=Answer)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeError) as error:
        raise WrongPasskeyError(str(error)) from None


def challenge_of(answer: Answer) -> bytes:
    """Return the challenge that `answer` says it answers.

    Raises
    ------
    WrongPasskeyError
        When it says none, or was made inside a page of another site.
    """
    try:
        said = msgspec.json.decode(_decoded(answer.response.client_data), type=_ClientData)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeError) as error:
        raise WrongPasskeyError(str(error)) from None
    if said.cross_origin:
        raise WrongPasskeyError("expected an answer of the page itself, got one of a frame")
    return _decoded(said.challenge)


def registered(answer: Answer, challenge: bytes, party: Party) -> VerifiedRegistration:
    """Return the key that was made for `challenge` on the page of `party`.

    Raises
    ------
    WrongPasskeyError
    """
    made = answer.response.attestation_object
    if made is None:
        raise WrongPasskeyError("expected an attestation object")
    try:
        form = parse_attestation_object(_decoded(made)).fmt
        if form not in _FORMATS:
            raise WrongPasskeyError(f"expected no attestation, got {form}")
        new = verify_registration_response(
            credential=_plain(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except _REFUSALS as error:
        raise WrongPasskeyError(str(error)) from None
    if new.credential_id != answer.credential or len(new.credential_id) > LONGEST_ID:
        raise WrongPasskeyError("expected one id of at most 1023 bytes")
    return new


def verified(answer: Answer, challenge: bytes, party: Party, public_key: bytes) -> int:
    """Return the counter with which `public_key` signed `challenge` on the page of `party`.

    The counter is compared by the caller, after the signature: a stranger's answer must not block
    somebody's key.

    Raises
    ------
    WrongPasskeyError
    """
    if answer.response.authenticator_data is None or answer.response.signature is None:
        raise WrongPasskeyError("expected a signature")
    try:
        found: VerifiedAuthentication = verify_authentication_response(
            credential=_plain(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _REFUSALS as error:
        raise WrongPasskeyError(str(error)) from None
    return found.new_sign_count


def _plain(answer: Answer) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(answer)
    return plain


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (binascii.Error, ValueError) as error:
        raise WrongPasskeyError(str(error)) from None
