/*
 * The provider `my-provider`: a role and a database for each tenant, in a PostgreSQL cluster on this machine.
 *
 * It is straight-line code. What makes it survive a crash, and undo itself after a failure, is that every effect is a
 * step: see `provider_create`. Each function says through its last argument why it failed.
 */

#include "provider.h"
#include "secrets.h"

/* The cluster that all tenants of this provider share. */
#define CLUSTER "my-provider"
/* Its administrator, and the name of that one's password among the secrets of this machine. */
#define ADMIN "admin"
#define ADMIN_SECRET "cluster-admin"
/* Name of each tenant's password among its own secrets. */
#define PASSWORD "db-password"
/* As `config.schema.json` has them. */
#define PORT_MIN 1024
#define PORT_MAX 65535
#define PORT_USUAL 5433

/* What a step needs: it is copied when the step begins, for an undo may run long after. */
typedef struct {
  int64_t port;
  sp_postgres_target_t there;
  text name, password;
} task;

/* Makes the cluster if there is none, and starts it. */
static bool start(int64_t preferred_port, uint16_t *port, failure *why) {
  sp_server_cluster_spec_t spec = {.name = TEXT(CLUSTER), .admin_role = TEXT(ADMIN)};
  sp_server_cluster_t cluster;
  if (preferred_port < PORT_MIN || preferred_port > PORT_MAX) {
    return refused(why, "config-invalid", JOIN(text_of_number(preferred_port), TEXT(" is no port")));
  }
  spec.preferred_port = (uint16_t)preferred_port;
  if (!secret_of_machine(ADMIN_SECRET, &spec.admin_password, why) || !sp_server_ensure(&spec, &cluster, why)) {
    return false;
  }
  *port = cluster.port.val;
  return cluster.port.is_some || retryable(why, "not-listening", TEXT("cluster `" CLUSTER "` does not listen yet"));
}

/* What the steps about a tenant need, but for the server and the password. */
static task task_for(const tenant *of) {
  return (task){.name = postgres_name(of), .port = json_integer(of->config, "port", PORT_USUAL)};
}

/* The cluster's server, seen by its administrator. */
static bool administered(sp_postgres_target_t *there, failure *why) {
  *there = (sp_postgres_target_t){.kind = TEXT("cluster"), .name = TEXT(CLUSTER), .admin_role = TEXT(ADMIN)};
  return secret_of_machine(ADMIN_SECRET, &there->admin_password, why);
}

/* A real login as the tenant. */
static bool log_in(const task *of, failure *why) {
  sp_postgres_target_t there = of->there;
  sp_postgres_login_t login = {.role = of->name, .password = of->password, .database = of->name};
  return sp_postgres_check_login(&there, &login, why);
}

static bool run_start(const void *context, text *result, failure *why) {
  const task *of = context;
  uint16_t port;
  if (!start(of->port, &port, why)) {
    return false;
  }
  *result = text_of_number(port);
  return true;
}

static bool run_stop(const void *context, text *result, failure *why) {
  (void)context, (void)result;
  text name = TEXT(CLUSTER);
  return sp_server_stop(&name, why);
}

static bool run_create_role(const void *context, text *result, failure *why) {
  (void)result;
  task of = *(const task *)context;
  return sp_postgres_ensure_role(&of.there, &of.name, &of.password, why);
}

static bool drop_role(const void *context, failure *why) {
  task of = *(const task *)context;
  return sp_postgres_drop_role(&of.there, &of.name, why);
}

static bool undo_create_role(const void *context, failure *why) {
  return undone(drop_role(context, why), why);
}

static bool run_create_database(const void *context, text *result, failure *why) {
  (void)result;
  task of = *(const task *)context;
  return sp_postgres_ensure_database(&of.there, &of.name, &of.name, why);
}

static bool drop_database(const void *context, failure *why) {
  task of = *(const task *)context;
  return sp_postgres_drop_database(&of.there, &of.name, why);
}

static bool undo_create_database(const void *context, failure *why) {
  return undone(drop_database(context, why), why);
}

