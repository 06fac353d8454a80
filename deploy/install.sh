#!/bin/sh
# policybot as a service of systemd, on Debian 12 or Ubuntu 24.04 and newer; docs/deploy.md says how it goes.
#
#     sudo deploy/install.sh                install it, or upgrade it to the version of this checkout
#     sudo deploy/install.sh --rollback     go back to the version before the last upgrade
#     sudo deploy/install.sh --uninstall    take it away; settings and data stay
set -eu
umask 022

python=${PYTHON:-python3}
releases=/opt/policybot
settings=/etc/policybot
data=/var/lib/policybot
unit=/etc/systemd/system/policybot.service
program=/usr/local/bin/policybot
account=policybot

say() { echo "install: $1"; }

fail() {
    echo "install: $1" >&2
    exit 1
}

systemd_runs() { [ -d /run/systemd/system ]; }

state() { systemctl show --property "$1" --value policybot; }

# link NAME RELEASE: points a link at a release, in one step.
link() {
    ln -sfn "$2" "$releases/.$1"
    mv -T "$releases/.$1" "$releases/$1"
}

# Starts the service anew, and looks whether it is still there after the time in which a wrong setting ends it.
start() {
    systemctl --quiet enable policybot
    if ! systemd_runs; then
        say "systemd does not run here: the service starts when it does."
        return
    fi
    systemctl daemon-reload
    systemctl restart policybot
    seconds=0
    while [ $seconds -lt 15 ]; do
        sleep 1
        seconds=$((seconds + 1))
        if [ "$(state ActiveState)" != active ] || [ "$(state NRestarts)" != 0 ]; then
            fail "policybot does not start. See why with: journalctl -u policybot -n 50. Put it right and start it with: \
systemctl restart policybot. To go back to the version before: $0 --rollback"
        fi
    done
}

require_python() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "policybot needs Python 3.11 or newer: Debian has it from 12 on, Ubuntu from 24.04 on; another is taken from PYTHON=/path/to/python3."
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        say "Python's venv is missing: installing python3-venv."
        DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends python3-venv >/dev/null
    fi
}

# Builds the wheel of this checkout, in a folder of its own so that none of it is written to. Sets wheel and release.
build() {
    "$python" -m venv "$work/build"
    pip="$work/build/bin/pip --quiet --disable-pip-version-check --no-input"
    $pip install --require-hashes --only-binary :all: -r requirements-build.lock
    mkdir "$work/source"
    cp -R pyproject.toml README.md LICENSE bot corpus retrieval "$work/source"
    find "$work/source" -name __pycache__ -prune -exec rm -r {} +
    # The same source gives the same bytes: the time in them is that of the ZIP format's beginning.
    SOURCE_DATE_EPOCH=315532800 $pip wheel --no-deps --no-index --no-build-isolation --wheel-dir "$work" "$work/source"
    wheel=$(echo "$work"/policybot-*.whl)
    version=${wheel##*/policybot-} version=${version%%-*}
    digest=$( ("$python" --version && cat "$wheel" requirements.lock) | sha256sum | cut -c 1-8)
    release=$releases/$version-$digest
}

# Puts the wheel and what it needs into the folder of the release, unless it is there whole.
unpack() {
    [ ! -e "$release/complete" ] || return 0
    say "putting policybot $version into $release; this takes a minute."
    rm -rf "$release"
    mkdir -p "$releases"
    "$python" -m venv --without-pip "$release"
    $pip --python "$release" install --no-compile --require-hashes --only-binary :all: -r requirements.lock
    $pip --python "$release" install --no-compile --no-deps --no-index "$wheel"
    "$release/bin/python" -m compileall -q --invalidation-mode unchecked-hash "$release/lib"
    runuser --user $account -- "$release/bin/policybot" --help >/dev/null ||
        fail "the account $account cannot run $("$python" -c 'import sys; print(sys.base_prefix)'): take a Python that everybody may run, with PYTHON=/usr/bin/python3."
    touch "$release/complete"
}

# begin FILE MODE GROUP LINE: makes a file of the settings with this one line in it, unless it is there.
begin() {
    [ ! -e "$settings/$1" ] || return 0
    install --mode "$2" --group "$3" /dev/null "$settings/$1"
    echo "$4" >"$settings/$1"
}

install_policybot() {
    require_python
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    build
    getent passwd $account >/dev/null ||
        useradd --system --user-group --no-create-home --home-dir $data --shell /usr/sbin/nologin $account
    unpack

    install --directory --mode 0700 --owner $account --group $account $data
    install --directory --mode 0755 $settings
    begin policybot.yaml 0640 $account "# The settings; deploy/policybot.example.yaml shows each."
    begin environment 0600 root "# The channels' tokens, a NAME=value a line; the README lists the names."
    install --mode 0644 deploy/systemd/policybot.service $unit
    install -D --mode 0755 deploy/systemd/policybot $program

    before=$(readlink $releases/current || true)
    if [ "$before" != "$release" ]; then
        [ -z "$before" ] || link previous "$before"
        link current "$release"
    fi
    for old in "$releases"/*-*; do
        [ "$old" = "$release" ] || [ "$old" = "$(readlink $releases/previous || true)" ] || rm -rf "$old"
    done

    start
    say "policybot $version is installed. The settings are in $settings; sudo policybot doctor says what is to be done."
}

roll_back() {
    now=$(readlink $releases/current || true)
    before=$(readlink $releases/previous || true)
    [ -n "$before" ] || fail "there is no version before this one."
    link current "$before"
    link previous "$now"
    start
    say "policybot is ${before##*/} again, and was ${now##*/}."
}

uninstall() {
    if systemd_runs; then
        systemctl stop policybot || true
    fi
    systemctl --quiet disable policybot || true
    rm -rf $releases $unit $program
    if systemd_runs; then
        systemctl daemon-reload
    fi
    say "policybot is taken away. The settings in $settings, the data in $data and the account $account stay."
}

[ $# -le 1 ] || fail "give one of --rollback and --uninstall, or nothing."
case ${1-} in
"" | --rollback | --uninstall) ;;
*) fail "$1 is not known: give --rollback, --uninstall, or nothing." ;;
esac
[ "$(id -u)" -eq 0 ] || fail "run it with sudo: it creates an account and a service."
command -v systemctl >/dev/null || fail "this machine has no systemd: docs/deploy.md has other ways."
cd "$(dirname "$0")/.."
case ${1-} in
--rollback) roll_back ;;
--uninstall) uninstall ;;
*) install_policybot ;;
esac
