/* Text: compared and put together. */

#include "text.h"

#include <string.h>

#include "memory.h"

/* Of the smallest number, with its sign. */
#define DIGITS_MAX 20

text text_of(const char *string) {
  return (text){(uint8_t *)string, strlen(string)};
}

text text_joined(const text *parts, size_t count) {
  text whole = {NULL, 0};
  for (size_t at = 0; at < count; at++) {
    whole.len += parts[at].len;
  }
  whole.ptr = allocate(whole.len);
  uint8_t *end = whole.ptr;
  for (size_t at = 0; at < count; at++) {
    if (parts[at].len > 0) {
      memcpy(end, parts[at].ptr, parts[at].len);
      end += parts[at].len;
    }
  }
  return whole;
}

text text_of_number(int64_t number) {
  uint8_t *digits = allocate(DIGITS_MAX);
  size_t begin = DIGITS_MAX;
  uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  do {
    digits[--begin] = (uint8_t)('0' + left % 10);
    left /= 10;
  } while (left > 0);
  if (number < 0) {
    digits[--begin] = '-';
  }
  return (text){digits + begin, DIGITS_MAX - begin};
}

bool text_equal(text one, text other) {
  return one.len == other.len && (one.len == 0 || memcmp(one.ptr, other.ptr, one.len) == 0);
}

bool text_is(text one, const char *other) {
  return text_equal(one, text_of(other));
}

sp_option_string_t no_text(void) {
  return (sp_option_string_t){false, {NULL, 0}};
}

sp_option_string_t some_text(text value) {
  return (sp_option_string_t){true, value};
}
