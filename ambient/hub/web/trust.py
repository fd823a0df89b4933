"""How a phone comes to trust this hub: the site's authority as a file, and a page that says how.

Comes in: a phone before it trusts anything. Goes out: the public certificate, never a key.
"""

from __future__ import annotations

from litestar import Response, Router, get
from litestar.exceptions import NotFoundException

from ambient.hub import certificates
from ambient.hub.web.context import NO_STORE, Hub, HubContext
from ambient.hub.web.pages import gate_page


@get("/", public=True, sync_to_thread=True)
def page_certificate(hub: Hub) -> Response[str]:
    """Say how to install the site's authority, and what to compare."""
    authority = certificates.load(_own(hub).authority)
    return gate_page(
        "certificate.html",
        hub,
        print_of=certificates.print_of(authority),
        until=authority.not_valid_after_utc.date().isoformat(),
    )


@get("/ca.crt", public=True, sync_to_thread=True)
def file_authority(hub: Hub) -> Response[bytes]:
    """Return the authority as phones want it."""
    return Response(
        _own(hub).authority.read_bytes(),
        headers={
            "Content-Type": "application/x-x509-ca-cert",
            "Content-Disposition": f'attachment; filename="ambient-{hub.config.site}.crt"',
        },
    )


def trust_router() -> Router:
    """Return everything under ``/certificate``."""
    return Router(
        path="/certificate",
        route_handlers=[page_certificate, file_authority],
        cache_control=NO_STORE,
        include_in_schema=False,
    )


def _own(hub: HubContext) -> certificates.Files:
    if not hub.config.web.names:
        raise NotFoundException("this hub has no certificate of its own: web.names is empty")
    return certificates.files_of(hub.config.state_dir)
