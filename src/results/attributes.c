/* Writes the attributes of the results file: those of the root group and of /provenance, and the hashes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "results_internal.h"

enum isw_status isw_writer_add_attribute(struct isw_results_writer *w, hid_t object, const char *name, hid_t file_type,
                                         hid_t memory_type, hsize_t count, const void *value)
{
  hid_t space = count ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_SCALAR); /* count 0: one number */
  hid_t attribute = H5Acreate2(object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
  enum isw_status status = ISW_OK;
  if (attribute < 0 || H5Awrite(attribute, memory_type, value) < 0)
    status = isw_writer_refuse(w, "cannot write an attribute");
  if (attribute >= 0) H5Aclose(attribute);
  H5Sclose(space);
  return status;
}

enum isw_status isw_writer_add_text(struct isw_results_writer *w, hid_t object, const char *name, const char *text)
{
  if (!text || !*text) return ISW_OK;
  return isw_writer_add_attribute(w, object, name, w->outline.text, w->outline.text, 0, &text);
}

enum isw_status isw_writer_add_characters(struct isw_results_writer *w, hid_t object, const char *name,
                                          const char *text)
{
  if (!text || !*text) return ISW_OK;
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, strlen(text));
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  H5Tset_cset(type, H5T_CSET_UTF8);
  enum isw_status status = isw_writer_add_attribute(w, object, name, type, type, 0, text);
  H5Tclose(type);
  return status;
}

void isw_root_texts(const struct isw_results_head *head, char identity[17], const char *texts[ISW_ROOT_FORMAT_VERSION])
{
  snprintf(identity, 17, "%016llx", (unsigned long long)head->identity);
  texts[ISW_ROOT_CONVENTIONS] = "CF-1.10";
  texts[ISW_ROOT_FORMAT] = ISW_FORMAT_NAME;
  texts[ISW_ROOT_TITLE] = head->title;
  texts[ISW_ROOT_ABOUT] = head->about;
  texts[ISW_ROOT_SWEEP] = head->sweep_text;
  texts[ISW_ROOT_SETTINGS] = head->settings;
  texts[ISW_ROOT_IDENTITY] = identity;
  texts[ISW_ROOT_PRECISION] = head->real_bytes == sizeof(double) ? "float64" : "float32";
}

enum isw_status isw_writer_add_root_attributes(struct isw_results_writer *w)
{
  char identity[17];
  const char *texts[ISW_ROOT_FORMAT_VERSION];
  isw_root_texts(w->outline.head, identity, texts);
  enum isw_status status = ISW_OK;
  for (int i = 0; i < ISW_ROOT_FORMAT_VERSION && status == ISW_OK; i++)
    status = isw_writer_add_text(w, w->file, isw_root_attribute((enum isw_root_attribute)i)->name, texts[i]);
  static const int32_t versions[] = {ISW_FORMAT_VERSION, ISW_BITS_VERSION};
  for (int i = ISW_ROOT_FORMAT_VERSION; i < ISW_ROOT_HASH && status == ISW_OK; i++)
    status = isw_writer_add_attribute(w, w->file, isw_root_attribute((enum isw_root_attribute)i)->name, H5T_STD_I32LE,
                                      H5T_NATIVE_INT32, 0, &versions[i - ISW_ROOT_FORMAT_VERSION]);
  return status;
}

enum isw_status isw_writer_add_provenance(struct isw_results_writer *w)
{
  hid_t properties = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(properties, false);
  H5Pset_link_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED); /* else netCDF only reads */
  H5Pset_attr_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  hid_t group = H5Gcreate2(w->file, ISW_PROVENANCE_GROUP, H5P_DEFAULT, properties, H5P_DEFAULT);
  H5Pclose(properties);
  if (group < 0) return isw_writer_refuse(w, "cannot make the group " ISW_PROVENANCE_GROUP);
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < w->outline.head->provenance_count && status == ISW_OK; i++) {
    const struct isw_provenance *line = &w->outline.head->provenance[i];
    if (line->text)
      status = isw_writer_add_text(w, group, line->name, line->text);
    else
      status = isw_writer_add_attribute(w, group, line->name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 0, &line->number);
  }
  H5Gclose(group);
  return status;
}

/* ---- hashes ---- */

enum isw_status isw_writer_begin_hash(struct isw_results_writer *w, hid_t dataset, const char *name,
                                      struct isw_digest **digest)
{
  *digest = isw_digest_create();
  if (!*digest) return isw_error_memory(w->outline.error, sizeof(uint64_t), "a hash");
  return isw_hash_head(*digest, dataset, w->path, name, w->references, w->outline.error);
}

enum isw_status isw_writer_end_hash(struct isw_results_writer *w, hid_t dataset, const char *name,
                                    const struct isw_digest *digest)
{
  struct isw_dataset_hash *more = realloc(w->hashes, (w->hash_count + 1) * sizeof *more);
  if (!more) return isw_error_memory(w->outline.error, (w->hash_count + 1) * sizeof *more, "hashes");
  w->hashes = more;
  struct isw_dataset_hash *hash = &more[w->hash_count++];
  hash->name = name;
  isw_digest_write(digest, hash->text);
  return isw_writer_add_text(w, dataset, isw_dataset_attribute(ISW_ATTRIBUTE_HASH)->name, hash->text);
}
