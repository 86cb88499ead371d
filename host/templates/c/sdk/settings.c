/* Settings and their schema: the part of JSON Schema that says which fields there are, and of which types. */

#include "settings.h"

#include "memory.h"

/* As many wrong fields as a message names; `check` has all of them. */
#define SAID_MAX 8

static const uint8_t schema_bytes[] = {
#embed "../src/config.schema.json"
};

/* A type of JSON Schema in words, and what of JSON it is. */
static const struct {
  const char *name, *words;
  json_kind kind;
} types[] = {
    {"boolean", "true or false", JSON_BOOLEAN}, {"integer", "a whole number", JSON_NUMBER},
    {"number", "a number", JSON_NUMBER},        {"string", "a text", JSON_TEXT},
    {"array", "a list", JSON_LIST},             {"object", "an object", JSON_OBJECT},
};

text schema_text(void) {
  return (text){(uint8_t *)schema_bytes, sizeof schema_bytes};
}

bool document(text from, const char *code, const char *what, const json **read, failure *why) {
  const char *problem;
  *read = json_read(from, &problem);
  return *read != NULL || refused(why, code, JOIN(text_of(what), TEXT(" is not JSON: "), text_of(problem)));
}

static bool schema(const json **read, failure *why) {
  const char *problem;
  *read = json_read(schema_text(), &problem);
  return *read != NULL || BROKEN(why, "schema-unreadable", JOIN(TEXT("the schema is not JSON: "), text_of(problem)));
}

void error_at(errors *found, text path, text message) {
  found->fields = grown(found->fields, found->count, &found->room, sizeof *found->fields);
  found->fields[found->count++] = (sp_types_field_error_t){path, message};
}

/* A JSON pointer (RFC 6901) to a member. */
static text pointer(text name) {
  /* An escape is as long as two. */
  uint8_t *path = allocate(1 + 2 * name.len);
  size_t length = 0;
  path[length++] = '/';
  for (size_t at = 0; at < name.len; at++) {
    uint8_t byte = name.ptr[at];
    bool is_escaped = byte == '~' || byte == '/';
    path[length++] = is_escaped ? '~' : byte;
    if (is_escaped) {
      path[length++] = byte == '~' ? '0' : '1';
    }
  }
  return (text){path, length};
}

static text listed(const json *fields) {
  text names = TEXT("");
  for (const json *field = fields == NULL ? NULL : fields->first; field != NULL; field = field->next) {
    names = JOIN(names, names.len > 0 ? TEXT(", `") : TEXT("`"), field->name, TEXT("`"));
  }
  return names;
}

/* In words what a value has to be; NULL if it is. */
static const char *wanted(const json *field, const json *value) {
  const json *type = json_member(field, TEXT("type"));
  for (size_t at = 0; type != NULL && type->kind == JSON_TEXT && at < sizeof types / sizeof types[0]; at++) {
    if (text_is(type->text, types[at].name)) {
      bool fits = value->kind == types[at].kind && (!text_is(type->text, "integer") || value->is_integer);
      return fits ? NULL : types[at].words;
    }
  }
  return NULL;
}

static void judge(const json *fields, const json *value, errors *found) {
  const json *field = json_member(fields, value->name);
  text path = pointer(value->name);
  if (field == NULL) {
    error_at(found, path, JOIN(TEXT("unknown field `"), value->name, TEXT("`, expected "), listed(fields)));
    return;
  }
  const char *words = wanted(field, value);
  if (words != NULL) {
    error_at(found, path, JOIN(TEXT("it has to be "), text_of(words)));
  }
}

bool settings_errors(const json *settings, errors *found, failure *why) {
  const json *rules;
  if (!schema(&rules, why)) {
    return false;
  }
  if (settings->kind != JSON_OBJECT) {
    error_at(found, TEXT(""), TEXT("it has to be an object"));
    return true;
  }
  const json *fields = json_member(rules, TEXT("properties"));
  for (const json *value = settings->first; value != NULL; value = value->next) {
    judge(fields, value, found);
  }
  const json *required = json_member(rules, TEXT("required"));
  for (const json *name = required == NULL ? NULL : required->first; name != NULL; name = name->next) {
    if (json_member(settings, name->text) == NULL) {
      error_at(found, pointer(name->text), JOIN(TEXT("missing field `"), name->text, TEXT("`")));
    }
  }
  return true;
}

bool settings_filled(const json *settings, const json **filled, failure *why) {
  const json *rules;
  if (!schema(&rules, why)) {
    return false;
  }
  json *whole = allocate(sizeof *whole);
  *whole = (json){.kind = JSON_OBJECT, .first = settings->first};
  const json *fields = json_member(rules, TEXT("properties"));
  for (const json *field = fields == NULL ? NULL : fields->first; field != NULL; field = field->next) {
    const json *usual = json_member(field, TEXT("default"));
    if (usual != NULL && json_member(settings, field->name) == NULL) {
      json *added = allocate(sizeof *added);
      *added = *usual;
      added->name = field->name;
      added->next = whole->first;
      whole->first = added;
    }
  }
  *filled = whole;
  return true;
}

bool settings_valid(const json *settings, const json **filled, failure *why) {
  errors found = {0};
  if (!settings_errors(settings, &found, why)) {
    return false;
  }
  if (found.count == 0) {
    return settings_filled(settings, filled, why);
  }
  text said = TEXT("the configuration is not valid");
  for (size_t at = 0; at < found.count && at < SAID_MAX; at++) {
    sp_types_field_error_t field = found.fields[at];
    said = JOIN(said, at == 0 ? TEXT(": `") : TEXT("; `"), field.path, TEXT("`: "), field.message);
  }
  return refused(why, "config-invalid", said);
}
