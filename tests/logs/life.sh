#!/usr/bin/env bash
# A life with the native provider, as it is lived for the logs in this directory: README.md says how to run it.
set -u
mkdir -p "$HOME/work" && cd "$HOME/work" || exit 1
sp() {
    echo "\$ systemprompt $*"
    systemprompt "$@" 2>&1 | tail -n 4
}
# A command that is killed on its way.
killed() {
    timeout -s KILL "$1" systemprompt "${@:2}" > /dev/null 2>&1
}

mkdir .systemprompt
cat > .systemprompt/tenants.json <<'J'
{"tenants":[{"id":"local_19bff27604c","name":"my-project","tenant_type":"local","database_url":"postgres://systemprompt:localdev@localhost:5432/systemprompt","external_db_access":false,"shared_container_db":"systemprompt-shared-db"},{"id":"x/../y","name":"bad","tenant_type":"local"}],"synced_at":"2026-02-01T10:00:00Z"}
J
mkdir -p .systemprompt/profiles/old
printf 'name: old\ntarget: local\n\ncloud:\n  tenant_id: local_19bff27604c\n  credentials_path: ../../credentials.json\n  tenants_path: ../../tenants.json\n' > .systemprompt/profiles/old/profile.yaml
sp cloud tenant list
sp cloud tenant create --type local --name acme --provider native
sp cloud tenant select acme
sp cloud profile create local
sp cloud profile create staging --tenant acme
sp cloud profile switch staging
sp cloud profile edit local --set server.port=8081
sp admin session login
sp admin session login --new --hours 2
sp admin session switch local --shell
sp admin session logout --shell
sp admin session switch local
echo hush | systemprompt cloud secrets set API_KEY --stdin
echo hush | systemprompt cloud secrets set OTHER_KEY --stdin --profile staging
sp cloud secrets unset API_KEY
sp cloud secrets unset OTHER_KEY --profile staging
mkdir migrations; echo 'CREATE TABLE notes (id int);' > migrations/1_create_notes.sql
sp infra db migrate
echo 'CREATE TABLE broken (' > migrations/2_break.sql
sp infra db migrate
sp cloud tenant rotate-credentials acme -y
sp cloud tenant rotate-credentials acme -y --overlap 1h
sp cloud tenant rotate-sync-token acme
sp cloud tenant edit acme --name acme-shop
sp cloud tenant protect acme-shop
sp cloud tenant unprotect acme-shop
sp cloud tenant edit my-project --external-access on
sp cloud tenant edit my-project --external-access off
sp cloud profile delete staging -y
# an edit by hand
sed -i 's/acme-shop/acme-stop/' .systemprompt/tenants.json
sp cloud tenant list
sp cloud tenant unselect
sp cloud tenant select acme-shop
# a creation that fails: programs that are not there
sp cloud tenant create --type local --name broken --provider native --config bin_dir=/home/ada/nothing
sp cloud tenant create --type local --name beta --provider native
# a server that went away in the middle
sp infra db down --provider native
sp infra db up --provider native
sp cloud tenant delete beta -y
sp admin session logout --all -y
# a rotation that fails at its last step, and is undone
sp cloud tenant create --type local --name gamma --provider native
systemprompt infra db psql --tenant gamma -- -c "DO \$\$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM %I', current_database(), current_user); END \$\$"
sp cloud tenant rotate-credentials gamma -y
sp cloud tenant status gamma
# operations that are killed
for delay in 0.1 0.2 0.3 0.4 0.5; do
  killed "$delay" cloud tenant create --type local --name epsilon --provider native
  sp cloud tenant resume epsilon --undo
done
for delay in 0.1 0.15 0.2; do
  killed "$delay" cloud tenant rotate-credentials acme-shop -y
  sp cloud tenant resume acme-shop --undo
done
killed 0.2 cloud tenant rotate-credentials acme-shop -y
sp cloud tenant resume --abandon -y
killed 0.2 cloud tenant delete gamma -y
sp cloud tenant resume
killed 0.25 cloud tenant create --type local --name delta --provider native
sp cloud tenant resume --abandon -y
sp infra db down --provider native
sp history verify
sqlite3 .systemprompt/log.db "pragma wal_checkpoint(truncate)"
sqlite3 .systemprompt/log.db "select type, count(*) from events group by 1"
