"""An OpenID Connect provider whose every word can be made wrong.

Comes in: real requests over loopback. Goes out: what a good provider answers (discovery, a redirect
with a code, PKCE checked, an ID token signed with RSA), except for what a test put into `Forger`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "ambient", "a secret of the client"


@dataclass
class Forger:
    """What the provider says; a test changes it between requests."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    signer: RSAKey | None = None
    secret: bytes | None = None
    """Signs with HMAC in the place of the key; an empty one not at all."""
    description: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    """Put into the ID token, over what is right; None takes one out."""
    user_claims: dict[str, Any] = field(default_factory=dict)
    back: dict[str, str | None] = field(default_factory=dict)
    """Put into the answer to the browser."""
    down: str = ""
    """``discovery``, ``token`` or ``keys``: answers 500 there; ``nonsense``: no JSON anywhere."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def discovery(self) -> dict[str, Any]:
        """Return the provider's description of itself."""
        said = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/me",
            "end_session_endpoint": f"{self.url}/end",
            "authorization_response_iss_parameter_supported": True,
        }
        return {name: value for name, value in (said | self.description).items() if value}

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser goes back to."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        said = {"code": code, "state": query["state"], "iss": self.url} | self.back
        kept = {name: value for name, value in said.items() if value is not None}
        return f"{query['redirect_uri']}?{urlencode(kept)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return what a code is worth; good once, for who asked for it."""
        query = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = _b64(digest)
        wanted = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        good = (
            query is not None
            and challenge == query["code_challenge"]
            and form.get("redirect_uri") == query["redirect_uri"]
            and authorization == f"Basic {wanted}"
        )
        if not good or query is None:
            return 400, {"error": "invalid_grant"}
        return 200, {
            "access_token": "an access token",
            "token_type": "Bearer",
            "expires_in": 60,
            "id_token": self.id_token(query["nonce"]),
        }

    def id_token(self, nonce: str) -> str:
        """Return the proof."""
        now = int(time.time())
        said: dict[str, Any] = {
            "iss": self.url,
            "sub": "person-1",
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "preferred_username": "nora",
            "groups": ["carers"],
        }
        claims = {name: one for name, one in (said | self.claims).items() if one is not None}
        if self.secret is None:
            return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.signer or self.key)
        # By hand: no library signs like this.
        header = {"alg": "HS256" if self.secret else "none", "kid": "k1"}
        signed = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
        code = hmac.digest(self.secret, signed.encode(), "sha256") if self.secret else b""
        return f"{signed}.{_b64(code)}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@contextmanager
def forging() -> Iterator[Forger]:
    """Serve a provider on a free port of loopback."""
    forger = Forger()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Stay silent."""

        def _json(self, status: int, said: object) -> None:
            body = b"<html>" if forger.down == "nonsense" else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            forger.asked.append(parts.path)
            match parts.path:
                case "/.well-known/openid-configuration":
                    self._json(500 if forger.down == "discovery" else 200, forger.discovery())
                case "/keys":
                    public = forger.key.as_dict(private=False)
                    self._json(500 if forger.down == "keys" else 200, {"keys": [public]})
                case "/me":
                    self._json(200, {"sub": "person-1"} | forger.user_claims)
                case "/authorize":
                    self.send_response(302)
                    self.send_header("Location", forger.authorize(dict(parse_qsl(parts.query))))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                case _:
                    self._json(404, {})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
            forger.asked.append(self.path)
            status, said = forger.token(form, self.headers.get("Authorization", ""))
            self._json(500 if forger.down == "token" else status, said)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    forger.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield forger
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
