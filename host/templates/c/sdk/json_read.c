/* JSON read: within the bounds of its text, and not deeper than the stack allows. */

#include "json.h"
#include "memory.h"

#include <string.h>

/* Deeper than any settings, and far from the end of the stack. */
#define DEPTH_MAX 64

typedef struct {
  const uint8_t *at, *end;
  const char *problem;
  int depth;
} reader;

static bool value(reader *in, json *into);

static bool wrong(reader *in, const char *problem) {
  in->problem = problem;
  return false;
}

static void skip_blanks(reader *in) {
  while (in->at < in->end && (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r')) {
    in->at++;
  }
}

/* Takes this byte, if it is next. */
static bool took(reader *in, uint8_t byte) {
  bool is_next = in->at < in->end && *in->at == byte;
  in->at += is_next;
  return is_next;
}

static bool word(reader *in, const char *expected) {
  size_t length = strlen(expected);
  if ((size_t)(in->end - in->at) < length || memcmp(in->at, expected, length) != 0) {
    return wrong(in, "a value was expected");
  }
  in->at += length;
  return true;
}

static bool digits(reader *in) {
  const uint8_t *begin = in->at;
  while (in->at < in->end && *in->at >= '0' && *in->at <= '9') {
    in->at++;
  }
  return in->at > begin || wrong(in, "a digit was expected");
}

/* The number that these digits are, if it fits. */
static bool whole(text digits, int64_t *number) {
  bool is_negative = digits.ptr[0] == '-';
  int64_t sum = 0;
  for (size_t at = is_negative; at < digits.len; at++) {
    int64_t digit = digits.ptr[at] - '0';
    bool is_too_large = __builtin_mul_overflow(sum, 10, &sum) ||
                        __builtin_add_overflow(sum, is_negative ? -digit : digit, &sum);
    if (is_too_large) {
      return false;
    }
  }
  *number = sum;
  return true;
}

static bool number(reader *in, json *into) {
  const uint8_t *begin = in->at;
  bool is_whole = true;
  took(in, '-');
  if (!took(in, '0') && !digits(in)) {
    return false;
  }
  if (took(in, '.')) {
    is_whole = false;
    if (!digits(in)) {
      return false;
    }
  }
  if (took(in, 'e') || took(in, 'E')) {
    is_whole = false;
    if (!took(in, '+')) {
      took(in, '-');
    }
    if (!digits(in)) {
      return false;
    }
  }
  into->kind = JSON_NUMBER;
  into->text = (text){(uint8_t *)begin, (size_t)(in->at - begin)};
  into->is_integer = is_whole && whole(into->text, &into->integer);
  return true;
}

static bool four_digits(reader *in, uint32_t *unit) {
  *unit = 0;
  for (int count = 0; count < 4; count++) {
    uint8_t byte = in->at < in->end ? *in->at : 0;
    uint8_t lower = byte | 0x20;
    if (byte >= '0' && byte <= '9') {
      *unit = *unit * 16 + (byte - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      *unit = *unit * 16 + (lower - 'a' + 10);
    } else {
      return wrong(in, "four hexadecimal digits were expected");
    }
    in->at++;
  }
  return true;
}

/* A character by its number, as UTF-8: never longer than the escape that stood for it. */
static uint8_t *encoded(uint8_t *to, uint32_t character) {
  if (character < 0x80) {
    *to++ = (uint8_t)character;
    return to;
  }
  int more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  static const uint8_t leads[] = {0, 0xC0, 0xE0, 0xF0};
  *to++ = (uint8_t)(leads[more] | (character >> (6 * more)));
  while (more-- > 0) {
    *to++ = (uint8_t)(0x80 | ((character >> (6 * more)) & 0x3F));
  }
  return to;
}

static bool by_number(reader *in, uint8_t **to) {
  uint32_t character, low;
  if (!four_digits(in, &character)) {
    return false;
  }
  if (character >= 0xD800 && character < 0xE000) {
    bool is_pair = character < 0xDC00 && took(in, '\\') && took(in, 'u');
    if (!is_pair || !four_digits(in, &low) || low < 0xDC00 || low > 0xDFFF) {
      return wrong(in, "half a surrogate is no character");
    }
    character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
  }
  *to = encoded(*to, character);
  return true;
}

static bool escape(reader *in, uint8_t **to) {
  static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  if (took(in, 'u')) {
    return by_number(in, to);
  }
  for (size_t at = 0; names[at] != '\0'; at++) {
    if (took(in, (uint8_t)names[at])) {
      *(*to)++ = (uint8_t)meanings[at];
      return true;
    }
  }
  return wrong(in, "an escape that there is not");
}

static bool string(reader *in, text *into) {
  if (!took(in, '"')) {
    return wrong(in, "a text was expected");
  }
  size_t length_max = 0;
  while (in->at + length_max < in->end && in->at[length_max] != '"') {
    length_max += in->at[length_max] == '\\' && in->at + length_max + 1 < in->end ? 2 : 1;
  }
  uint8_t *begin = allocate(length_max), *to = begin;
  while (in->at < in->end && *in->at != '"') {
    if (*in->at < 0x20) {
      return wrong(in, "a control character stands in a text");
    }
    if (!took(in, '\\')) {
      *to++ = *in->at++;
    } else if (!escape(in, &to)) {
      return false;
    }
  }
  *into = (text){begin, (size_t)(to - begin)};
  return took(in, '"') || wrong(in, "a text does not end");
}

/* Elements or members up to the closing bracket; the opening one was taken. */
static bool many(reader *in, json *into, json_kind kind) {
  const uint8_t closing = kind == JSON_LIST ? ']' : '}';
  const json **end = &into->first;
  into->kind = kind;
  if (++in->depth > DEPTH_MAX) {
    return wrong(in, "it is nested too deep");
  }
  skip_blanks(in);
  if (!took(in, closing)) {
    do {
      json *one = allocate(sizeof *one);
      skip_blanks(in);
      if (kind == JSON_OBJECT) {
        if (!string(in, &one->name)) {
          return false;
        }
        skip_blanks(in);
        if (!took(in, ':')) {
          return wrong(in, "a colon was expected");
        }
      }
      if (!value(in, one)) {
        return false;
      }
      *end = one;
      end = &one->next;
    } while (took(in, ','));
    if (!took(in, closing)) {
      return wrong(in, "a comma or a closing bracket was expected");
    }
  }
  in->depth--;
  return true;
}

static bool value(reader *in, json *into) {
  bool is_good;
  skip_blanks(in);
  switch (in->at < in->end ? *in->at : 0) {
    case '{':
    case '[':
      is_good = many(in, into, *in->at++ == '{' ? JSON_OBJECT : JSON_LIST);
      break;
    case '"':
      into->kind = JSON_TEXT;
      is_good = string(in, &into->text);
      break;
    case 't':
    case 'f':
      into->kind = JSON_BOOLEAN;
      into->boolean = *in->at == 't';
      is_good = word(in, into->boolean ? "true" : "false");
      break;
    case 'n':
      into->kind = JSON_NULL;
      is_good = word(in, "null");
      break;
    default:
      is_good = number(in, into);
  }
  skip_blanks(in);
  return is_good;
}

const json *json_read(text document, const char **problem) {
  reader in = {document.ptr, document.ptr + document.len, "", 0};
  json *whole = allocate(sizeof *whole);
  if (value(&in, whole) && (in.at == in.end || wrong(&in, "something follows it"))) {
    return whole;
  }
  *problem = in.problem;
  return NULL;
}

const json *json_member(const json *object, text name) {
  const json *found = NULL;
  if (object == NULL || object->kind != JSON_OBJECT) {
    return NULL;
  }
  for (const json *member = object->first; member != NULL; member = member->next) {
    if (text_equal(member->name, name)) {
      found = member;
    }
  }
  return found;
}

int64_t json_integer(const json *object, const char *name, int64_t otherwise) {
  const json *found = json_member(object, text_of(name));
  return found != NULL && found->kind == JSON_NUMBER && found->is_integer ? found->integer : otherwise;
}
