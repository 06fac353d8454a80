#!/bin/sh
# Writes what deploy/compose.yaml reads of this installation alone: its name, its settings and its secrets. What is there stays, so
# it can be run again.
#
#     sudo deploy/compose-setup.sh policies.st-marys.example
set -eu

fail() {
    echo "compose-setup: $1" >&2
    exit 1
}

[ $# -eq 1 ] || fail "name the address by which staff reach policybot, such as policies.st-marys.example."
case $1 in
*[!a-zA-Z0-9.-]* | .* | *..* | *. | -*) fail "$1 is no name of a server: write it as policies.st-marys.example, without https://." ;;
*.*) ;;
*) fail "$1 is no name of a server: write it as policies.st-marys.example." ;;
esac
[ "$(id -u)" -eq 0 ] || fail "run it with sudo: the secrets are given to the accounts in the containers."

cd "$(dirname "$0")"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' ../pyproject.toml)

# As they are known in the images of policybot and of PostgreSQL.
policybot=10001
postgres=999

random() { head -c 48 /dev/urandom | base64 -w 0 | tr '+/' '-_'; }

# keep FILE OWNER: writes what comes in to a new file that its owner alone may read.
keep() {
    (umask 077 && cat >"$1.new")
    chown "$2:$2" "$1.new"
    chmod 0400 "$1.new"
    mv "$1.new" "$1"
}

mkdir -p secrets
chmod 0700 secrets
[ -e secrets/secret-key ] || random | keep secrets/secret-key $policybot
[ -e secrets/postgres-password ] || random | keep secrets/postgres-password $postgres
[ -e secrets/database-password ] || random | keep secrets/database-password $postgres
[ -e secrets/pgpass ] || printf '*:*:*:policybot:%s\n' "$(cat secrets/database-password)" | keep secrets/pgpass $policybot

if [ ! -e policybot.yaml ]; then
    echo "# The settings; policybot.example.yaml shows each." >policybot.yaml
    chmod 0644 policybot.yaml
fi
if [ ! -e policybot.env ]; then
    (umask 077 && echo "# The channels' tokens, a NAME=value a line; the README lists the names." >policybot.env)
fi
[ -e .env ] || printf 'DOMAIN=%s\nVERSION=%s\nREPLICAS=1\n' "$1" "$version" >.env
grep -qxF "DOMAIN=$1" .env || fail "deploy/.env names another address than $1: change it there if it is to be another."

echo "Settings: deploy/policybot.yaml and deploy/policybot.env. Secrets: deploy/secrets, of which you keep a copy."
echo "Next: docker compose -f deploy/compose.yaml up -d --build"
