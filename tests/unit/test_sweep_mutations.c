/* Invalid bytes never crash the reader: valid files, mutated 12000 times from a fixed seed. Checks that each is either
 * read or results in a message without control bytes; a sanitizer build checks the rest. */
#include "sweep_texts.h"

enum { CASES = 12000, MUTATIONS = 6, ROOM = 64 };

static const char *const texts[] = {
    "sweep: test\nabout: \"a \\u2028 text\"\nseed: 7\ndataset: {name: parity, bits: 3}\n"
    "network: {depth: 1, width: 2, activation: tanh, init: glorot_uniform, init_by_layer: {1: zeros, output: zeros}}\n"
    "train: {loss: mse, optimizer: {name: adam, weight_decay: 1e-3}, learning_rate: 0.5, steps: 100, stop: "
    "{loss_below: .1}}\n"
    "record: {steps: {geomspace: 9}, probes: [loss, accuracy], weights: both}\n"
    "grid:\n  network.init: [zeros, {name: constant, value: [0.1, 0.5]}, he_normal]\n"
    "  network.depth: [1, 2]\n  train.learning_rate: {geomspace: [0.01, 1, 3]}\n  replicate: {range: [0, 3]}\n"
    "zip:\n  - {network.width: [2, 4], train.steps: [40, 20]}\n"
    "exclude:\n  - {network.init: zeros, network.depth: 2}\n",
    "dataset: xor\nnetwork:\n  hidden: [3, 2]\n  activation: relu\n  init: {name: uniform, low: -1, high: 1}\n"
    "train:\n  loss: binary_cross_entropy\n  optimizer: sgd\n  learning_rate: 1\n  batch_size: 2\n  shuffle: "
    "per_replicate\n"
    "  steps: 10\nrecord:\n  steps: [1, 5]\ngrid:\n  - network.hidden: [[1], [2, 2]]\n    seed: {linspace: [1, 3, 3]}\n"
    "  - network.init_by_layer: [{}, {1: {name: constant, value: [1, 2]}}]\n    replicate: [0, 1]\n",
};

/* Knuth's 64-bit linear congruential generator; the high bits. */
static uint32_t draw(uint64_t *seed, uint32_t bound)
{
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((*seed >> 33) % bound);
}

static size_t mutate(char *bytes, size_t length, size_t room, uint64_t *seed)
{
  static const char *const pieces[] = {"[",      "]",
                                       "{",      "}",
                                       ": ",     "- ",
                                       "\n",     "\t",
                                       "\"",     "'",
                                       "#",      "&a ",
                                       "*a",     "? ",
                                       "| ",     "> ",
                                       "---",    "...",
                                       "!!int ", "%",
                                       "@",      "`",
                                       "~",      ",",
                                       "-1",     "1e999",
                                       ".nan",   "9999999",
                                       "null",   "\xC3\xA9",
                                       "\xFF",   "\xE2\x80\xA8",
                                       "\x1B",   "network.init: ",
                                       "range"};
  size_t at = draw(seed, (uint32_t)length + 1);
  switch (draw(seed, 8)) {
  case 5: /* a digit replaced by another, which is usually still YAML */
  case 6:
  case 7:
    while (at < length && (bytes[at] < '0' || bytes[at] > '9')) at++;
    if (at < length) bytes[at] = (char)('0' + draw(seed, 10));
    return length;
  case 0: /* a byte */
    if (at < length) bytes[at] = (char)draw(seed, 256);
    return length;
  case 1: /* a bit */
    if (at < length) bytes[at] = (char)(bytes[at] ^ (1 << draw(seed, 8)));
    return length;
  case 2: /* truncated, or a piece removed */
    if (draw(seed, 4) == 0) return at;
    {
      size_t gone = draw(seed, 12);
      if (at + gone > length) gone = length - at;
      memmove(bytes + at, bytes + at + gone, length - at - gone);
      return length - gone;
    }
  case 3: { /* a piece inserted */
    const char *piece = pieces[draw(seed, sizeof pieces / sizeof pieces[0])];
    size_t more = strlen(piece);
    if (length + more > room) return length;
    memmove(bytes + at + more, bytes + at, length - at);
    memcpy(bytes + at, piece, more);
    return length + more;
  }
  default: { /* a line repeated */
    size_t end = at;
    while (end < length && bytes[end] != '\n') end++;
    size_t more = end - at;
    if (length + more > room) return length;
    memmove(bytes + end + more, bytes + end, length - end);
    memcpy(bytes + end, bytes + at, more);
    return length + more;
  }
  }
}

