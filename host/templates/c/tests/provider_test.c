/*
 * What this provider does, on this machine and without a component. `systemprompt plugin test` tries on the component
 * what every provider promises.
 */

#include <stdio.h>

#include "host.h"

static const char *running;
static bool is_broken;

/* Says where something is not as it has to be, and goes on. */
#define HOLDS(condition)                                                                     \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      is_broken = true;                                                                      \
      printf("%s:%d: %s: not so: %s\n", __FILE__, __LINE__, running, #condition);            \
    }                                                                                        \
  } while (0)

static sp_types_request_t asked(const char *operation) {
  return (sp_types_request_t){.operation = text_of(operation),
                              .operation_id = TEXT("operation-1"),
                              .tenant = {true,
                                         {.id = TEXT("local_19bff27604c3f2a"),
                                          .name = TEXT("shop"),
                                          .config = TEXT("{\"port\": 5999}"),
                                          .resources = TEXT("{}")}},
                              .input = TEXT("{}")};
}

static bool run(const char *operation, text *result, failure *why) {
  sp_types_request_t request = asked(operation);
  return exports_sp_provider_run(&request, result, why);
}

/* As the provider names a tenant's role and database. */
static text name_of_tenant(void) {
  return postgres_name(&(tenant){.id = TEXT("local_19bff27604c3f2a"), .name = TEXT("shop")});
}

static void a_tenant_is_a_role_and_a_database_and_its_password_a_placeholder(void) {
  text result, name = name_of_tenant();
  failure why;
  HOLDS(run("create", &result, &why));
  HOLDS(host_has("role", name) && host_has("database", name));
  HOLDS(text_equal(result, JOIN(TEXT("{\"database_url\":\"postgres://"), name,
                                TEXT(":{{secret:db-password@1}}@127.0.0.1:5999/"), name, TEXT("\"}"))));
}

static void what_was_made_is_taken_back_when_the_database_cannot_be_made(void) {
  text result;
  failure why;
  host_fails("ensure-database");
  HOLDS(!run("create", &result, &why));
  HOLDS(text_is(detail_of(&why)->code, "connection-lost"));
  HOLDS(!host_has("role", name_of_tenant()) && !host_has("database", name_of_tenant()));
}

static void nothing_of_a_tenant_is_left_when_it_is_deleted(void) {
  text result;
  failure why;
  HOLDS(run("create", &result, &why) && run("delete", &result, &why));
  HOLDS(!host_has("role", name_of_tenant()) && !host_has("database", name_of_tenant()));
}

static void a_plan_names_the_steps_that_are_taken(void) {
  sp_types_request_t request = asked("create");
  exports_sp_provider_list_planned_step_t planned;
  text names = {0}, result;
  failure why;
  HOLDS(exports_sp_provider_plan(&request, &planned, &why));
  for (size_t at = 0; at < planned.len; at++) {
    names = JOIN(names, planned.ptr[at].name, TEXT("\n"));
  }
  HOLDS(run("create", &result, &why));
  HOLDS(planned.len > 0 && text_equal(names, host_steps()));
}

static void a_port_that_is_none_is_named(void) {
  text config = TEXT("{\"port\": 80}");
  exports_sp_provider_list_field_error_t found;
  failure why;
  HOLDS(exports_sp_provider_check(&config, &found, &why));
  HOLDS(found.len == 1 && text_is(found.ptr[0].path, "/port"));
}

#define RUN(test) (host_forget(), running = #test, is_broken = false, test(), tests++, passed += !is_broken)

int main(void) {
  int tests = 0, passed = 0;
  RUN(a_tenant_is_a_role_and_a_database_and_its_password_a_placeholder);
  RUN(what_was_made_is_taken_back_when_the_database_cannot_be_made);
  RUN(nothing_of_a_tenant_is_left_when_it_is_deleted);
  RUN(a_plan_names_the_steps_that_are_taken);
  RUN(a_port_that_is_none_is_named);
  printf("%d of %d tests passed\n", passed, tests);
  return passed == tests ? 0 : 1;
}
