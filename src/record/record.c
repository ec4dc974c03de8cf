/* Sizes and the byte layout of what is recorded, computed in one place for every room. */
#include "initsweep/record.h"

size_t isw_precision_bytes(enum isw_precision precision)
{
  return precision == ISW_FLOAT32 ? sizeof(float) : sizeof(double);
}

const char *isw_status_name(enum isw_network_status status)
{
  static const char *const names[ISW_NETWORK_STATUSES] = {[ISW_MISSING] = "missing",
                                                          [ISW_COMPLETED] = "completed",
                                                          [ISW_STOPPED] = "stopped",
                                                          [ISW_DIVERGED] = "diverged",
                                                          [ISW_SKIPPED] = "skipped"};
  return names[status];
}

size_t isw_quantity_bytes(const struct isw_quantity *quantity, size_t real_bytes)
{
  return quantity->integer ? sizeof(int32_t) : real_bytes;
}

struct isw_record_place isw_record_layout_add(struct isw_record_layout *layout, const struct isw_quantity *quantity)
{
  struct isw_record_place place = {.offset = layout->bytes,
                                   .records = isw_quantity_records(quantity, layout->records, layout->snapshots),
                                   .width = isw_quantity_width(quantity, layout->layers, layout->parameters),
                                   .item = isw_quantity_bytes(quantity, layout->real_bytes)};
  size_t bytes;
  bool fits = !__builtin_mul_overflow(place.records, place.width, &bytes) &&
              !__builtin_mul_overflow(bytes, place.item, &bytes) &&
              !__builtin_add_overflow(bytes, layout->bytes, &bytes);
  layout->bytes = fits && layout->bytes < SIZE_MAX ? bytes : SIZE_MAX;
  return place;
}

struct isw_record_place isw_record_layout_find(struct isw_record_layout layout, const struct isw_quantity *quantities,
                                               size_t q)
{
  for (size_t before = 0; before < q; before++) isw_record_layout_add(&layout, &quantities[before]);
  return isw_record_layout_add(&layout, &quantities[q]);
}
