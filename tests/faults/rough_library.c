/* A library that changes the arithmetic and the locale of every thread it can reach, as libraries that are built with
 * -ffast-math or call setlocale() do: when it is loaded, when MPI starts, and at the start of each thread.
 *
 *   LD_PRELOAD=rough_library.so ROUGH=flush|upward|locale program */
#include <dlfcn.h>
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void spoil(void)
{
  const char *how = getenv("ROUGH");
  if (how && strcmp(how, "locale") == 0) setlocale(LC_ALL, "");
  if (how && strcmp(how, "upward") == 0) fesetround(FE_UPWARD);
  if (!how || strcmp(how, "flush") != 0) return;
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040); /* flush to zero, denormals are zero */
#elif defined(__aarch64__)
  uint64_t fpcr;
  __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
  __asm__ volatile("msr fpcr, %0" : : "r"(fpcr | UINT64_C(1) << 24));
#endif
}

struct start {
  void *(*routine)(void *argument);
  void *argument;
};

static void *spoiled_thread(void *context)
{
  struct start start = *(struct start *)context;
  free(context);
  spoil();
  return start.routine(start.argument);
}

/* Replaces the C library's. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *), void *argument)
{
  int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  void *found = dlsym(RTLD_NEXT, "pthread_create");
  memcpy(&create, &found, sizeof create);
  struct start *start = malloc(sizeof *start);
  if (!start) abort();
  *start = (struct start){routine, argument};
  return create(thread, attributes, spoiled_thread, start);
}

int MPI_Init_thread(int *argc, char ***argv, int required, int *provided);
/* Replaces MPI's. */
int MPI_Init_thread(int *argc, char ***argv, int required, int *provided)
{
  int (*init)(int *, char ***, int, int *);
  void *found = dlsym(RTLD_NEXT, "MPI_Init_thread");
  memcpy(&init, &found, sizeof init);
  int result = init(argc, argv, required, provided);
  spoil();
  return result;
}

__attribute__((constructor)) static void loaded(void)
{
  spoil();
}
