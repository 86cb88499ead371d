/*
 * A host in memory, for tests that run on this machine: the part of it that this provider calls. It keeps no journal, and so
 * knows nothing of crashes; `systemprompt plugin test` tries those, and disturbs the component itself at every call.
 */
#ifndef HOST_H
#define HOST_H

#include "provider.h"

/* Begins anew: there is nothing, and every call is answered. */
void host_forget(void);
/* The call of this name, as the contract has it, does its work and then fails: `ensure-database`. */
void host_fails(const char *call);
/* Whether there is such a thing: `role`, `database`. */
bool host_has(const char *kind, text name);
/* The steps that were begun, each with a line break at its end. */
text host_steps(void);

#endif
