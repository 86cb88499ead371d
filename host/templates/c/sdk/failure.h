/*
 * How a call fails, sorted by what the caller can do about it.
 *
 * A function that may fail returns whether it did not, and says why through its last argument. Each of these returns
 * false: `return refused(why, "port-taken", TEXT("…"));`
 */
#ifndef FAILURE_H
#define FAILURE_H

#include "text.h"

typedef sp_types_failure_t failure;

/* Somebody has to change something first. */
bool refused(failure *why, const char *code, text message);
/* The other side is not there or not ready; the same call may work later. */
bool retryable(failure *why, const char *code, text message);
/* It is not known whether the effect happened. */
bool ambiguous(failure *why, const char *code, text message);
/* The host asked the operation to stop. */
bool cancelled(failure *why, const char *code, text message);
/* Something that should not happen did: a mistake in the provider, told with its file, line and function. */
#define BROKEN(why, code, message) broken_at(why, code, message, __FILE__, __LINE__, __func__)
bool broken_at(failure *why, const char *code, text message, const char *file, int line, const char *function);

/* Code, message and help of a failure, of whichever kind it is. */
sp_types_detail_t *detail_of(failure *why);
/* An undo drops what it is about; what belongs to somebody else was never made, so there is nothing to take back. */
bool undone(bool is_dropped, failure *why);

#endif
