/* A provider that does nothing, and calls nothing but the journal. */

#include "provider.h"

static bool run_nothing(const void *context, text *result, failure *why) {
  (void)context, (void)result, (void)why;
  return true;
}

static const step NOTHING = {.name = "do nothing", .run = run_nothing};

void provider_describe(sp_types_description_t *said) {
  static const char *const can[] = {"create", "delete"};
  said->id = TEXT("small");
  said->version = TEXT("0.1.0");
  said->title = TEXT("A provider of nothing");
  said->tenant_type = TEXT("local");
  said->operations = operations(can, sizeof can / sizeof can[0]);
}

bool provider_probe(sp_types_probe_report_t *report, failure *why) {
  (void)why;
  *report = (sp_types_probe_report_t){.usable = true, .summary = TEXT("nothing is needed")};
  return true;
}

void provider_check(const json *settings, errors *found) {
  (void)settings, (void)found;
}

bool provider_plan(const request *asked, plan *into, failure *why) {
  if (!text_is(asked->operation, "create") && !text_is(asked->operation, "delete")) {
    return request_unknown(asked, why);
  }
  plan_step(into, &NOTHING, TEXT("does nothing"));
  return true;
}

bool provider_create(operation *op, text *resources, failure *why) {
  int context = 0;
  (void)resources;
  return STEP(op, &NOTHING, context, NULL, why);
}

bool provider_remove(operation *op, failure *why) {
  int context = 0;
  return STEP(op, &NOTHING, context, NULL, why);
}

bool provider_operation(operation *op, text *result, failure *why) {
  (void)result;
  return request_unknown(&op->asked, why);
}

bool provider_status(const tenant *of, sp_types_live_status_t *said, failure *why) {
  (void)of, (void)why;
  said->state = TEXT("ready");
  return true;
}
