#!/bin/sh
# What a deploy does to a bare host, by hand and unchecked, over one ssh: the floor of a fresh run.
#     floor.sh FOLDER VERSION NAME SSH…
# FOLDER has postgresql.conf, pg_hba.conf, pg_ident.conf, roles.sql and schema.sql; NAME is what
# the certificate is for; SSH… are the words that reach the host as root.
set -e
folder=$1 version=$2 name=$3
shift 3
by_hand() {
    set -e
    cd "$(mktemp -d)"
    tar -x
    etc=/etc/postgresql/$version/main
    postgres="setpriv --reuid=postgres --regid=postgres --init-groups"

    mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/local.conf
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    apt-get -q -y install --no-install-recommends "postgresql-$version" "postgresql-$version-pgaudit"

    pg_createcluster --locale C.UTF-8 --encoding UTF8 "$version" main -- --data-checksums
    $postgres mkdir -m 0700 "/var/log/postgresql/$version-main"

    ec="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    # shellcheck disable=SC2086 # a list of words
    openssl req -x509 $ec -keyout ca.key -out ca.crt -days 3650 -subj /CN=floor
    # shellcheck disable=SC2086 # a list of words
    openssl req -x509 $ec -CA ca.crt -CAkey ca.key -keyout server.key -out server.crt -days 90 \
        -subj "/CN=$name" -addext "subjectAltName=IP:$name,DNS:localhost,IP:127.0.0.1,IP:::1"
    install -m 0640 -g postgres ./*.conf server.crt server.key "$etc"

    systemctl enable --now "postgresql@$version-main"
    psql="$postgres psql -X -q -v ON_ERROR_STOP=1"
    $psql -d postgres < roles.sql
    $psql -d appdb < schema.sql
    rm -rf "$PWD"
}
# dash prints no function: the text of this one goes
text=$(sed -n '/^by_hand() {$/,/^}$/p' "$0")
tar -C "$folder" -c . | "$@" "version=$version name=$name; $text
by_hand"
