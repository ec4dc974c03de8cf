/* The hashes of the file formats: XXH3-64 for identities and checksums, XXH3-128 for contents (xxHash library). */
#define XXH_INLINE_ALL /* header only: no library to link */
#include <xxhash.h>
#include <stdio.h>
#include <string.h>
#include "initsweep/base.h"

uint64_t isw_hash(const void *bytes, size_t length, uint64_t seed)
{
  return XXH3_64bits_withSeed(bytes, length, seed);
}

struct isw_hasher *isw_hasher_create(void)
{
  XXH3_state_t *state = XXH3_createState();
  if (state) XXH3_64bits_reset(state);
  return (struct isw_hasher *)state;
}

void isw_hasher_destroy(struct isw_hasher *hasher)
{
  XXH3_freeState((XXH3_state_t *)hasher);
}

void isw_hasher_add(struct isw_hasher *hasher, const void *bytes, size_t length)
{
  XXH3_64bits_update((XXH3_state_t *)hasher, bytes, length);
}

uint64_t isw_hasher_value(const struct isw_hasher *hasher)
{
  return XXH3_64bits_digest((const XXH3_state_t *)hasher);
}

struct isw_digest *isw_digest_create(void)
{
  XXH3_state_t *state = XXH3_createState();
  if (state) memset(state, 0, sizeof *state); /* the whole of it can be saved */
  if (state) XXH3_128bits_reset(state);
  return (struct isw_digest *)state;
}

void isw_digest_destroy(struct isw_digest *digest)
{
  XXH3_freeState((XXH3_state_t *)digest);
}

void isw_digest_add(struct isw_digest *digest, const void *bytes, size_t length)
{
  XXH3_128bits_update((XXH3_state_t *)digest, bytes, length);
}

void isw_digest_write(const struct isw_digest *digest, char text[ISW_DIGEST_SIZE])
{
  XXH128_hash_t hash = XXH3_128bits_digest((const XXH3_state_t *)digest);
  snprintf(text, ISW_DIGEST_SIZE, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}

_Static_assert(sizeof(XXH3_state_t) == ISW_DIGEST_STATE_BYTES, "the state of a digest has another size");

/* The state contains the address of the secret, which differs between processes; a fresh state has this process's. */
void isw_digest_save(const struct isw_digest *digest, unsigned char state[ISW_DIGEST_STATE_BYTES])
{
  XXH3_state_t copy;
  memcpy(&copy, digest, sizeof copy);
  copy.extSecret = NULL;
  memcpy(state, &copy, sizeof copy);
}

void isw_digest_load(struct isw_digest *digest, const unsigned char state[ISW_DIGEST_STATE_BYTES])
{
  XXH3_state_t *loaded = (XXH3_state_t *)digest;
  const unsigned char *secret = loaded->extSecret;
  memcpy(loaded, state, sizeof *loaded);
  loaded->extSecret = secret;
}
