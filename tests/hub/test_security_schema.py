"""Random requests made from the OpenAPI schema: whatever comes, no answer is a 5xx.

Schemathesis makes them, both as the schema allows and as it does not; the same ones in every run.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from tests.hub.kit import client, enrol, fall, hub_config, running

EXAMPLES = 12
"""Of each operation and mode."""
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ENDS_THE_SESSION = {"/api/logout"}
"""Whatever came after it would be answered with 401 and prove nothing."""


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_breaks_the_hub(
    tmp_path_factory: pytest.TempPathFactory, mode: GenerationMode
) -> None:
    asked: dict[str, list[int]] = {}
    config = hub_config(tmp_path_factory.mktemp("hub"))
    # With a name passkeys are asked for and not refused at once.
    web = msgspec.structs.replace(config.web, address="http://localhost:8080")
    with running(msgspec.structs.replace(config, web=web)) as hub, client(hub) as http:
        enrol(hub.context.registry, "n-1", ["r1", "r2"])
        hub.context.store.store("n-1", fall(time.time(), 2), time.time_ns())
        document = http.get("/api/openapi.json").json()
        document["paths"] = {
            path: methods
            for path, methods in document["paths"].items()
            if path not in ENDS_THE_SESSION
        }
        schema = schemathesis.openapi.from_dict(document)
        schema.config.base_url = hub.url
        session = requests.Session()
        session.trust_env = False
        session.cookies.update(dict(http.cookies))
        session.headers["X-CSRF-Token"] = http.headers["X-CSRF-Token"]
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            operation = found.ok()

            @SETTINGS
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: schemathesis.Case[Any]) -> None:
                answer = case.call(session=session)
                case.validate_response(answer, checks=[not_a_server_error])
                asked.setdefault(f"{case.method} {case.path}", []).append(answer.status_code)

            try:
                ask()
            except Unsatisfiable:
                continue  # it takes nothing that could be wrong
        assert http.get("/healthz").status_code == 200
        assert http.get("/api/session").status_code == 200, "the requests were those of a user"
    operations = {
        f"{method.upper()} {path}": described
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    }
    if mode is GenerationMode.POSITIVE:
        assert asked.keys() == operations.keys()
        reached = {at for at, statuses in asked.items() if set(statuses) - {401, 403, 429}}
        assert operations.keys() - reached <= {"POST /api/login"}
    else:
        with_body = {at for at, described in operations.items() if "requestBody" in described}
        assert with_body <= asked.keys()
