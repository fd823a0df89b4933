"""``python -m tests.e2e.installer``: an installer's device, without a person or a browser.

Comes in: the address of a node's wizard, the code, and where to write. Goes out: a JSON line for
each answer (path, status, body in hexadecimal), of a whole installation: outlines, people as lines,
areas drawn, one station of the walk, the certificate.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import httpx

from tests.patience import FAR_S, PATIENCE_S

ROUNDS = 7
BED = [[0.3, 0.4], [0.9, 0.4], [0.9, 0.9], [0.3, 0.9]]
MASK = [[0.0, 0.0], [0.1, 0.0], [0.1, 0.1]]


def main() -> None:
    """Install the room."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("code")
    parser.add_argument("room")
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    room = given.room
    with (
        httpx.Client(
            base_url=given.url, verify=False, timeout=PATIENCE_S, headers={"Origin": given.url}
        ) as client,
        given.out.open("w") as out,
    ):

        def answer_of(
            path: str, body: Any = None, *, form: dict[str, str] | None = None
        ) -> httpx.Response:
            if form is not None:
                answer = client.post(path, data=form)
            elif body is not None:
                answer = client.post(path, json=body)
            else:
                answer = client.get(path)
            line = {"path": path, "status": answer.status_code, "body": answer.content.hex()}
            out.write(json.dumps(line) + "\n")
            return answer

        def ask(path: str, body: Any = None, *, form: dict[str, str] | None = None) -> int:
            return answer_of(path, body, form=form).status_code

        def look() -> bool:
            """Return whether there was something to draw on, and somebody to see."""
            outline = answer_of(f"/api/outline/{room}/c1")
            people = answer_of(f"/api/people/{room}")
            time.sleep(0.5)
            return (
                outline.status_code == people.status_code == 200
                and len(outline.json()["strokes"]) > 20
                and bool(people.json()["people"])
            )

        ask("/")
        assert ask("/enter", form={"code": given.code}) == 303
        for path in (f"/room/{room}", "/static/wizard.js", "/static/wizard.css"):
            ask(path)
        assert ask(f"/still/{room}/c1") == 404
        began = time.monotonic()
        seen = [look() for _ in range(ROUNDS)]
        while not any(seen) and time.monotonic() < began + FAR_S:
            seen.append(look())
        begun = {"station": "lie_floor_1", "light": "day"}
        assert ask(f"/api/walk/{room}/begin", begun) == 200
        for _ in range(ROUNDS):
            ask(f"/api/people/{room}")
            time.sleep(0.5)
        assert ask(f"/api/walk/{room}/end", {}) == 200
        areas = [{"area": "bed", "polygon": BED}, {"area": "mask", "polygon": MASK}]
        assert ask(f"/api/areas/{room}/c1", areas) == 200
        assert ask(f"/api/finish/{room}", {"by": "Installer A"}) == 200
        ask(f"/certificate/{room}")
        ask(f"/api/certificate/{room}")
        assert ask("/close", {}) == 200


if __name__ == "__main__":
    main()
