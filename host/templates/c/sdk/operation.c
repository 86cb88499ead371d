/* Steps, as the host's journal has them. */

#include "operation.h"

#include <string.h>

#include "memory.h"

typedef struct begun {
  const struct begun *before;
  const step *step;
  const void *context;
  bool is_owed;
} begun;

/* Fails the operation, with the first failure that there was. */
static bool fail(operation *op, failure *why) {
  if (!op->has_failed) {
    op->has_failed = true;
    op->failed = *why;
  }
  *why = op->failed;
  return false;
}

static bool unwinding(operation *op, failure *why) {
  cancelled(why, "unwinding", TEXT("the operation is being undone"));
  return fail(op, why);
}

static text named(const char *before, const step *what, const char *after) {
  return JOIN(text_of(before), text_of(what->name), text_of(after));
}

static bool admit(operation *op, const step *what, failure *why) {
  if (op->has_failed) {
    return fail(op, why);
  }
  if (what->undo != NULL && what->is_irreversible) {
    BROKEN(why, "step-both", named("step `", what, "` has an undo and is irreversible"));
    return fail(op, why);
  }
  for (const begun *other = op->begun; other != NULL; other = other->before) {
    if (text_is(text_of(other->step->name), what->name)) {
      BROKEN(why, "step-repeated", named("there are two steps named `", what, "`"));
      return fail(op, why);
    }
  }
  return true;
}

sp_types_undo_kind_t step_kind(const step *what) {
  if (what->undo != NULL) {
    return SP_TYPES_UNDO_KIND_UNDOABLE;
  }
  return what->is_irreversible ? SP_TYPES_UNDO_KIND_IRREVERSIBLE : SP_TYPES_UNDO_KIND_NONE;
}

static bool perform(operation *op, const begun *this, text *result, failure *why) {
  sp_journal_result_json_failure_t outcome = {0};
  const char *problem;
  *result = TEXT("null");
  op->is_open = true;
  bool is_done = this->step->run(this->context, result, why);
  if (is_done && json_read(*result, &problem) == NULL) {
    is_done = BROKEN(why, "step-result", named("the result of step `", this->step, "` is not JSON"));
  }
  op->is_open = false;
  outcome.is_err = !is_done;
  if (is_done) {
    outcome.val.ok = *result;
  } else {
    outcome.val.err = *why;
  }
  sp_journal_finish(&outcome);
  return is_done || fail(op, why);
}

bool op_step(operation *op, const step *what, const void *context, size_t size, text *result, failure *why) {
  text name = text_of(what->name), kept;
  sp_journal_position_t position;
  if (op->is_open) {
    return BROKEN(why, "step-nested", named("step `", what, "` begins inside another step"));
  }
  if (!admit(op, what, why)) {
    return false;
  }
  sp_journal_begin(&name, step_kind(what), &position);
  if (position.tag == SP_JOURNAL_POSITION_STOP) {
    return unwinding(op, why);
  }
  begun *this = allocate(sizeof *this);
  *this = (begun){op->begun, what, memcpy(allocate(size), context, size), what->undo != NULL};
  op->begun = this;
  op->is_forward_only |= what->is_irreversible;
  if (position.tag == SP_JOURNAL_POSITION_UNWIND) {
    return unwinding(op, why);
  }
  if (position.tag == SP_JOURNAL_POSITION_RECORDED) {
    kept = position.val.recorded;
  } else if (!perform(op, this, &kept, why)) {
    return false;
  }
  if (result != NULL) {
    *result = kept;
  }
  return true;
}

/* Stops at the first undo that fails: earlier steps may have to stand for a later one to be undone. */
static void unwind(const operation *op) {
  for (const begun *this = op->begun; this != NULL; this = this->before) {
    text name = text_of(this->step->name);
    sp_journal_result_void_failure_t outcome = {0};
    if (!this->is_owed || !sp_journal_begin_undo(&name)) {
      continue;
    }
    outcome.is_err = !this->step->undo(this->context, &outcome.val.err);
    sp_journal_finish_undo(&outcome);
    if (outcome.is_err) {
      return;
    }
  }
}

bool op_settle(operation *op, bool is_done, failure *why) {
  if (is_done && !op->has_failed) {
    return true;
  }
  /* What the provider makes of a step's failure is what it says. */
  if (is_done) {
    *why = op->failed;
  }
  if (!op->is_forward_only) {
    unwind(op);
  }
  return false;
}
