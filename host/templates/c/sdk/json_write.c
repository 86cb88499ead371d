/* JSON written: what a text may not hold as it is, is escaped. */

#include "json.h"
#include "memory.h"

static void put(json_writer *writer, uint8_t byte) {
  writer->bytes = grown(writer->bytes, writer->length, &writer->room, 1);
  writer->bytes[writer->length++] = byte;
}

static void begin_value(json_writer *writer) {
  if (writer->is_next) {
    put(writer, ',');
  }
  writer->is_next = true;
}

static void put_quoted(json_writer *writer, text value) {
  static const char digits[] = "0123456789abcdef";
  put(writer, '"');
  for (size_t at = 0; at < value.len; at++) {
    uint8_t byte = value.ptr[at];
    if (byte < 0x20) {
      const char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
      for (size_t part = 0; part < sizeof escape; part++) {
        put(writer, (uint8_t)escape[part]);
      }
      continue;
    }
    if (byte == '"' || byte == '\\') {
      put(writer, '\\');
    }
    put(writer, byte);
  }
  put(writer, '"');
}

void json_open(json_writer *writer, char bracket) {
  begin_value(writer);
  put(writer, (uint8_t)bracket);
  writer->is_next = false;
}

void json_close(json_writer *writer, char bracket) {
  put(writer, (uint8_t)bracket);
  writer->is_next = true;
}

void json_name(json_writer *writer, const char *name) {
  begin_value(writer);
  put_quoted(writer, text_of(name));
  put(writer, ':');
  writer->is_next = false;
}

void json_put_text(json_writer *writer, text value) {
  begin_value(writer);
  put_quoted(writer, value);
}

void json_put_integer(json_writer *writer, int64_t value) {
  text digits = text_of_number(value);
  begin_value(writer);
  for (size_t at = 0; at < digits.len; at++) {
    put(writer, digits.ptr[at]);
  }
}

text json_written(const json_writer *writer) {
  return (text){writer->bytes, writer->length};
}
