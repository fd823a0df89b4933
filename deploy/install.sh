#!/bin/sh
# Installs Ambient out of this folder, without a network.
#   install.sh [--role node|hub|both] [--prefix DIR] [--models DIR] [--nodes NETWORK]
#              [--without-system]
# --prefix          where the programs go                        (default /opt/ambient)
# --models          where the models go                          (default /var/lib/ambient/models)
# --nodes           the network that the hub takes nodes from, for example 10.0.0.0/24
# --without-system  only programs and models: no users, units or /etc; needs no root
# Run it again with a newer bundle to update; configuration and state are left as they are.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
role=both prefix=/opt/ambient models=/var/lib/ambient/models nodes="" system=yes
while [ $# -gt 0 ]; do
    case "$1" in
    --role) role=$2 && shift 2 ;;
    --prefix) prefix=$2 && shift 2 ;;
    --models) models=$2 && shift 2 ;;
    --nodes) nodes=$2 && shift 2 ;;
    --without-system) system=no && shift ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
    esac
done
fail() {
    echo "install.sh: $*" >&2
    exit 1
}
# Install a unit with the folders that were chosen.
put_unit() {
    sed "s|/opt/ambient|$prefix|g; s|/var/lib/ambient/models|$models|g" "$here/systemd/$1" \
        >"/etc/systemd/system/$1"
}
case "$role" in node | hub | both) ;; *) fail "--role: expected node, hub or both, got $role" ;; esac

(cd "$here" && sha256sum --quiet -c SHA256SUMS) || fail "the bundle is damaged; copy it again"
read -r tag machine <"$here/PYTHON"
python=""
for one in python3 "python3.${tag#cp3}"; do
    command -v "$one" >/dev/null 2>&1 || continue
    if [ "$("$one" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')" = "$tag" ]; then
        python=$(command -v "$one")
        break
    fi
done
[ -n "$python" ] || fail "expected Python 3.${tag#cp3}, found none; install it or bring a bundle for yours"
[ "$(uname -m)" = "$machine" ] || fail "expected a machine of $machine, got $(uname -m)"
if [ "$system" = yes ] && [ "$(id -u)" != 0 ]; then
    fail "expected root; use sudo, or --without-system for programs and models alone"
fi

# pip comes out of the bundle too: a machine without python3-venv has none.
"$python" -m venv --without-pip "$prefix"
pip_wheel=$(ls "$here"/wheels/pip-*.whl)
# A node looks, listens and reads wearables: a lock each.
set --
[ "$role" = hub ] || set -- -r "$here/node.txt" -r "$here/audio.txt" -r "$here/vitals.txt"
[ "$role" = node ] || set -- "$@" -r "$here/hub.txt"
install_wheels() {
    # The configuration of a site's pip may name an index or a constraint; neither has a say here.
    PIP_CONFIG_FILE=/dev/null PYTHONPATH="$pip_wheel" "$prefix/bin/python" -m pip install --quiet \
        --no-index --find-links "$here/wheels" --require-hashes --no-deps --no-warn-script-location "$@"
}
install_wheels "$@"
# By force: a bundle built from a later change may carry the same version.
install_wheels --force-reinstall -r "$here/ambient.txt"
mkdir -p "$prefix/share"
cp "$here/README.md" "$here/LICENSE" "$here/addresses.py" "$prefix/share/"
cp -r "$here/examples" "$prefix/share/"
[ "$role" = hub ] || "$prefix/bin/ambient" models pull --from "$here/models.tar" --dir "$models"

if [ "$system" = yes ]; then
    install -m 0644 "$here/systemd/ambient-sysusers.conf" /usr/lib/sysusers.d/ambient.conf
    install -m 0644 "$here/systemd/ambient-tmpfiles.conf" /usr/lib/tmpfiles.d/ambient.conf
    systemd-sysusers ambient.conf
    systemd-tmpfiles --create ambient.conf
    units=""
    for one in node hub; do
        [ "$role" = both ] || [ "$role" = "$one" ] || continue
        put_unit "ambient-$one.service"
        if [ ! -e "/etc/ambient/$one.yaml" ]; then
            install -m 0640 -g "ambient-$one" "$here/examples/$one.yaml" "/etc/ambient/$one.yaml"
        fi
        # The wizard writes zones and masks into it.
        [ "$one" = hub ] || chown ambient-node /etc/ambient/node.yaml
        units="$units ambient-$one.service"
    done
    beside=""
    if [ "$role" != hub ]; then
        beside="ambient-wizard.path ambient-hubs.path"
        for one in wizard.path wizard.service hubs.path hubs.service; do
            put_unit "ambient-$one"
        done
        mkdir -p /etc/systemd/system/ambient-node.service.d
        runuser -u ambient-node -- "$prefix/bin/python" "$prefix/share/addresses.py" \
            /etc/ambient/node.yaml >/etc/systemd/system/ambient-node.service.d/addresses.conf
    fi
    if [ -n "$nodes" ] && [ "$role" != node ]; then
        mkdir -p /etc/systemd/system/ambient-hub.service.d
        printf '[Service]\nIPAddressAllow=%s\n' "$nodes" \
            >/etc/systemd/system/ambient-hub.service.d/addresses.conf
    fi
    backups=""
    if [ "$role" != node ]; then
        for one in service timer; do
            put_unit "ambient-backup.$one"
        done
        # Nightly where hub.yaml says for which key and where to; run this again once it does.
        backups=$(runuser -u ambient-hub -- "$prefix/bin/python" -c \
            'from pathlib import Path; from ambient.config import load_hub
found = load_hub(Path("/etc/ambient/hub.yaml")).backup
print(found.dir if found else "")')
    fi
    if [ -n "$backups" ]; then
        [ -d "$backups" ] || install -d -m 0700 -o ambient-hub -g ambient-hub "$backups"
        mkdir -p /etc/systemd/system/ambient-backup.service.d
        printf '[Unit]\nRequiresMountsFor=%s\n[Service]\nReadWritePaths=%s\n' "$backups" "$backups" \
            >/etc/systemd/system/ambient-backup.service.d/folder.conf
    fi
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        [ -z "$backups" ] || systemctl enable --now ambient-backup.timer
        # shellcheck disable=SC2086 # several units
        [ -z "$beside" ] || systemctl enable --now $beside
    fi
    echo "installed$units; edit /etc/ambient/*.yaml, then: systemctl enable --now$units"
else
    echo "installed in $prefix"
    [ "$role" != both ] || echo "run: AMBIENT_MODELS=$models $prefix/bin/ambient demo"
fi
