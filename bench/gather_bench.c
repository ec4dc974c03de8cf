/* What gathering costs in HDF5: the same blocks of records written by one rank or by all ranks at once.
 *
 *   gather_bench one|threads|all MEGABYTES FILE
 *
 *   one      rank 0 writes, HDF5 compresses
 *   threads  rank 0 writes, OMP_NUM_THREADS threads compress a block's chunks, and HDF5 gets them finished
 *   all      every rank compresses and writes its blocks, collectively, by parallel HDF5
 *
 * The data are those of a sweep with a loss and a gradient norm of three layers at 60 steps, in the chunks of the
 * results file (src/results/write.c: shuffled, deflate level 1). One line: mode, ranks, threads, MB, seconds (with
 * fsync), MB/s, bytes of the file. */
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <mpi.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { RECORDS = 60, LAYERS = 3, CHUNK_NETWORKS = 8192, CHUNK_RECORDS = 4, BLOCK = 4 * CHUNK_NETWORKS, LEVEL = 1 };
enum mode { ONE, THREADS, ALL };

/* A dataset of networks x records x layers. */
struct quantity {
  const char *name;
  hsize_t layers;
  float *block; /* [BLOCK][RECORDS][layers] */
  hid_t dataset;
};

/* Loss curves as they are: smooth from record to record, unlike from network to network. */
static void fill(struct quantity *quantity)
{
  unsigned state = 1;
  quantity->block = malloc(sizeof(float) * BLOCK * RECORDS * quantity->layers);
  if (!quantity->block) abort();
  for (size_t n = 0; n < BLOCK; n++) {
    double level = 1 + (state = state * 1664525u + 1013904223u) / 4294967296.0, rate = level * 0.05;
    for (size_t r = 0; r < RECORDS; r++)
      for (size_t k = 0; k < quantity->layers; k++)
        quantity->block[(n * RECORDS + r) * quantity->layers + k] =
            (float)(level * exp(-rate * (double)(r + k)) *
                    (1 + 1e-3 * ((state = state * 1664525u + 1013904223u) >> 20)));
  }
}

static hid_t make_dataset(hid_t file, const struct quantity *quantity, hsize_t networks)
{
  hsize_t dims[3] = {networks, RECORDS, quantity->layers};
  hsize_t chunk[3] = {CHUNK_NETWORKS, CHUNK_RECORDS, quantity->layers};
  hid_t space = H5Screate_simple(3, dims, NULL), properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(properties, 3, chunk);
  H5Pset_shuffle(properties);
  H5Pset_deflate(properties, LEVEL);
  hid_t dataset = H5Dcreate2(file, quantity->name, H5T_IEEE_F32LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  H5Pclose(properties);
  H5Sclose(space);
  if (dataset < 0) abort();
  return dataset;
}

static void write_block(const struct quantity *quantity, hsize_t first, hsize_t count, hid_t transfer)
{
  hsize_t start[3] = {first, 0, 0}, size[3] = {count, RECORDS, quantity->layers};
  hid_t memory = H5Screate_simple(3, size, NULL), space = H5Dget_space(quantity->dataset);
  if (count > 0) {
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, size, NULL);
  } else {
    H5Sselect_none(space);
    H5Sselect_none(memory);
  }
  if (H5Dwrite(quantity->dataset, H5T_NATIVE_FLOAT, memory, space, transfer, quantity->block) < 0) abort();
  H5Sclose(space);
  H5Sclose(memory);
}