static bool run_log_in(const void *context, text *result, failure *why) {
  (void)result;
  return log_in(context, why);
}

static bool run_drop_database(const void *context, text *result, failure *why) {
  (void)result;
  return drop_database(context, why);
}

static bool run_drop_role(const void *context, text *result, failure *why) {
  (void)result;
  return drop_role(context, why);
}

/* All steps, for plans and for what is done. Those with an undo can be taken back. */
static const step START = {.name = "start the server", .run = run_start};
static const step STOP = {.name = "stop the server", .run = run_stop};
static const step CREATE_ROLE = {.name = "create role", .run = run_create_role, .undo = undo_create_role};
static const step CREATE_DATABASE = {
    .name = "create database", .run = run_create_database, .undo = undo_create_database};
static const step LOG_IN = {.name = "log in as the tenant", .run = run_log_in};
static const step DROP_DATABASE = {.name = "drop database", .run = run_drop_database, .is_irreversible = true};
static const step DROP_ROLE = {.name = "drop role", .run = run_drop_role, .is_irreversible = true};

void provider_describe(sp_types_description_t *said) {
  static const char *const can[] = {"create", "delete", "server-up", "server-down"};
  said->id = TEXT("my-provider");
  said->version = TEXT("0.1.0");
  said->title = TEXT("A database in a cluster of its own");
  said->tenant_type = TEXT("local");
  said->operations = operations(can, sizeof can / sizeof can[0]);
}

bool provider_probe(sp_types_probe_report_t *report, failure *why) {
  sp_server_binaries_t found;
  failure missing;
  (void)why;
  report->usable = sp_server_find_binaries(NULL, &found, &missing);
  if (report->usable) {
    report->summary = JOIN(TEXT("PostgreSQL "), found.version, TEXT(" in `"), found.bin_dir, TEXT("`"));
  } else {
    report->summary = detail_of(&missing)->message;
    report->help = some_text(TEXT("install PostgreSQL"));
  }
  return true;
}

void provider_check(const json *settings, errors *found) {
  int64_t port = json_integer(settings, "port", PORT_USUAL);
  if (port < PORT_MIN || port > PORT_MAX) {
    text range[] = {text_of_number(PORT_MIN), text_of_number(PORT_MAX)};
    error_at(found, TEXT("/port"), JOIN(TEXT("a port is a number from "), range[0], TEXT(" to "), range[1]));
  }
}

/* The steps of an operation, as below. A person reads them before they agree. */
bool provider_plan(const request *asked, plan *into, failure *why) {
  const tenant *of;
  if (text_is(asked->operation, "create") || text_is(asked->operation, "delete")) {
    if (!request_tenant(asked, &of, why)) {
      return false;
    }
    text name = JOIN(TEXT("`"), postgres_name(of), TEXT("`"));
    if (text_is(asked->operation, "create")) {
      plan_step(into, &START, TEXT("makes the cluster, or starts it"));
      plan_step(into, &CREATE_ROLE, JOIN(TEXT("makes the role "), name));
      plan_step(into, &CREATE_DATABASE, JOIN(TEXT("makes the database "), name));
      plan_step(into, &LOG_IN, TEXT("proves that the database can be used"));
      return true;
    }
    plan_step(into, &START, TEXT("starts the cluster if it is stopped"));
    plan_step(into, &DROP_DATABASE, JOIN(TEXT("drops the database "), name));
    plan_step(into, &DROP_ROLE, JOIN(TEXT("drops the role "), name));
  } else if (text_is(asked->operation, "server-up")) {
    plan_step(into, &START, TEXT("makes the cluster, or starts it"));
  } else if (text_is(asked->operation, "server-down")) {
    plan_step(into, &STOP, TEXT("stops the cluster; the databases stay"));
  } else {
    return request_unknown(asked, why);
  }
  return true;
}

/*
 * Makes a tenant.
 *
 * After a crash this runs again from the top: a step that is recorded returns its record and calls nobody. A crash can
 * fall between an effect and its record, so a step may run twice. When one fails, the undos of all that began run.
 */
