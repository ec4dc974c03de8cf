/* The byte format of journal files: converts heads and entries to and from structures, and computes checksums. */
#include "journal_internal.h"
#include <stdio.h>
#include <string.h>

static const uint64_t head_magic = UINT64_C(0x314c4e4a57535849); /* "IXSWJNL1" */
static const uint32_t entry_magic = UINT32_C(0x4e575349);        /* "ISWN" */
static const uint32_t checkpoint_magic = UINT32_C(0x43575349);   /* "ISWC" */
static const unsigned most_sizes_bits = 48; /* larger sizes are invalid, and sums of a few of them do not overflow */

/* A field: its offset in the struct, and its bytes in the struct and in the file. */
struct field {
  size_t offset, bytes;
};
#define FIELD(type, name)                                                                                              \
  {                                                                                                                    \
    offsetof(struct type, name), sizeof(((struct type *)0)->name)                                                      \
  }

static const struct field head_fields[] = {
    FIELD(journal_head, magic),        FIELD(journal_head, version),    FIELD(journal_head, byte_order),
    FIELD(journal_head, identity),     FIELD(journal_head, real_bytes), FIELD(journal_head, rank),
    FIELD(journal_head, bits_version), /* not in version 1 */
};
static const struct field entry_fields[] = {
    FIELD(journal_entry, magic),        FIELD(journal_entry, status),       FIELD(journal_entry, number),
    FIELD(journal_entry, id),           FIELD(journal_entry, steps_done),   FIELD(journal_entry, records),
    FIELD(journal_entry, records_done), FIELD(journal_entry, layers),       FIELD(journal_entry, kept),
    FIELD(journal_entry, parameters),   FIELD(journal_entry, values_bytes), FIELD(journal_entry, body_checksum),
    FIELD(journal_entry, checksum),
};
enum {
  HEAD_FIELDS = sizeof head_fields / sizeof head_fields[0],
  ENTRY_FIELDS = sizeof entry_fields / sizeof entry_fields[0],
  PROGRAM_OFFSET = 36, /* of a head's program in the file */
  CHECKSUM_BYTES = 8
};

void isw_journal_put(unsigned char *bytes, uint64_t value, size_t size)
{
  for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)(value >> 8 * i);
}

uint64_t isw_journal_get(const unsigned char *bytes, size_t size)
{
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++) value |= (uint64_t)bytes[i] << 8 * i;
  return value;
}

static void encode(const void *record, const struct field *fields, size_t count, unsigned char *bytes)
{
  for (size_t f = 0; f < count; bytes += fields[f++].bytes) {
    const unsigned char *place = (const unsigned char *)record + fields[f].offset;
    uint32_t narrow;
    uint64_t value;
    if (fields[f].bytes == sizeof narrow) {
      memcpy(&narrow, place, sizeof narrow);
      value = narrow;
    } else {
      memcpy(&value, place, sizeof value);
    }
    isw_journal_put(bytes, value, fields[f].bytes);
  }
}

static void decode(const unsigned char *bytes, const struct field *fields, size_t count, void *record)
{
  for (size_t f = 0; f < count; bytes += fields[f++].bytes) {
    unsigned char *place = (unsigned char *)record + fields[f].offset;
    uint64_t value = isw_journal_get(bytes, fields[f].bytes);
    uint32_t narrow = (uint32_t)value;
    if (fields[f].bytes == sizeof narrow)
      memcpy(place, &narrow, sizeof narrow);
    else
      memcpy(place, &value, sizeof value);
  }
}

uint32_t isw_journal_byte_order(void)
{
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 1 : 2;
}

struct journal_head isw_journal_head(uint64_t identity, unsigned rank, size_t real_bytes, const char *program)
{
  struct journal_head head = {.version = JOURNAL_VERSION,
                              .byte_order = isw_journal_byte_order(),
                              .identity = identity,
                              .real_bytes = (uint32_t)real_bytes,
                              .rank = rank,
                              .bits_version = ISW_BITS_VERSION};
  snprintf(head.program, sizeof head.program, "%s", program);
  return head;
}

static uint64_t head_checksum(const unsigned char *bytes, size_t length)
{
  return isw_hash(bytes, length - CHECKSUM_BYTES, 0);
}

void isw_journal_head_encode(const struct journal_head *head, unsigned char bytes[JOURNAL_HEAD_BYTES])
{
  struct journal_head full = *head;
  full.magic = head_magic;
  encode(&full, head_fields, HEAD_FIELDS, bytes);
  memcpy(bytes + PROGRAM_OFFSET, head->program, JOURNAL_PROGRAM_BYTES);
  isw_journal_put(bytes + JOURNAL_HEAD_BYTES - CHECKSUM_BYTES, head_checksum(bytes, JOURNAL_HEAD_BYTES),
                  CHECKSUM_BYTES);
}