/* One chunk of the block, shuffled and deflated; returns its bytes, which the caller frees. */
static unsigned char *pack_chunk(const struct quantity *quantity, size_t networks, size_t records, size_t *bytes)
{
  size_t row = CHUNK_RECORDS * quantity->layers, items = CHUNK_NETWORKS * row, raw = items * sizeof(float);
  unsigned char *plain = malloc(raw), *shuffled = malloc(raw), *packed = malloc(compressBound(raw));
  if (!plain || !shuffled || !packed) abort();
  for (size_t n = 0; n < CHUNK_NETWORKS; n++)
    memcpy(plain + n * row * sizeof(float), quantity->block + ((networks + n) * RECORDS + records) * quantity->layers,
           row * sizeof(float));
  for (size_t b = 0; b < sizeof(float); b++)
    for (size_t i = 0; i < items; i++) shuffled[b * items + i] = plain[i * sizeof(float) + b];
  uLongf length = compressBound(raw);
  if (compress2(packed, &length, shuffled, raw, LEVEL) != Z_OK) abort();
  free(plain);
  free(shuffled);
  *bytes = length;
  return packed;
}

static void write_chunks(const struct quantity *quantity, hsize_t first)
{
  enum { ACROSS = BLOCK / CHUNK_NETWORKS, ALONG = RECORDS / CHUNK_RECORDS };
#pragma omp parallel for schedule(dynamic)
  for (int c = 0; c < ACROSS * ALONG; c++) {
    size_t networks = (size_t)(c / ALONG) * CHUNK_NETWORKS, records = (size_t)(c % ALONG) * CHUNK_RECORDS, bytes;
    unsigned char *packed = pack_chunk(quantity, networks, records, &bytes);
    hsize_t offset[3] = {first + networks, records, 0};
#pragma omp critical
    if (H5Dwrite_chunk(quantity->dataset, H5P_DEFAULT, 0, offset, bytes, packed) < 0) abort();
    free(packed);
  }
}

int main(int argc, char **argv)
{
  static const char *const modes[] = {"one", "threads", "all"};
  int rank, ranks;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  enum mode mode = ONE;
  while (argc == 4 && mode <= ALL && strcmp(argv[1], modes[mode]) != 0) mode++;
  if (argc != 4 || mode > ALL) {
    fprintf(stderr, "usage: gather_bench one|threads|all MEGABYTES FILE\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  struct quantity quantities[] = {{.name = "loss", .layers = 1}, {.name = "gradient_norm", .layers = LAYERS}};
  size_t row = 0;
  for (size_t q = 0; q < 2; q++) {
    fill(&quantities[q]);
    row += sizeof(float) * RECORDS * quantities[q].layers;
  }
  hsize_t blocks = (hsize_t)(strtod(argv[2], NULL) * 1e6 / (double)(row * BLOCK) + 0.5);
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  if (mode == ALL || rank == 0) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), transfer = H5Pcreate(H5P_DATASET_XFER);
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
    if (mode == ALL) {
      H5Pset_fapl_mpio(access, MPI_COMM_WORLD, MPI_INFO_NULL);
      H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
    }
    hid_t file = H5Fcreate(argv[3], H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (file < 0) abort();
    for (size_t q = 0; q < 2; q++) {
      quantities[q].dataset = make_dataset(file, &quantities[q], blocks * BLOCK);
      hsize_t step = mode == ALL ? (hsize_t)ranks : 1;
      for (hsize_t b = 0; b < blocks; b += step) {
        hsize_t mine = b + (mode == ALL ? (hsize_t)rank : 0);
        if (mode == THREADS)
          write_chunks(&quantities[q], mine * BLOCK);
        else
          write_block(&quantities[q], mine < blocks ? mine * BLOCK : 0, mine < blocks ? BLOCK : 0, transfer);
      }
      H5Dclose(quantities[q].dataset);
    }
    H5Fclose(file);
    H5Pclose(access);
    H5Pclose(transfer);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 0) {
    int file = open(argv[3], O_RDONLY);
    if (file < 0 || fsync(file) != 0) abort();
    double seconds = MPI_Wtime() - start, megabytes = (double)(blocks * BLOCK * row) / 1e6;
    printf("%s %d %d %.0f %.2f %.1f %lld\n", modes[mode], ranks, mode == THREADS ? omp_get_max_threads() : 1, megabytes,
           seconds, megabytes / seconds, (long long)lseek(file, 0, SEEK_END));
    close(file);
  }
  for (size_t q = 0; q < 2; q++) free(quantities[q].block);
  MPI_Finalize();
  return 0;
}
