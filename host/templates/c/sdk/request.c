/* Requests and tenants, read. */

#include "request.h"

#include <string.h>

#include "memory.h"

#define PREFIX "tenant_"
#define LOCAL "local_"
#define NAME_BYTES_MAX 63
/* FNV-1a: a hash that is the same everywhere and for ever. */
#define HASH_BASIS 0xcbf29ce484222325u
#define HASH_PRIME 0x100000001b3u
/* Of a hash, with a line before them. */
#define HASH_CHARS 17

bool tenant_read(const sp_types_tenant_t *from, const tenant **read, failure *why) {
  tenant *found = allocate(sizeof *found);
  const json *config;
  found->id = from->id;
  found->name = from->name;
  *read = found;
  return document(from->config, "config-invalid", "the configuration", &config, why) &&
         settings_valid(config, &found->config, why) &&
         document(from->resources, "resources-unreadable", "what the tenant has", &found->resources, why);
}

bool request_read(const sp_types_request_t *from, request *read, failure *why) {
  *read = (request){.operation = from->operation, .operation_id = from->operation_id};
  return document(from->input, "input-invalid", "the input", &read->input, why) &&
         (!from->tenant.is_some || tenant_read(&from->tenant.val, &read->about, why));
}

bool request_tenant(const request *asked, const tenant **about, failure *why) {
  *about = asked->about;
  return *about != NULL ||
         refused(why, "tenant-missing",
                 JOIN(TEXT("operation `"), asked->operation, TEXT("` is about a tenant, and none was named")));
}

bool request_unknown(const request *asked, failure *why) {
  return refused(why, "unknown-operation",
                 JOIN(TEXT("this provider has no operation `"), asked->operation, TEXT("`")));
}

/* All of the id, in sixteen digits. */
static void put_hash(text id, uint8_t *to) {
  uint64_t hash = HASH_BASIS;
  for (size_t at = 0; at < id.len; at++) {
    /* That it wraps around is what is wanted. */
    hash = (hash ^ id.ptr[at]) * HASH_PRIME;
  }
  *to++ = '_';
  for (int shift = 60; shift >= 0; shift -= 4) {
    *to++ = (uint8_t)"0123456789abcdef"[(hash >> shift) & 15];
  }
}

text postgres_name(const tenant *of) {
  const size_t prefix = sizeof PREFIX - 1, local = sizeof LOCAL - 1;
  text rest = of->id;
  if (rest.len >= local && memcmp(rest.ptr, LOCAL, local) == 0) {
    rest = (text){rest.ptr + local, rest.len - local};
  }
  uint8_t *name = allocate(prefix + rest.len + HASH_CHARS);
  size_t length = prefix;
  bool is_changed = false;
  memcpy(name, PREFIX, prefix);
  for (size_t at = 0; at < rest.len; at++) {
    uint8_t byte = rest.ptr[at];
    bool is_safe = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
    is_changed |= !is_safe;
    /* A character of several bytes is one character. */
    if ((byte & 0xC0) != 0x80) {
      name[length++] = is_safe ? byte : '_';
    }
  }
  if (is_changed || length > NAME_BYTES_MAX) {
    /* What had to be changed could be another's name, so a hash of the whole id goes with it. */
    length = length > NAME_BYTES_MAX - HASH_CHARS ? NAME_BYTES_MAX - HASH_CHARS : length;
    put_hash(of->id, name + length);
    length += HASH_CHARS;
  }
  return (text){name, length};
}
