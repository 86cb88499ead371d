/* An operation and its steps: which undos are owed, and when they run. */
#ifndef OPERATION_H
#define OPERATION_H

#include "request.h"

/* What a step does. Its result is JSON, and `null` unless it says something else. */
typedef bool step_run(const void *context, text *result, failure *why);
/* Takes back what a step did; it has to work when the step did nothing or half of it. */
typedef bool step_undo(const void *context, failure *why);

/* A step. One that has an undo is undoable. */
typedef struct {
  const char *name;
  step_run *run;
  step_undo *undo;
  /* Nothing can take it back, so that the operation is finished and not undone. */
  bool is_irreversible;
} step;

/* How a step can be taken back, as a plan and the journal say it. */
sp_types_undo_kind_t step_kind(const step *what);

struct begun;

/* What a provider is asked to do, and how far it has come. */
typedef struct {
  request asked;
  /* Steps that began, newest first. */
  const struct begun *begun;
  failure failed;
  bool has_failed, is_open, is_forward_only;
} operation;

/*
 * Does something once: after a crash, its recorded result is returned instead.
 *
 * Names are unique within an operation and come in the same order each time. The context is copied: an undo sees what
 * stood in it when its step began. `result` may be NULL.
 */
#define STEP(op, step, context, result, why) op_step(op, step, &(context), sizeof(context), result, why)
bool op_step(operation *op, const step *what, const void *context, size_t size, text *result, failure *why);
/* Ends the operation: when it failed, runs what undos are owed. A failure of a step is never swallowed. */
bool op_settle(operation *op, bool is_done, failure *why);

#endif
