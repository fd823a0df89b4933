#!/bin/bash
# Dependencies: do they fit together, are they those of the lock, are weaknesses of them known?
# The last needs a source of advisories over the network; without one this says so and fails.
# Exit code: 0 nothing found, 1 something found, 3 advisories could not be asked for.
set -uo pipefail
cd "$(dirname "$0")/.."
python=${1:-.venv/bin/python}
lock=${2:-requirements/dev.txt}
found=0

echo "== versions that clash"
# OpenVINO works without its telemetry, which is left out on purpose.
"$python" -m pip check | grep -v "requires openvino-telemetry\|^No broken" && found=1

echo "== installed, against $lock"
"$python" - "$lock" <<'PY' || found=1
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

from packaging.markers import Marker

canonical = lambda name: re.sub(r"[-_.]+", "-", name).lower()
locked = {}
for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
    pinned = re.match(r"^([A-Za-z0-9._-]+)==([^\s;]+)(?:\s*;\s*([^\\]+))?", line)
    if pinned and (not pinned[3] or Marker(pinned[3].strip()).evaluate()):
        locked[canonical(pinned[1])] = pinned[2]
installed = {canonical(one.metadata["Name"]): one.version for one in distributions()}
own = {"ambient", "pip", "setuptools", "wheel"}
other = sorted(n for n in installed.keys() & locked.keys() if installed[n] != locked[n])
extra = sorted(installed.keys() - locked.keys() - own)
for name in other:
    print(f"{name}: expected {locked[name]}, got {installed[name]}")
for name in extra:
    print(f"{name} {installed[name]}: in no lock")
print(f"{len(installed)} installed, {len(other)} differ, {len(extra)} in no lock")
sys.exit(bool(other or extra))
PY

echo "== known weaknesses"
if ! "$python" -c "import pip_audit" 2>/dev/null; then
    echo "not asked: pip-audit is not installed here" >&2
    exit 3
fi
"$python" -m pip_audit --requirement "$lock" --require-hashes --disable-pip --timeout 30
code=$?
if [ "$code" -gt 1 ]; then
    echo "not asked: no source of advisories could be reached" >&2
    exit 3
fi
[ "$code" -eq 0 ] && [ "$found" -eq 0 ]
