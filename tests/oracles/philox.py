"""Philox4x64-10 (Salmon, Moraes, Dror & Shaw 2011) in plain whole numbers, and what docs/numerics.md draws from it.

Written from the paper and that page alone: the oracle of the program's random numbers.
"""

MASK = 2**64 - 1
MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)  # golden ratio, sqrt(3) - 1
SHUFFLE = 5  # the purpose


def block(counter, key):
    """Four 64-bit words of a counter (4 words) under a key (2 words)."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        product0, product1 = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = (product1 >> 64) ^ c1 ^ k0, product1 & MASK, (product0 >> 64) ^ c3 ^ k1, product0 & MASK
        k0, k1 = (k0 + WEYL[0]) & MASK, (k1 + WEYL[1]) & MASK
    return c0, c1, c2, c3


def below(seed, replicate, purpose, layer, index, bound):
    """A whole number on 0 .. bound - 1: Lemire 2019."""
    attempt = 0
    while True:
        product = block((index, attempt, layer, purpose), (seed, replicate))[0] * bound
        if product & MASK >= (2**64 - bound) % bound:
            return product >> 64
        attempt += 1


def shuffle(seed, replicate, epoch, count):
    """The order of the samples in an epoch: Fisher-Yates from the last element down."""
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        j = below(seed, replicate, SHUFFLE, epoch, i, i + 1)
        order[i], order[j] = order[j], order[i]
    return order
