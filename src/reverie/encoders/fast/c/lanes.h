/* Numbers that are worked on together, as many as a register of the processor holds, and what is done to them.

   Compilers take wider vectors too, but GCC keeps those in memory: a pass then takes twenty times as long. */

#ifndef LANES_H
#define LANES_H

#include <stdint.h>
#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
#define INLINE static inline __attribute__((always_inline))
/* Inner loops that are not to share their registers with what calls them. */
#define APART static __attribute__((noinline, unused))

typedef long size;
typedef float lanes __attribute__((vector_size(4 * LANES)));
typedef int32_t whole_lanes __attribute__((vector_size(4 * LANES)));
typedef uint16_t short_lanes __attribute__((vector_size(2 * LANES)));

INLINE lanes load(const float *from) {
    lanes value;
    memcpy(&value, from, sizeof value);
    return value;
}

INLINE void store(float *to, lanes value) { memcpy(to, &value, sizeof value); }

/* Ask for numbers that are needed soon. */
INLINE void fetch(const float *from, size numbers) {
    for (size i = 0; i < numbers; i += LANES) __builtin_prefetch(from + i);
}

/* 1 + exp(-x), to a few units in the last place: the inverse of the logistic function. */
#ifdef __AVX512F__
/* exp(-x) = 2^(whole sixteenths) 2^rest: the sixteenths from a table, the rest by a short polynomial. */
INLINE lanes inverse_logistic(lanes x) {
    const lanes zero = {0};
    const lanes table = {1.0f,        1.04427378f, 1.09050773f, 1.13878863f, 1.18920712f, 1.24185781f,
                         1.29683955f, 1.35425555f, 1.41421356f, 1.47682615f, 1.54221083f, 1.61049033f,
                         1.68179283f, 1.75625216f, 1.83400809f, 1.91520656f};
    /* Added, it rounds to sixteenths; their number then stands in the last bits. */
    const lanes rounding = zero + 786432.0f;
    /* Where the exponential is nothing beside 1 it need not become smaller, nor its rest too large to be one. */
    lanes y = (lanes)_mm512_max_ps((__m512)(x * -1.44269504f), (__m512)(zero - 125.0f));
    lanes rounded = y + rounding, power = rounded - rounding, rest = y - power;
    lanes series = zero + 5.5504109e-2f;
    series = series * rest + 2.4022651e-1f;
    series = series * rest + 6.9314718e-1f;
    series = series * rest + 1.0f;
    lanes part = (lanes)_mm512_permutexvar_ps((__m512i)rounded, (__m512)table);
    return (lanes)_mm512_scalef_ps((__m512)(series * part), (__m512)power) + 1.0f;
}
#else
INLINE lanes choose(whole_lanes where, lanes yes, lanes no) {
    return (lanes)((where & (whole_lanes)yes) | (~where & (whole_lanes)no));
}

/* exp(-x) = 2^whole exp(rest), the latter by Cephes' polynomial. */
INLINE lanes inverse_logistic(lanes x) {
    const lanes zero = {0}, most = zero + 87.0f;
    lanes y = choose(-x > most, most, -x);
    y = choose(y < -most, -most, y);
    /* Adding and taking away 1.5 * 2^23 rounds to a whole number. */
    lanes power = (y * 1.44269504f + 12582912.0f) - 12582912.0f;
    lanes scale = (lanes)((__builtin_convertvector(power, whole_lanes) + 127) << 23);
    lanes rest = (y - power * 0.693359375f) + power * 2.12194440e-4f;
    lanes series = zero + 1.9875691500e-4f;
    series = series * rest + 1.3981999507e-3f;
    series = series * rest + 8.3334519073e-3f;
    series = series * rest + 4.1665795894e-2f;
    series = series * rest + 1.6666665459e-1f;
    series = series * rest + 5.0000001201e-1f;
    return 1.0f + (series * (rest * rest) + (rest + 1.0f)) * scale;
}
#endif

#endif
