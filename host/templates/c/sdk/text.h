/* Text as the contract has it: UTF-8 with a length, and no zero at its end. */
#ifndef TEXT_H
#define TEXT_H

#include "sp.h"

typedef sp_string_t text;

/* A literal as text. */
#define TEXT(literal) ((text){(uint8_t *)(literal), sizeof(literal) - 1})
/* Texts one behind the other: `JOIN(TEXT("role `"), name, TEXT("`"))`. */
#define JOIN(...) text_joined((const text[]){__VA_ARGS__}, sizeof((const text[]){__VA_ARGS__}) / sizeof(text))

/* A string of C, which is not copied. */
text text_of(const char *string);
text text_joined(const text *parts, size_t count);
/* A number in decimal digits. */
text text_of_number(int64_t number);
bool text_equal(text one, text other);
/* Whether it is this string of C. */
bool text_is(text one, const char *other);
/* No text. */
sp_option_string_t no_text(void);
sp_option_string_t some_text(text value);

#endif
