/* Characters: decodes UTF-8, and writes text so that nothing in it controls the terminal. */
#include "initsweep/base.h"

size_t isw_character(const char *bytes, size_t length, uint32_t *code)
{
  const unsigned char *b = (const unsigned char *)bytes;
  size_t need = b[0] < 0x80                   ? 1
                : b[0] >= 0xC2 && b[0] < 0xE0 ? 2
                : b[0] >= 0xE0 && b[0] < 0xF0 ? 3
                : b[0] >= 0xF0 && b[0] < 0xF5 ? 4
                                              : 0;
  *code = ISW_NOT_UTF8;
  if (need == 0 || need > length) return 1;
  uint32_t value = need == 1 ? b[0] : b[0] & (0x7Fu >> need);
  for (size_t i = 1; i < need; i++) {
    if ((b[i] & 0xC0) != 0x80) return 1;
    value = value << 6 | (b[i] & 0x3F);
  }
  bool too_long = (need == 3 && value < 0x800) || (need == 4 && value < 0x10000);
  if (too_long || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return 1;
  *code = value;
  return need;
}

static bool is_in(uint32_t code, const uint32_t (*ranges)[2], size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (code >= ranges[i][0] && code <= ranges[i][1]) return true;
  return false;
}

/* Controls, separators, Default_Ignorable_Code_Point of Unicode 15 (DerivedCoreProperties.txt), annotation marks,
 * noncharacters of plane 0, and the private planes. */
bool isw_character_is_hidden(uint32_t code)
{
  static const uint32_t hidden[][2] = {{0, 0x1F},          {0x7F, 0x9F},       {0xAD, 0xAD},
                                       {0x34F, 0x34F},     {0x61C, 0x61C},     {0x115F, 0x1160},
                                       {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},
                                       {0x2028, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},
                                       {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
                                       {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},
                                       {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, UINT32_MAX}};
  return is_in(code, hidden, sizeof hidden / sizeof hidden[0]);
}

size_t isw_character_columns(uint32_t code)
{
  static const uint32_t wide[][2] = {{0x1100, 0x115F},   {0x2E80, 0xA4CF},  {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
                                     {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
                                     {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
  static const uint32_t combining[][2] = {{0x300, 0x36F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}};
  if (is_in(code, combining, sizeof combining / sizeof combining[0])) return 0;
  return is_in(code, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

enum isw_status isw_text_add_visible(struct isw_text *text, const char *bytes, size_t length, size_t *columns)
{
  size_t before = text->length;
  enum isw_status status = isw_text_add_bytes(text, "", 0);
  *columns = 0;
  for (size_t i = 0; i < length && status == ISW_OK;) {
    uint32_t code;
    size_t size = isw_character(bytes + i, length - i, &code), start = text->length;
    bool raw = code == ISW_NOT_UTF8 || code < 0x80;
    if (code != ISW_NOT_UTF8 && !isw_character_is_hidden(code)) {
      status = isw_text_add_bytes(text, bytes + i, size);
      *columns += isw_character_columns(code);
    } else {
      status = raw             ? isw_text_add(text, "\\x%02x", (unsigned char)bytes[i])
               : code > 0xFFFF ? isw_text_add(text, "\\U%08x", (unsigned)code)
                               : isw_text_add(text, "\\u%04x", (unsigned)code);
      *columns += text->length - start;
    }
    i += size;
  }
  if (status != ISW_OK && text->bytes) {
    text->length = before;
    text->bytes[before] = '\0';
  }
  return status;
}

enum isw_status isw_text_add_visible_lines(struct isw_text *text, const char *bytes, size_t length)
{
  for (size_t start = 0, columns; start <= length;) {
    size_t end = start;
    while (end < length && bytes[end] != '\n') end++;
    if (isw_text_add_visible(text, bytes + start, end - start, &columns) != ISW_OK) return ISW_FAILED;
    if (end < length && isw_text_add_bytes(text, "\n", 1) != ISW_OK) return ISW_FAILED;
    start = end + 1;
  }
  return ISW_OK;
}