bool provider_create(operation *op, text *resources, failure *why) {
  const tenant *of;
  text port;
  if (!request_tenant(&op->asked, &of, why)) {
    return false;
  }
  task of_tenant = task_for(of);
  /* A placeholder: the value is generated and sealed by the host, and filled in where it is used. */
  if (!secret_of_tenant(PASSWORD, &of_tenant.password, why) || !STEP(op, &START, of_tenant, &port, why) ||
      !administered(&of_tenant.there, why) || !STEP(op, &CREATE_ROLE, of_tenant, NULL, why) ||
      !STEP(op, &CREATE_DATABASE, of_tenant, NULL, why) || !STEP(op, &LOG_IN, of_tenant, NULL, why)) {
    return false;
  }
  json_writer writer = {0};
  json_open(&writer, '{');
  json_name(&writer, "database_url");
  json_put_text(&writer, JOIN(TEXT("postgres://"), of_tenant.name, TEXT(":"), of_tenant.password,
                              TEXT("@127.0.0.1:"), port, TEXT("/"), of_tenant.name));
  json_close(&writer, '}');
  *resources = json_written(&writer);
  return true;
}

/* Deletes a tenant. Nothing of this can be taken back, so once it began it is finished, by `resume` if need be. */
bool provider_remove(operation *op, failure *why) {
  const tenant *of;
  if (!request_tenant(&op->asked, &of, why)) {
    return false;
  }
  task of_tenant = task_for(of);
  return STEP(op, &START, of_tenant, NULL, why) && administered(&of_tenant.there, why) &&
         STEP(op, &DROP_DATABASE, of_tenant, NULL, why) && STEP(op, &DROP_ROLE, of_tenant, NULL, why);
}

/* What it says of the server that it started or stopped; without a port it says none. */
static text server_said(const json *port) {
  json_writer writer = {0};
  json_open(&writer, '{');
  json_name(&writer, "server");
  json_put_text(&writer, TEXT(CLUSTER));
  if (port != NULL) {
    json_name(&writer, "host");
    json_put_text(&writer, TEXT("127.0.0.1"));
    json_name(&writer, "port");
    json_put_integer(&writer, port->integer);
  }
  json_close(&writer, '}');
  return json_written(&writer);
}

/* What `infra db up` and `infra db down` ask for: they are about what tenants share, so there is no tenant. */
bool provider_operation(operation *op, text *result, failure *why) {
  task of_server = {0};
  const json *settings, *port;
  text listening;
  if (text_is(op->asked.operation, "server-up")) {
    if (!settings_valid(op->asked.input, &settings, why)) {
      return false;
    }
    of_server.port = json_integer(settings, "port", PORT_USUAL);
    if (!STEP(op, &START, of_server, &listening, why) ||
        !document(listening, "record-unreadable", "the record of a step", &port, why)) {
      return false;
    }
    *result = server_said(port);
    return true;
  }
  if (text_is(op->asked.operation, "server-down")) {
    *result = server_said(NULL);
    return STEP(op, &STOP, of_server, NULL, why);
  }
  return request_unknown(&op->asked, why);
}

bool provider_status(const tenant *of, sp_types_live_status_t *said, failure *why) {
  text name = TEXT(CLUSTER);
  sp_server_cluster_t cluster;
  failure problem;
  if (!sp_server_status(&name, &cluster, why)) {
    return false;
  }
  said->state = cluster.state;
  if (!text_is(cluster.state, "running")) {
    return true;
  }
  if (of != NULL) {
    task of_tenant = task_for(of);
    if (!administered(&of_tenant.there, &problem) || !secret_of_tenant(PASSWORD, &of_tenant.password, &problem) ||
        !log_in(&of_tenant, &problem)) {
      said->state = TEXT("unreachable");
      status_detail(said, "problem", detail_of(&problem)->message);
      return true;
    }
  }
  said->reachable = true;
  said->state = TEXT("ready");
  status_detail(said, "version", cluster.version);
  return true;
}
