/* What the bindings need of a C library, of which there is none; `memory.c` has it. */
#ifndef FREESTANDING_STDLIB_H
#define FREESTANDING_STDLIB_H

#include <stddef.h>

void *realloc(void *old, size_t size);
void free(void *old);
_Noreturn void abort(void);

#endif
