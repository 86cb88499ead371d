/*
 * Placeholders of secrets: a provider never sees one. They are generated when there is none of that name yet.
 *
 * Whoever includes this needs `secrets` among the capabilities in `plugin.toml`.
 */
#ifndef SECRETS_H
#define SECRETS_H

#include "failure.h"

#define PASSWORD_CHARS 32

/* One of the tenant's. */
static inline bool secret_of_tenant(const char *name, text *placeholder, failure *why) {
  sp_secrets_spec_t spec = {.name = text_of(name), .scope = SP_TYPES_SCOPE_TENANT, .length = PASSWORD_CHARS};
  return sp_secrets_ensure(&spec, placeholder, why);
}

/* One that all tenants on this machine share. */
static inline bool secret_of_machine(const char *name, text *placeholder, failure *why) {
  sp_secrets_spec_t spec = {.name = text_of(name), .scope = SP_TYPES_SCOPE_MACHINE, .length = PASSWORD_CHARS};
  return sp_secrets_ensure(&spec, placeholder, why);
}

#endif
