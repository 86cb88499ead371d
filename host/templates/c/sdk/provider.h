/* What `src/provider.c` has to have, and the words in which it says things. */
#ifndef PROVIDER_H
#define PROVIDER_H

#include "operation.h"

/* Steps of a plan. */
typedef struct {
  sp_types_planned_step_t *steps;
  size_t count, room;
} plan;

/* Says a step, as `op_step` will take it. */
void plan_step(plan *into, const step *what, text summary);
/* Says a label and a value of a status. */
void status_detail(sp_types_live_status_t *of, const char *label, text value);
/* Names of operations for a description. */
sp_list_string_t operations(const char *const *names, size_t count);

/* Who it is. Users are shown this before they install it. */
void provider_describe(sp_types_description_t *said);
/* Whether it can work here, and if not, what to do. It only looks. */
bool provider_probe(sp_types_probe_report_t *report, failure *why);
/* What names and types cannot say of settings; these have what the schema has by default. */
void provider_check(const json *settings, errors *found);
/* The steps of an operation. It only looks. */
bool provider_plan(const request *asked, plan *into, failure *why);
/* Makes a tenant; the result, JSON, is what the tenant has. */
bool provider_create(operation *op, text *resources, failure *why);
/* Deletes a tenant. */
bool provider_remove(operation *op, failure *why);
/* Any other operation that `provider_describe` names; the result is JSON. */
bool provider_operation(operation *op, text *result, failure *why);
/* How a tenant is now, or where it is NULL, what tenants share. It only looks. */
bool provider_status(const tenant *of, sp_types_live_status_t *said, failure *why);

#endif
