#!/bin/sh
# Installs the system libraries that Ambient needs, when it can; otherwise prints the one line.
#   system-packages.sh setup | run | test
# "setup" is what makes a virtual environment, "run" what a node needs, "test" what the tests
# need beside. Exit code 0 also when it can't install: what is missing is said, not enforced,
# because the same library may have come another way.
set -eu

case "${1:-}" in
setup) packages="python3-venv" ;;
run) packages="libgl1 libegl1 libgles2 libglib2.0-0 libportaudio2" ;;
test)
    packages="libgl1 libegl1 libgles2 libglib2.0-0 libportaudio2"
    # A browser; a broker; clips; packets and namespaces; a network camera (GStreamer's RTSP server).
    packages="$packages chromium ffmpeg iproute2 mosquitto util-linux"
    packages="$packages python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-ugly"
    ;;
*)
    echo "usage: $0 setup|run|test" >&2
    exit 2
    ;;
esac

# Models come from PyPI and npm; an npm of another kind than Debian's does as well.
[ "$1" != setup ] || command -v npm >/dev/null 2>&1 || packages="$packages npm"

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "not a Debian system; make sure that these are installed: $packages" >&2
    exit 0
fi

missing=""
for package in $packages; do
    # A package may be replaced by another that provides it (libglib2.0-0t64), hence the pattern.
    if ! dpkg-query -W -f '${db:Status-Status}\n' "$package" "${package}t64" 2>/dev/null |
        grep -qx installed; then
        missing="$missing $package"
    fi
done
[ -n "$missing" ] || exit 0

line="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "system libraries are missing; run: sudo $line" >&2
    exit 0
fi
echo "installing system libraries:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive $line -q; } \
    </dev/null >&2; then
    echo "that did not work; run: sudo apt-get update && sudo $line" >&2
fi
