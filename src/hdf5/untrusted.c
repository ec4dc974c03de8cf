/* Opens files and datasets of any origin so that reading them accesses no other file: HDF5 itself follows links and
 * virtual datasets to any file that the user may read, and blocks for ever on a FIFO. */
#include <string.h>
#include <sys/stat.h>
#include "initsweep/hdf5_handles.h"

enum isw_status isw_hdf5_open_file(const char *path, hid_t access, hid_t *file, struct isw_error *error)
{
  struct stat about;
  *file = H5I_INVALID_HID;
  if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
    return isw_error_set(error, ISW_BAD_INPUT, "%s is no regular file", path);
  H5dont_atexit(); /* closing the library can loop without end on what a damaged file has left; all files are closed */
  *file = H5Fopen(path, H5F_ACC_RDONLY, access);
  if (*file >= 0) return ISW_OK;
  if (H5Fis_hdf5(path) == 0) return isw_error_set(error, ISW_BAD_INPUT, "%s is not an HDF5 file", path);
  return isw_hdf5_refuse(error, ISW_BAD_INPUT, path, "cannot open this file");
}

enum isw_hdf5_path isw_hdf5_follow(hid_t file, const char *name)
{
  struct isw_text prefix = {0};
  enum isw_hdf5_path found = ISW_HDF5_HARD;
  for (const char *at = name; *at && found == ISW_HDF5_HARD;) {
    size_t slashes = strspn(at, "/"), length = strcspn(at + slashes, "/");
    const char *part = at + slashes;
    H5L_info_t link;
    at = part + length;
    if (length == 0 || (length == 1 && *part == '.')) continue; /* HDF5 ignores both */
    isw_text_clear(&prefix);
    if (isw_text_add_bytes(&prefix, name, (size_t)(at - name)) != ISW_OK ||
        H5Lget_info(file, prefix.bytes, &link, H5P_DEFAULT) < 0)
      found = ISW_HDF5_ABSENT;
    else if (link.type != H5L_TYPE_HARD)
      found = ISW_HDF5_INDIRECT;
  }
  isw_text_clear(&prefix);
  return found;
}

/* Must be called before any other query: even a dataset's shape can come from other files. */
static enum isw_status check_storage(hid_t dataset, const char *path, const char *name, struct isw_error *error)
{
  hid_t properties = H5Dget_create_plist(dataset);
  H5D_layout_t layout = H5Pget_layout(properties);
  int external = H5Pget_external_count(properties);
  if (properties >= 0) H5Pclose(properties);
  if (layout < 0 || external < 0)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: cannot read how dataset '%s' is stored", path, name);
  if (layout == H5D_VIRTUAL)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' is virtual: its numbers are in other datasets", path,
                         name);
  if (external > 0)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' is stored in other files (external storage)", path,
                         name);
  return ISW_OK;
}

enum isw_status isw_hdf5_open_dataset(hid_t file, const char *path, const char *name, hid_t *dataset,
                                      struct isw_error *error)
{
  *dataset = H5I_INVALID_HID;
  enum isw_hdf5_path found = isw_hdf5_follow(file, name);
  if (found == ISW_HDF5_INDIRECT)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' is behind a soft, external or user-defined link", path,
                         name);
  if (found == ISW_HDF5_HARD) *dataset = H5Dopen2(file, name, H5P_DEFAULT);
  if (*dataset < 0) return isw_error_set(error, ISW_BAD_INPUT, "%s has no dataset '%s'", path, name);
  enum isw_status status = check_storage(*dataset, path, name, error);
  if (status != ISW_OK) {
    H5Dclose(*dataset);
    *dataset = H5I_INVALID_HID;
  }
  return status;
}

bool isw_hdf5_dimension_list(hid_t dataset, int rank, hobj_ref_t *scale)
{
  if (H5Aexists(dataset, "DIMENSION_LIST") <= 0) return false;
  hvl_t list[H5S_MAX_RANK];
  hid_t attribute = H5Aopen(dataset, "DIMENSION_LIST", H5P_DEFAULT);
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  hid_t item = H5Tget_class(type) == H5T_VLEN ? H5Tget_super(type) : H5I_INVALID_HID;
  bool good = rank <= H5S_MAX_RANK && H5Tequal(item, H5T_STD_REF_OBJ) > 0 &&
              H5Sget_simple_extent_npoints(space) == rank && H5Aread(attribute, type, list) >= 0;
  if (good) {
    for (int d = 0; d < rank && good; d++) {
      good = list[d].len > 0;
      if (good) memcpy(&scale[d], list[d].p, sizeof *scale);
    }
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, list);
  }
  if (item >= 0) H5Tclose(item);
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  if (attribute >= 0) H5Aclose(attribute);
  return good;
}