static void mutated_files_read_or_say_why(void **state)
{
  (void)state;
  uint64_t seed = 2026;
  size_t right = 0, wrong = 0;
  for (size_t i = 0; i < CASES; i++) {
    const char *text = texts[i % 2];
    size_t length = strlen(text), room = length + ROOM * MUTATIONS;
    char *bytes = malloc(room);
    memcpy(bytes, text, length);
    for (size_t m = 1 + draw(&seed, MUTATIONS) * (i % 4 == 0); m > 0; m--) length = mutate(bytes, length, room, &seed);
    char *exact = malloc(length ? length : 1); /* so that a sanitizer detects a read beyond the end */
    memcpy(exact, bytes, length);
    free(bytes);
    struct isw_sweep_source source = test_source("test.yaml", exact, length);
    struct isw_sweep *sweep;
    struct isw_error error = {0};
    enum isw_status status = isw_sweep_read(&source, &sweep, &error);
    if (status == ISW_OK) {
      right++;
      uint64_t networks = isw_sweep_networks(sweep);
      assert_true(networks > 0);
      isw_network_destroy(test_network(sweep, networks - 1));
      for (size_t c = 0; c < isw_sweep_columns(sweep); c++) isw_sweep_column_value(sweep, c, networks / 2);
      isw_sweep_destroy(sweep);
    } else {
      wrong++;
      assert_null(sweep);
      assert_int_equal(status, ISW_BAD_INPUT);
      const char *message = isw_error_text(&error);
      assert_true(strncmp(message, "test.yaml:", 10) == 0);
      for (const char *c = message; *c; c++) assert_true(*c == '\n' || (unsigned char)*c >= ' ');
    }
    isw_error_clear(&error);
    free(exact);
  }
  assert_true(right > CASES / 20 && wrong > CASES / 3);
}

static void mutated_overrides_read_or_say_why(void **state)
{
  (void)state;
  static const char *const overrides[] = {"grid.replicate={range: [0, 9]}", "network.init={name: constant, value: 0.3}",
                                          "train.optimizer.beta1=0.8", "grid.network.init.value=[1, 2]", "zip=[]"};
  uint64_t seed = 7;
  for (size_t i = 0; i < CASES / 4; i++) {
    char text[ROOM * 2 + 1];
    const char *from = overrides[i % (sizeof overrides / sizeof overrides[0])];
    size_t length = strlen(from);
    memcpy(text, from, length);
    for (size_t m = 1 + draw(&seed, 3); m > 0; m--) length = mutate(text, length, ROOM * 2, &seed);
    text[length] = '\0';
    const char *override = text;
    struct isw_sweep_source source = test_source("test.yaml", texts[0], strlen(texts[0]));
    source.overrides = &override;
    source.override_count = 1;
    struct isw_sweep *sweep;
    struct isw_error error = {0};
    if (isw_sweep_read(&source, &sweep, &error) == ISW_OK)
      isw_sweep_destroy(sweep);
    else
      assert_true(error.status == ISW_BAD_INPUT && *isw_error_text(&error));
    isw_error_clear(&error);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mutated_files_read_or_say_why),
      cmocka_unit_test(mutated_overrides_read_or_say_why),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
