/* Failures of the contract. */

#include "failure.h"

static bool failed(failure *why, uint8_t kind, const char *code, text message) {
  *why = (failure){.tag = kind};
  *detail_of(why) = (sp_types_detail_t){.code = text_of(code), .message = message};
  return false;
}

bool refused(failure *why, const char *code, text message) {
  return failed(why, SP_TYPES_FAILURE_REFUSED, code, message);
}

bool retryable(failure *why, const char *code, text message) {
  return failed(why, SP_TYPES_FAILURE_RETRYABLE, code, message);
}

bool ambiguous(failure *why, const char *code, text message) {
  return failed(why, SP_TYPES_FAILURE_AMBIGUOUS, code, message);
}

bool cancelled(failure *why, const char *code, text message) {
  return failed(why, SP_TYPES_FAILURE_CANCELLED, code, message);
}

bool broken_at(failure *why, const char *code, text message, const char *file, int line, const char *function) {
  text place = JOIN(text_of(file), TEXT(":"), text_of_number(line), TEXT(", in "), text_of(function));
  return failed(why, SP_TYPES_FAILURE_BROKEN, code, JOIN(message, TEXT(" ("), place, TEXT(")")));
}

sp_types_detail_t *detail_of(failure *why) {
  /* All kinds have the same. */
  return &why->val.refused;
}

bool undone(bool is_dropped, failure *why) {
  return is_dropped || text_is(detail_of(why)->code, "role-not-ours") ||
         text_is(detail_of(why)->code, "database-not-ours");
}
