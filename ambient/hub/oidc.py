"""An OpenID Connect provider: authorization code with PKCE, and what its ID token proves.

Comes in: a browser that wants to sign in, later the provider's answer, and the time. Goes out: the
address to send the browser to, later a `Person`. The protocol is Authlib's; checked here are state,
nonce, issuer, audience, signature and times (OpenID Connect Core 1.0, section 3.1.3.7; RFC 9207).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import requests
import structlog
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from ambient.config_oidc import BACK, Oidc
from ambient.errors import AmbientError
from ambient.hub.identities import Role

NS: Final = 1_000_000_000
GOOD_S: Final = 10 * 60
"""Time to type a password at the provider."""
TIMEOUT_S: Final = (3.0, 5.0)
"""To connect; between two parts of an answer."""
AT_ONCE: Final = 4
"""Requests that may wait for the provider: one that hangs must not take the page's threads."""
KEPT_S: Final = 3600
"""How long the provider's own description and keys are taken as they were."""
AGAIN_S: Final = 60
"""Keys are asked for again at most this often for one that is not known."""
LEEWAY_S: Final = 120
"""Clocks of provider and hub may differ by so much."""
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "EdDSA",
)
"""Signatures with a public key alone: the client's secret signs nothing."""

_log = structlog.get_logger(__name__)


