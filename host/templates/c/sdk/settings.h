/* Settings of a tenant, held against the provider's schema: `src/config.schema.json`. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "failure.h"
#include "json.h"

/* What is wrong with settings, field by field. */
typedef struct {
  sp_types_field_error_t *fields;
  size_t count, room;
} errors;

/* Says what is wrong with a field, which a JSON pointer names: `/port`. */
void error_at(errors *found, text path, text message);

/* The schema as text, for `describe`. */
text schema_text(void);
/* Names and types of the fields; ranges and the like are for `provider_check`. */
bool settings_errors(const json *settings, errors *found, failure *why);
/* Settings with what the schema has by default. */
bool settings_filled(const json *settings, const json **filled, failure *why);
/* Both: settings that can be worked with, or a failure that names what is wrong. */
bool settings_valid(const json *settings, const json **filled, failure *why);
/* A JSON document of the host's. */
bool document(text from, const char *code, const char *what, const json **read, failure *why);

#endif
