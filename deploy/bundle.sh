#!/bin/sh
# Builds one file that installs node and hub on a machine without a network:
#   bundle.sh [PYTHON]      ► dist/ambient-<version>-<python>-<machine>.tar
# It fits machines with the same Python (3.11 …) and processor as this one. Every wheel is checked
# against the locks when it is fetched here and again when it is installed there.
set -eu

cd "$(dirname "$0")/.."
python="${1:-.venv/bin/python}"
version=$("$python" -c 'import ambient; print(ambient.__version__)')
tag=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
name="ambient-$version-$tag-$(uname -m)"

mkdir -p dist
work=$(mktemp -d "dist/.bundle-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
top="$work/$name"
mkdir -p "$top/wheels" "$top/systemd" "$top/examples"

echo "fetching the wheels of the locks" >&2
"$python" -m pip download -q --require-hashes --no-deps --only-binary=:all: -d "$top/wheels" \
    -r requirements/node.txt -r requirements/audio.txt -r requirements/vitals.txt \
    -r requirements/hub.txt
"$python" -m pip wheel -q --no-deps --no-build-isolation -w "$top/wheels" .
wheel=$(cd "$top/wheels" && ls ambient-*.whl)

cp requirements/node.txt requirements/audio.txt requirements/vitals.txt requirements/hub.txt "$top/"
echo "ambient==$version --hash=sha256:$(sha256sum "$top/wheels/$wheel" | cut -d' ' -f1)" \
    >"$top/ambient.txt"
echo "$tag $(uname -m)" >"$top/PYTHON"
"$python" -m ambient models bundle -o "$top/models.tar"
cp deploy/install.sh deploy/system-packages.sh deploy/addresses.py deploy/README.md "$top/"
cp deploy/systemd/* "$top/systemd/"
cp deploy/node.yaml deploy/hub.yaml "$top/examples/"
cp LICENSE "$top/"
(cd "$top" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)

# Sorted, with fixed owners and times: the same content makes the same file.
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$work" -cf "$work/out.tar" "$name"
mv "$work/out.tar" "dist/$name.tar"
(cd dist && sha256sum "$name.tar")
echo "there: tar xf $name.tar && sudo $name/install.sh" >&2
