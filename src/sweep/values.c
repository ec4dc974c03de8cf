/* Values of settings: how they are stored, added, compared and located in the file. */
#include <string.h>
#include "sweep_internal.h"

union isw_setting_value isw_value_at(const struct isw_values *values, size_t index, size_t member)
{
  if (values->is_range)
    return (union isw_setting_value){.integer = (uint64_t)(values->first + (int64_t)index * values->step)};
  return values->value[index * values->members + member];
}

uint64_t isw_value_hash(size_t setting, union isw_setting_value value, bool shape_only)
{
  uint64_t bits;
  if (shape_only && setting == ISW_SET_DROPOUT) value.number = value.number > 0.0; /* its number is each network's */
  switch (isw_setting(setting)->kind) {
  case ISW_KIND_INTEGER:
  case ISW_KIND_WORD: return isw_hash(&value.integer, sizeof value.integer, 0);
  case ISW_KIND_NUMBER: memcpy(&bits, &value.number, sizeof bits); return isw_hash(&bits, sizeof bits, 0);
  default: break;
  }
  if (!value.item) return 0;
  if (shape_only && isw_setting(setting)->kind == ISW_KIND_FACTORS) /* what is frozen; nothing as without factors */
    return (uint64_t)(value.item->factor[0] == 0.0) + 2 * (uint64_t)(value.item->factor[1] == 0.0);
  if (shape_only && setting == ISW_SET_MASK) return value.item->choice.row != 0;
  bool kind_only = setting == ISW_SET_ACTIVATION || setting == ISW_SET_OUTPUT_ACTIVATION || setting == ISW_SET_LOSS ||
                   setting == ISW_SET_OPTIMIZER;
  if (shape_only && setting == ISW_SET_NORMALIZATION) { /* its epsilon is a number of each network */
    const struct isw_normalizing normalizing = isw_normalizing_of(&value.item->choice);
    const uint64_t shape[] = {value.item->choice.row, normalizing.affine, normalizing.branch_ends};
    return isw_hash(shape, sizeof shape, 0);
  }
  return shape_only && kind_only ? value.item->choice.row + 1 : value.item->hash;
}

struct isw_place isw_place_at(const struct isw_values *values, size_t index)
{
  return values->place ? values->place[index] : values->at;
}

/* Adds a value with all members absent. */
size_t isw_add_value(struct isw_reader *reader, struct isw_values_builder *builder, struct isw_place place)
{
  struct isw_values *values = builder->values;
  size_t i = values->count, members = values->members;
  values->value =
      isw_arena_grow(&reader->sweep->arena, values->value, i, &builder->capacity, members * sizeof *values->value);
  values->present =
      isw_arena_grow(&reader->sweep->arena, values->present, i, &builder->capacity_present, members * sizeof(bool));
  values->place = isw_arena_grow(&reader->scratch, values->place, i, &builder->capacity_place, sizeof place);
  values->place[i] = place;
  for (size_t m = 0; m < members; m++) {
    values->value[i * members + m] = (union isw_setting_value){0};
    values->present[i * members + m] = false;
  }
  values->count++;
  return i;
}

void isw_set_member(struct isw_values *values, size_t index, size_t member, union isw_setting_value value)
{
  values->value[index * values->members + member] = value;
  values->present[index * values->members + member] = true;
}

const struct isw_item *isw_new_item(struct isw_reader *reader, struct isw_item item)
{
  struct isw_item *kept = isw_arena_get(&reader->sweep->arena, 1, sizeof *kept);
  *kept = item;
  kept->number = reader->sweep->items++;
  return kept;
}
