/* The host in memory. */

#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define THINGS_MAX 8

static struct {
  const char *failing;
  struct {
    const char *kind;
    text name;
  } things[THINGS_MAX];
  size_t count;
  text steps;
} host;

void host_forget(void) {
  memset(&host, 0, sizeof host);
}

void host_fails(const char *call) {
  host.failing = call;
}

static size_t find(const char *kind, text name) {
  size_t at = 0;
  while (at < host.count && (strcmp(host.things[at].kind, kind) != 0 || !text_equal(host.things[at].name, name))) {
    at++;
  }
  return at;
}

bool host_has(const char *kind, text name) {
  return find(kind, name) < host.count;
}

text host_steps(void) {
  return host.steps;
}

/* Whether the call is answered; one that is to fail has done its work by then. */
static bool answered(const char *call, failure *why) {
  if (host.failing == NULL || strcmp(host.failing, call) != 0) {
    return true;
  }
  host.failing = NULL;
  return ambiguous(why, "connection-lost", JOIN(TEXT("nobody knows what became of "), text_of(call)));
}

static bool make(const char *call, const char *kind, text name, failure *why) {
  if (!host_has(kind, name)) {
    if (host.count == THINGS_MAX) {
      abort();
    }
    host.things[host.count].kind = kind;
    host.things[host.count++].name = name;
  }
  return answered(call, why);
}

static bool drop(const char *call, const char *kind, text name, failure *why) {
  size_t at = find(kind, name);
  if (at < host.count) {
    host.things[at] = host.things[--host.count];
  }
  return answered(call, why);
}

void sp_journal_begin(text *name, sp_types_undo_kind_t undo, sp_journal_position_t *position) {
  (void)undo;
  host.steps = JOIN(host.steps, *name, TEXT("\n"));
  position->tag = SP_JOURNAL_POSITION_RUN;
}

void sp_journal_finish(sp_journal_result_json_failure_t *outcome) {
  (void)outcome;
}

bool sp_journal_begin_undo(text *name) {
  (void)name;
  return true;
}

void sp_journal_finish_undo(sp_journal_result_void_failure_t *outcome) {
  (void)outcome;
}

bool sp_secrets_ensure(sp_secrets_spec_t *spec, text *placeholder, failure *why) {
  *placeholder = JOIN(TEXT("{{secret:"), spec->name, TEXT("@1}}"));
  return answered("secrets", why);
}

bool sp_server_find_binaries(text *where, sp_server_binaries_t *found, failure *why) {
  (void)where;
  *found = (sp_server_binaries_t){TEXT("/usr/bin"), TEXT("17.2")};
  return answered("find-binaries", why);
}

bool sp_server_ensure(sp_server_cluster_spec_t *spec, sp_server_cluster_t *cluster, failure *why) {
  *cluster = (sp_server_cluster_t){.name = spec->name, .state = TEXT("running"), .port = {true, spec->preferred_port}};
  return make("ensure", "cluster", spec->name, why);
}

bool sp_server_status(text *name, sp_server_cluster_t *cluster, failure *why) {
  *cluster = (sp_server_cluster_t){.name = *name, .state = TEXT("missing")};
  if (host_has("cluster", *name)) {
    cluster->state = TEXT("running");
  }
  return answered("status", why);
}

bool sp_server_stop(text *name, failure *why) {
  (void)name;
  return answered("stop", why);
}

bool sp_postgres_ensure_role(sp_postgres_target_t *there, text *role, text *password, failure *why) {
  (void)there, (void)password;
  return make("ensure-role", "role", *role, why);
}

bool sp_postgres_drop_role(sp_postgres_target_t *there, text *role, failure *why) {
  (void)there;
  return drop("drop-role", "role", *role, why);
}

bool sp_postgres_ensure_database(sp_postgres_target_t *there, text *database, text *owner, failure *why) {
  (void)there;
  if (!host_has("role", *owner)) {
    return refused(why, "no-role", TEXT("there is no role to own the database"));
  }
  return make("ensure-database", "database", *database, why);
}

bool sp_postgres_drop_database(sp_postgres_target_t *there, text *database, failure *why) {
  (void)there;
  return drop("drop-database", "database", *database, why);
}

bool sp_postgres_check_login(sp_postgres_target_t *there, sp_postgres_login_t *login, failure *why) {
  (void)there;
  if (!host_has("database", login->database)) {
    return refused(why, "no-database", TEXT("there is no database to log in to"));
  }
  return answered("check-login", why);
}

/* In place of `sdk/memory.c`, which is for WebAssembly: a test takes what it needs, and ends. */
void *allocate(size_t size) {
  void *block = calloc(1, size == 0 ? 1 : size);
  if (block == NULL) {
    abort();
  }
  return block;
}

void *grown(void *list, size_t length, size_t *room, size_t size) {
  if (length < *room) {
    return list;
  }
  size_t wanted = *room == 0 ? 8 : *room * 2;
  void *larger = realloc(list, wanted * size);
  if (larger == NULL) {
    abort();
  }
  *room = wanted;
  return larger;
}