class ProviderDownError(AmbientError):
    """The provider does not answer, or not as one."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"provider: expected an answer, got: {why}; sign in with a user of this hub, or with a "
            "PIN on a shared screen"
        )


class BadAnswerError(AmbientError):
    """What came back proves nothing."""

    def __init__(self, why: str) -> None:
        super().__init__(f"provider: expected proof of who signed in, got: {why}; sign in again")


class Flow(Struct, frozen=True, kw_only=True):
    """What the browser keeps, sealed, between going and coming back."""

    state: str
    nonce: str
    verifier: str
    at: int


class Person(Struct, frozen=True, kw_only=True):
    """Whom the provider vouches for.

    Attributes
    ----------
    subject
        The provider's own id; the only thing that says that it is the same person.
    name
        Wish for a user name; it may be another's.
    role
        None when the provider gives none that counts here.
    confirmed
        Whether the provider asked for a second factor, as far as its word is taken for that.
    """

    issuer: str
    subject: str
    name: str
    role: Role | None
    confirmed: bool


class _Known(Struct, frozen=True, kw_only=True):
    """What the provider says of itself."""

    at: int
    authorization: str
    token: str
    keys: str
    claims: str | None
    sign_out: str | None
    names_itself: bool


class Provider:
    """One provider, as one client.

    Parameters
    ----------
    origin
        The hub's own address, as browsers write it.
    """

    def __init__(self, config: Oidc, origin: str) -> None:
        self.config = config
        self._origin = origin
        self._busy = threading.BoundedSemaphore(AT_ONCE)
        self._known: _Known | None = None
        self._keys: KeySet | None = None
        self._keys_at = 0

    def begin(self, now: int) -> tuple[str, Flow]:
        """Return where to send a browser, and what it keeps meanwhile.

        Raises
        ------
        ProviderDownError
        """
        known = self._describe(now)
        flow = Flow(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            at=now,
        )
        with self._session() as session:
            url, _ = session.create_authorization_url(
                known.authorization,
                state=flow.state,
                nonce=flow.nonce,
                code_verifier=flow.verifier,
            )
        return str(url), flow

    def finish(self, flow: Flow, answer: Mapping[str, str], now: int) -> Person:
        """Return whom the provider's `answer` to `flow` vouches for.

        Raises
        ------
        ProviderDownError, BadAnswerError
        """
        if not 0 <= now - flow.at <= GOOD_S * NS:
            raise BadAnswerError("an answer that came too late")
        known = self._describe(now)
        if not secrets.compare_digest(answer.get("state", "").encode(), flow.state.encode()):
            raise BadAnswerError("an answer to somebody else's sign-in")
        issuer = answer.get("iss")
        if issuer != self.config.issuer and (issuer is not None or known.names_itself):
            raise BadAnswerError("an answer of another provider")
        if "error" in answer:
            raise BadAnswerError(f"a refusal ({answer['error'][:60]!r})")
        if not answer.get("code"):
            raise BadAnswerError("no code")
        token = self._fetch(known, answer["code"], flow)
        claims = self._proof(known, token, flow, now)
        return self._person(known, claims, token)

    def sign_out(self, now: int) -> str | None:
        """Return where a browser signs out at the provider too; None when it is down."""
        try:
            end = self._describe(now).sign_out
        except ProviderDownError:
            return None
        if end is None:
            return None
        asked = {
            "client_id": self.config.client_id,
            "post_logout_redirect_uri": f"{self._origin}/login",
        }
        return f"{end}{'&' if urlsplit(end).query else '?'}{urlencode(asked)}"

    def _session(self) -> OAuth2Session:
        secret = self._secret()
        session = OAuth2Session(
            self.config.client_id,
            secret,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            scope=" ".join(["openid", *self.config.scopes]),
            redirect_uri=f"{self._origin}{BACK}",
            code_challenge_method="S256",
            default_timeout=TIMEOUT_S,
        )
        self._prepare(session)
        return session

    def _prepare(self, session: requests.Session) -> None:
        """Let a session ask the provider alone, by the certificates that the house trusts."""
        session.trust_env = False
        session.max_redirects = 0
        if self.config.certificate_authority is not None:
            session.verify = str(self.config.certificate_authority)

    def _secret(self) -> str | None:
        path = self.config.client_secret_file
        if path is None:
            return None
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            _log.error("provider_secret_unreadable", path=str(path), error=str(error))
            raise ProviderDownError(
                "a secret that the hub cannot read; its log says more"
            ) from None

    def _get(self, url: str, bearer: str | None = None) -> dict[str, Any]:
        """Return the JSON object at `url`."""
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        with self._asking(url), requests.Session() as session:
            self._prepare(session)
            answer = session.get(url, headers=headers, timeout=TIMEOUT_S, allow_redirects=False)
            if answer.status_code != 200:
                raise ProviderDownError(f"status {answer.status_code}")
            found = answer.json()
        if not isinstance(found, dict):
            raise ProviderDownError("no JSON object")
        return found

    def _describe(self, now: int) -> _Known:
        """Return what the provider says of itself (OpenID Connect Discovery 1.0)."""
        known = self._known
        if known is not None and 0 <= now - known.at < KEPT_S * NS:
            return known
        issuer = self.config.issuer
        said = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != issuer:
            _log.warning("provider_named_otherwise", expected=issuer, got=str(said.get("issuer")))
            raise ProviderDownError("another issuer than oidc.issuer of hub.yaml")
        self._known = _Known(
            at=now,
            authorization=self._endpoint(said, "authorization_endpoint"),
            token=self._endpoint(said, "token_endpoint"),
            keys=self._endpoint(said, "jwks_uri"),
            claims=self._endpoint(said, "userinfo_endpoint")
            if "userinfo_endpoint" in said
            else None,
            sign_out=(
                self._endpoint(said, "end_session_endpoint")
                if "end_session_endpoint" in said
                else None
            ),
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        )
        return self._known

    def _endpoint(self, said: Mapping[str, Any], name: str) -> str:
        url = said.get(name)
        scheme = urlsplit(self.config.issuer).scheme
        if not isinstance(url, str) or urlsplit(url).scheme not in ("https", scheme):
            raise ProviderDownError(f"no good {name}")
        return url

    def _fetch(self, known: _Known, code: str, flow: Flow) -> dict[str, Any]:
        """Return what the provider gives for a code."""
        try:
            with self._asking(known.token), self._session() as session:
                token = session.fetch_token(
                    known.token, code=code, code_verifier=flow.verifier, allow_redirects=False
                )
        except OAuthError as error:
            _log.warning("provider_refused_code", error=str(error))
            raise BadAnswerError("a code that the provider refuses") from None
        return dict(token)

    @contextmanager
    def _asking(self, url: str) -> Iterator[None]:
        """Ask the provider, unless too many do; what it does not answer is that it is down."""
        if not self._busy.acquire(blocking=False):
            raise ProviderDownError("too many people at once")
        try:
            yield
        except (requests.RequestException, ValueError) as error:
            _log.warning("provider_down", url=url, error=str(error))
            raise ProviderDownError(type(error).__name__) from None
        finally:
            self._busy.release()

    def _proof(
        self, known: _Known, token: Mapping[str, Any], flow: Flow, now: int
    ) -> dict[str, Any]:
        """Return the claims of an ID token that is for this hub and this sign-in."""
        text = token.get("id_token")
        if not isinstance(text, str):
            raise BadAnswerError("no ID token")
        try:
            try:
                found = jwt.decode(text, self._keyset(known, now), algorithms=list(ALGORITHMS))
            except (JoseError, ValueError):
                # Keys are changed now and then; who sends nonsense makes us ask once a minute.
                fresh = self._keyset(known, now, again=True)
                found = jwt.decode(text, fresh, algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                found.claims,
                found.header,
                options={
                    "iss": {"essential": True, "value": self.config.issuer},
                    "aud": {"essential": True, "value": self.config.client_id},
                    "nonce": {"essential": True},
                    "sub": {"essential": True},
                },
                params={
                    "nonce": flow.nonce,
                    "client_id": self.config.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=now // NS, leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError) as error:
            _log.warning("provider_proof_refused", error=str(error))
            raise BadAnswerError("an ID token that is not good") from None
        return dict(claims)

    def _keyset(self, known: _Known, now: int, *, again: bool = False) -> KeySet:
        age = now - self._keys_at
        if self._keys is None or not 0 <= age < KEPT_S * NS or (again and age >= AGAIN_S * NS):
            self._keys = KeySet.import_key_set(self._get(known.keys))  # type: ignore[arg-type]
            self._keys_at = now
        return self._keys

    def _person(self, known: _Known, claims: Mapping[str, Any], token: Mapping[str, Any]) -> Person:
        said = dict(claims)
        wanted = (self.config.role_claim, self.config.user_claim)
        if known.claims is not None and any(claim_of(said, one) is None for one in wanted):
            more = self._get(known.claims, str(token.get("access_token", "")))
            if more.get("sub") != claims["sub"]:
                raise BadAnswerError("claims of somebody else")
            said = more | said
        held = values_of(claim_of(said, self.config.role_claim))
        role = next(
            (Role(role) for value, role in self.config.roles.items() if value in held), None
        )
        amr = values_of(claims.get("amr"))
        return Person(
            issuer=self.config.issuer,
            subject=str(claims["sub"]),
            name=str(claim_of(said, self.config.user_claim) or ""),
            role=role,
            confirmed=bool(amr & set(self.config.second_factor)),
        )


def claim_of(claims: Mapping[str, Any], name: str) -> object:
    """Return a claim by its name, else by a path with dots; None when there is none."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def values_of(claim: object) -> set[str]:
    """Return the values of a claim that holds one or a list of them."""
    many = claim if isinstance(claim, list) else [claim]
    return {one for one in many if isinstance(one, str)}
