/* What the component exports: from the contract's words to the provider's. */

#include "memory.h"
#include "provider.h"

void plan_step(plan *into, const step *what, text summary) {
  into->steps = grown(into->steps, into->count, &into->room, sizeof *into->steps);
  into->steps[into->count++] = (sp_types_planned_step_t){text_of(what->name), summary, step_kind(what)};
}

void status_detail(sp_types_live_status_t *of, const char *label, text value) {
  size_t count = of->details.len;
  sp_tuple2_string_string_t *details = allocate((count + 1) * sizeof *details);
  for (size_t at = 0; at < count; at++) {
    details[at] = of->details.ptr[at];
  }
  details[count] = (sp_tuple2_string_string_t){text_of(label), value};
  of->details = (sp_list_tuple2_string_string_t){details, count + 1};
}

sp_list_string_t operations(const char *const *names, size_t count) {
  text *list = allocate(count * sizeof *list);
  for (size_t at = 0; at < count; at++) {
    list[at] = text_of(names[at]);
  }
  return (sp_list_string_t){list, count};
}

void exports_sp_provider_describe(sp_types_description_t *said) {
  *said = (sp_types_description_t){.config_schema = schema_text()};
  provider_describe(said);
}

bool exports_sp_provider_probe(sp_types_probe_report_t *report, failure *why) {
  *report = (sp_types_probe_report_t){0};
  return provider_probe(report, why);
}

bool exports_sp_provider_check(text *config, exports_sp_provider_list_field_error_t *said, failure *why) {
  errors found = {0};
  const json *settings;
  if (!document(*config, "config-invalid", "the configuration", &settings, why) ||
      !settings_errors(settings, &found, why)) {
    return false;
  }
  if (found.count == 0) {
    if (!settings_filled(settings, &settings, why)) {
      return false;
    }
    provider_check(settings, &found);
  }
  *said = (exports_sp_provider_list_field_error_t){found.fields, found.count};
  return true;
}

bool exports_sp_provider_plan(sp_types_request_t *from, exports_sp_provider_list_planned_step_t *said, failure *why) {
  plan steps = {0};
  request asked;
  if (!request_read(from, &asked, why) || !provider_plan(&asked, &steps, why)) {
    return false;
  }
  *said = (exports_sp_provider_list_planned_step_t){steps.steps, steps.count};
  return true;
}

bool exports_sp_provider_run(sp_types_request_t *from, text *result, failure *why) {
  operation op = {0};
  bool is_done;
  if (!request_read(from, &op.asked, why)) {
    return false;
  }
  *result = TEXT("{}");
  if (text_is(op.asked.operation, "create")) {
    is_done = provider_create(&op, result, why);
  } else if (text_is(op.asked.operation, "delete")) {
    is_done = provider_remove(&op, why);
  } else {
    is_done = provider_operation(&op, result, why);
  }
  return op_settle(&op, is_done, why);
}

bool exports_sp_provider_status(sp_types_tenant_t *from, sp_types_live_status_t *said, failure *why) {
  const tenant *of = NULL;
  *said = (sp_types_live_status_t){0};
  return (from == NULL || tenant_read(from, &of, why)) && provider_status(of, said, why);
}

/* A provider on this machine cannot tell what belongs to nobody. */
bool exports_sp_provider_orphans(exports_sp_provider_list_tenant_t *tenants,
                                 exports_sp_provider_option_list_orphan_t *found, failure *why) {
  (void)tenants, (void)why;
  *found = (exports_sp_provider_option_list_orphan_t){0};
  return true;
}

/* Its databases can be reached from this machine, so nobody asks. */
bool exports_sp_provider_psql(sp_types_tenant_t *of, sp_types_psql_run_t *run, sp_types_psql_ended_t *ended,
                              failure *why) {
  (void)of, (void)run, (void)ended;
  return refused(why, "unknown-operation", TEXT("this provider has no operation `psql`"));
}
