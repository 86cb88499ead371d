/* What a provider is asked, with its JSON read. */
#ifndef REQUEST_H
#define REQUEST_H

#include "settings.h"

/* A tenant. */
typedef struct {
  text id, name;
  /* Its settings, with what the schema has by default. */
  const json *config;
  /* What `provider_create` returned; an empty object before. */
  const json *resources;
} tenant;

/* An operation to plan or perform. */
typedef struct {
  text operation;
  /* Unique for ever; tag remote objects with it. */
  text operation_id;
  /* Arguments of the operation. */
  const json *input;
  /* The tenant that it is about; NULL if there is none. See `request_tenant`. */
  const tenant *about;
} request;

bool tenant_read(const sp_types_tenant_t *from, const tenant **read, failure *why);
bool request_read(const sp_types_request_t *from, request *read, failure *why);
/* The tenant that it is about, or a refusal where none was named. */
bool request_tenant(const request *asked, const tenant **about, failure *why);
/* The refusal of an operation that the provider does not have. */
bool request_unknown(const request *asked, failure *why);
/* A name for a role and a database that PostgreSQL need not quote and does not cut. */
text postgres_name(const tenant *of);

#endif
