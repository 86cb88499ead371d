/* JSON (RFC 8259): read into a tree, and written. */
#ifndef JSON_H
#define JSON_H

#include "text.h"

typedef enum { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT } json_kind;

/* A value. */
typedef struct json {
  json_kind kind;
  bool boolean;
  /* Whether a number is whole, without a fraction or an exponent, and fits into `integer`. */
  bool is_integer;
  int64_t integer;
  /* A text; of a number its digits as they stand. */
  text text;
  /* Elements of a list, members of an object. */
  const struct json *first;
  /* The next one in the list or object that it is in, and its name there. */
  const struct json *next;
  text name;
} json;

/* A document; NULL if it is none, and then what is wrong with it. */
const json *json_read(text document, const char **problem);
/* A member; NULL if there is none. Of two with one name the last counts. */
const json *json_member(const json *object, text name);
/* A member that is a whole number, or another where there is none. */
int64_t json_integer(const json *object, const char *name, int64_t otherwise);

/* A document that is being written; it begins as `{0}`, and commas come by themselves. */
typedef struct {
  uint8_t *bytes;
  size_t length, room;
  bool is_next;
} json_writer;

/* Begins an object or a list: `{` or `[`. */
void json_open(json_writer *writer, char bracket);
/* Ends it: `}` or `]`. */
void json_close(json_writer *writer, char bracket);
/* Name of the member whose value comes next. */
void json_name(json_writer *writer, const char *name);
void json_put_text(json_writer *writer, text value);
void json_put_integer(json_writer *writer, int64_t value);
/* What was written. */
text json_written(const json_writer *writer);

#endif