bool isw_journal_version_is_known(const struct journal_head *head)
{
  return head->version == 1 || head->version == JOURNAL_VERSION;
}

bool isw_journal_head_decode(const unsigned char *bytes, size_t length, struct journal_head *head)
{
  *head = (struct journal_head){.bytes = JOURNAL_HEAD_BYTES_1};
  if (length < JOURNAL_HEAD_BYTES_1) return false;
  decode(bytes, head_fields, HEAD_FIELDS - 1, head);
  if (head->magic != head_magic) return false;
  if (head->version == 1) {
    head->bits_version = 1;
    snprintf(head->program, sizeof head->program, "%s", ISW_JOURNAL_PROGRAM_1);
  } else {
    head->bytes = JOURNAL_HEAD_BYTES;
    if (length < JOURNAL_HEAD_BYTES) return false;
    decode(bytes, head_fields, HEAD_FIELDS, head);
    memcpy(head->program, bytes + PROGRAM_OFFSET, JOURNAL_PROGRAM_BYTES);
  }
  head->checksum = isw_journal_get(bytes + head->bytes - CHECKSUM_BYTES, CHECKSUM_BYTES);
  return head->checksum == head_checksum(bytes, head->bytes);
}

static void encode_entry(struct journal_entry *entry, uint32_t magic, uint64_t identity, unsigned char *bytes)
{
  entry->magic = magic;
  encode(entry, entry_fields, ENTRY_FIELDS, bytes);
  entry->checksum = isw_hash(bytes, JOURNAL_ENTRY_BYTES - CHECKSUM_BYTES, identity);
  isw_journal_put(bytes + JOURNAL_ENTRY_BYTES - CHECKSUM_BYTES, entry->checksum, CHECKSUM_BYTES);
}

static bool decode_entry(const unsigned char *bytes, uint32_t magic, uint64_t identity, struct journal_entry *entry)
{
  decode(bytes, entry_fields, ENTRY_FIELDS, entry);
  return entry->magic == magic && entry->checksum == isw_hash(bytes, JOURNAL_ENTRY_BYTES - CHECKSUM_BYTES, identity);
}

void isw_journal_entry_encode(struct journal_entry *entry, uint64_t identity, unsigned char bytes[JOURNAL_ENTRY_BYTES])
{
  encode_entry(entry, entry_magic, identity, bytes);
}

void isw_journal_checkpoint_encode(struct journal_entry *entry, uint64_t identity,
                                   unsigned char bytes[JOURNAL_ENTRY_BYTES])
{
  encode_entry(entry, checkpoint_magic, identity, bytes);
}

bool isw_journal_checkpoint_decode(const unsigned char bytes[JOURNAL_ENTRY_BYTES], uint64_t identity,
                                   struct journal_entry *entry)
{
  return decode_entry(bytes, checkpoint_magic, identity, entry);
}

bool isw_journal_entry_decode(const unsigned char bytes[JOURNAL_ENTRY_BYTES], uint64_t identity, size_t real_bytes,
                              struct journal_entry *entry)
{
  if (!decode_entry(bytes, entry_magic, identity, entry)) return false;
  /* validate the fields: a checksum does not imply valid content */
  uint64_t most = UINT64_C(1) << most_sizes_bits;
  return entry->parameters < most / real_bytes && entry->values_bytes < most &&
         entry->kept <= (KEPT_INITIAL | KEPT_FINAL) && entry->status >= 1 && entry->status <= UINT8_MAX &&
         entry->records_done <= entry->records;
}

size_t isw_journal_weight_bytes(const struct journal_entry *entry, size_t real_bytes)
{
  return entry->parameters * real_bytes;
}

size_t isw_journal_body_bytes(const struct journal_entry *entry, size_t real_bytes)
{
  size_t arrays = (entry->kept & KEPT_INITIAL ? 1u : 0u) + (entry->kept & KEPT_FINAL ? 1u : 0u);
  return entry->values_bytes + arrays * isw_journal_weight_bytes(entry, real_bytes);
}

size_t isw_journal_padded(size_t bytes)
{
  return (bytes + JOURNAL_ALIGNMENT - 1) / JOURNAL_ALIGNMENT * JOURNAL_ALIGNMENT;
}

uint64_t isw_journal_body_checksum(uint64_t identity, const void *const parts[3], const size_t bytes[3])
{
  uint64_t sum = identity; /* each sum is the seed of the next, so that bytes cannot move between parts */
  for (size_t i = 0; i < 3; i++) sum = isw_hash(bytes[i] ? parts[i] : "", bytes[i], sum);
  return sum;
}
