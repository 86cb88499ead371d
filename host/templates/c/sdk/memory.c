/* An arena: what is asked for is taken from the end of memory, in order. */

#include "memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Fits every type of the contract, and is what is left before each block for its size. */
#define ALIGNMENT ((size_t)16)
#define PAGE ((size_t)65536)
/* More than the host ever gives; sums below cannot overflow. */
#define SIZE_LARGEST ((size_t)1 << 30)
#define ROOM_FIRST ((size_t)8)

/* Where the linker has put the end of everything else. */
extern unsigned char __heap_base;

/* The only state that outlives a function. */
static uintptr_t arena_end;

static void *taken(size_t size) {
  if (size > SIZE_LARGEST) {
    abort();
  }
  if (arena_end == 0) {
    arena_end = ((uintptr_t)&__heap_base + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
  uintptr_t block = arena_end + ALIGNMENT;
  uintptr_t end = block + (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  uintptr_t there = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
  if (end > there && __builtin_wasm_memory_grow(0, (end - there + PAGE - 1) / PAGE) == SIZE_MAX) {
    abort();
  }
  arena_end = end;
  *(size_t *)(block - ALIGNMENT) = size;
  return (void *)block;
}

void *allocate(size_t size) {
  return memset(taken(size), 0, size);
}

void *grown(void *list, size_t length, size_t *room, size_t size) {
  if (length < *room) {
    return list;
  }
  size_t wanted = *room == 0 ? ROOM_FIRST : *room * 2;
  if (size == 0 || wanted > SIZE_LARGEST / size) {
    abort();
  }
  *room = wanted;
  return realloc(list, wanted * size);
}

void *realloc(void *old, size_t size) {
  void *block = taken(size);
  if (old != NULL) {
    size_t before = *(size_t *)((uintptr_t)old - ALIGNMENT);
    memcpy(block, old, before < size ? before : size);
  }
  return block;
}

void free(void *old) {
  (void)old;
}

_Noreturn void abort(void) {
  __builtin_trap();
}

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  unsigned char *target = to;
  const unsigned char *source = from;
  for (size_t at = 0; at < length; at++) {
    target[at] = source[at];
  }
  return to;
}

void *memmove(void *to, const void *from, size_t length) {
  unsigned char *target = to;
  const unsigned char *source = from;
  if ((uintptr_t)target <= (uintptr_t)source) {
    return memcpy(to, from, length);
  }
  for (size_t at = length; at > 0; at--) {
    target[at - 1] = source[at - 1];
  }
  return to;
}

void *memset(void *to, int byte, size_t length) {
  unsigned char *target = to;
  for (size_t at = 0; at < length; at++) {
    target[at] = (unsigned char)byte;
  }
  return to;
}

int memcmp(const void *one, const void *other, size_t length) {
  const unsigned char *left = one, *right = other;
  for (size_t at = 0; at < length; at++) {
    if (left[at] != right[at]) {
      return left[at] < right[at] ? -1 : 1;
    }
  }
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length] != '\0') {
    length++;
  }
  return length;
}
