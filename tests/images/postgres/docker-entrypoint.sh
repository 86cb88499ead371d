#!/bin/bash
# Starts PostgreSQL as the official image does, in two phases when the data directory is new: a server that only the
# socket reaches makes the database and runs the init scripts; then the real one takes its place.
set -euo pipefail
shopt -s nullglob

readonly uid=999

complain() {
    printf 'entrypoint: %s\n' "$1" >&2
    exit 1
}

say() {
    printf 'entrypoint: %s\n' "$1"
}

# setting NAME [DEFAULT]: the variable, or the content of the file that NAME_FILE names; never both.
setting() {
    local name=$1 file=$1_FILE
    if [[ -n ${!name:-} && -n ${!file:-} ]]; then
        complain "both $name and $file are set; set one of them"
    fi
    if [[ -n ${!file:-} ]]; then
        printf -v "$name" '%s' "$(<"${!file}")"
    elif [[ -z ${!name:-} ]]; then
        printf -v "$name" '%s' "${2:-}"
    fi
    export "${name?}"
    unset "$file"
}

# Root's part: the directories belong to postgres, and the rest runs as postgres.
become_postgres() {
    mkdir -p "$PGDATA" /run/postgresql
    find "$PGDATA" /run/postgresql ! -uid "$uid" -exec chown "$uid:$uid" {} +
    chmod 700 "$PGDATA"
    chmod 3777 /run/postgresql
    if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then
        mkdir -p "$POSTGRES_INITDB_WALDIR"
        chown -R "$uid:$uid" "$POSTGRES_INITDB_WALDIR"
        chmod 700 "$POSTGRES_INITDB_WALDIR"
    fi
    exec setpriv --reuid "$uid" --regid "$uid" --clear-groups --no-new-privs "$0" "$@"
}

read_settings() {
    setting POSTGRES_PASSWORD
    setting POSTGRES_USER postgres
    setting POSTGRES_DB "$POSTGRES_USER"
    setting POSTGRES_INITDB_ARGS
    : "${POSTGRES_HOST_AUTH_METHOD:=}"
    if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
        complain "the database is new and POSTGRES_PASSWORD is empty; set it, or POSTGRES_HOST_AUTH_METHOD=trust to ask nobody for one"
    fi
}

make_cluster() {
    local flags=()
    if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then
        flags+=(--waldir "$POSTGRES_INITDB_WALDIR")
    fi
    # The arguments are one string with shell quotes in it: eval is part of the contract.
    eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") "${flags[@]}" '"$POSTGRES_INITDB_ARGS"
    local method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption)}
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

sql() {
    PGHOST='' PGHOSTADDR='' psql --no-psqlrc --no-password --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" "$@"
}

make_database() {
    if [[ $POSTGRES_DB != postgres ]]; then
        sql --dbname postgres --set name="$POSTGRES_DB" <<<'CREATE DATABASE :"name";'
    fi
}

run_init_scripts() {
    local script
    for script in /docker-entrypoint-initdb.d/*; do
        say "running $script"
        case $script in
            *.sh) if [[ -x $script ]]; then "$script"; else . "$script"; fi ;;
            *.sql) sql --dbname "$POSTGRES_DB" --file "$script" ;;
            *.sql.gz) gzip --decompress --stdout "$script" | sql --dbname "$POSTGRES_DB" ;;
            *.sql.xz) xz --decompress --stdout "$script" | sql --dbname "$POSTGRES_DB" ;;
            *.sql.zst) zstd --decompress --stdout "$script" | sql --dbname "$POSTGRES_DB" ;;
            *) say "ignoring $script" ;;
        esac
    done
}

first_phase() {
    read_settings
    make_cluster
    PGUSER=$POSTGRES_USER pg_ctl --wait --options "-c listen_addresses='' -p ${PGPORT:-5432}" start
    make_database
    run_init_scripts
    PGUSER=$POSTGRES_USER pg_ctl --wait --mode fast stop
    unset PGPASSWORD
    say 'the first phase is complete; starting the server'
}

# only_asks "$@": whether the server is merely to tell something about itself, which needs no database.
only_asks() {
    local word
    for word; do
        case $word in --help | -\? | --version | -V | --describe-config) return 0 ;; esac
    done
    return 1
}

if [[ ${1:-} == -* ]]; then
    set -- postgres "$@"
fi
if [[ ${1:-} == postgres ]] && ! only_asks "$@"; then
    if [[ $(id -u) == 0 ]]; then
        become_postgres "$@"
    fi
    if [[ ! -s $PGDATA/PG_VERSION ]]; then
        first_phase
    fi
fi
exec "$@"
