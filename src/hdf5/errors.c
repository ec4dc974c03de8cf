/* HDF5's error stack as a message, the library's version, and small helpers of the two rooms that use HDF5 handles. */
#include "initsweep/hdf5_handles.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void isw_hdf5_silence_begin(struct isw_hdf5_silence *silence)
{
  H5Eget_auto2(H5E_DEFAULT, &silence->function, &silence->data);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void isw_hdf5_silence_end(const struct isw_hdf5_silence *silence)
{
  H5Eset_auto2(H5E_DEFAULT, silence->function, silence->data);
}

static herr_t innermost(unsigned number, const H5E_error2_t *entry, void *reason)
{
  if (number == 0 && entry->desc) isw_text_add(reason, "%s", entry->desc);
  return 0;
}

enum isw_status isw_hdf5_refuse(struct isw_error *error, enum isw_status status, const char *path, const char *what)
{
  struct isw_text reason = {0};
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, &reason);
  const char *text = reason.bytes ? reason.bytes : "no reason given";
  /* entries of HDF5's file driver quote the system's message among internal numbers */
  const char *mark = "error message = '", *system = strstr(text, mark);
  int length = (int)strlen(text);
  if (system) {
    text = system + strlen(mark);
    const char *end = strchr(text, '\'');
    length = end ? (int)(end - text) : (int)strlen(text);
  }
  isw_error_set(error, status, "%s: %s: %.*s", path, what, length, text);
  isw_text_clear(&reason);
  return status;
}

hid_t isw_hdf5_text_type(void)
{
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

/* HDF5 converts neither kind of text to the other. */
char *isw_hdf5_attribute_text(hid_t attribute)
{
  char *text = NULL;
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  bool one = H5Sget_simple_extent_npoints(space) == 1 && H5Tget_class(type) == H5T_STRING;
  size_t length = one ? H5Tget_size(type) : 0;
  if (one && H5Tis_variable_str(type) > 0) {
    char *read = NULL;
    if (H5Aread(attribute, type, &read) >= 0) text = isw_copy_text(read ? read : "");
    H5free_memory(read);
  } else if (length > 0 && length < SIZE_MAX) {
    text = isw_allocate(length + 1, 1);
    if (text && H5Aread(attribute, type, text) < 0) {
      free(text);
      text = NULL;
    }
    if (text) text[length] = '\0';
  }
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  return text;
}

bool isw_hdf5_is_dataset(hid_t group, const char *name)
{
#if H5_VERSION_GE(1, 12, 0) /* both the structure and the function are versioned */
  H5O_info2_t about;
  return H5Oget_info_by_name3(group, name, &about, H5O_INFO_BASIC, H5P_DEFAULT) >= 0 && about.type == H5O_TYPE_DATASET;
#else
  H5O_info_t about;
  return H5Oget_info_by_name2(group, name, &about, H5O_INFO_BASIC, H5P_DEFAULT) >= 0 && about.type == H5O_TYPE_DATASET;
#endif
}

const char *isw_hdf5_library(void)
{
#ifdef H5_HAVE_PARALLEL
#define KIND "parallel"
#else
#define KIND "serial"
#endif
#define WORD(x) #x
#define VERSION(a, b, c) "HDF5 " WORD(a) "." WORD(b) "." WORD(c) " (" KIND ")"
  return VERSION(H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE);
}
