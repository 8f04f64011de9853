/* Numbers rounded to 16 bits, and products of them: a processor that can (AVX512-VNNI) multiplies and adds twice as
   many of them in the same time as of those with 32 bits, and there is half as much to move.

   All numbers of a line share one step, so large that the largest of them is MOST_STEPS steps. Weights have a step for
   each column of each panel of rows, so large that what the panel adds to a sum stays below 2^31. */

#ifndef ROUNDED_H
#define ROUNDED_H

#include "shape.h"

#define MOST_STEPS 16384.0f  /* of a number in a line */
#define MOST_WEIGHT 32767.0f /* of one weight */
#define MOST_TOTAL 131055.0f /* of a panel of weights, in a column, together; rounding may add 16 */

/* Numbers as they are or, where there are steps, rounded. */
typedef struct {
    void *values;
    float *steps;
} Numbers;

/* The same numbers from a later one on. */
INLINE Numbers from(Numbers n, size value, size step) {
    if (n.steps) return (Numbers){(int16_t *)n.values + value, n.steps + step};
    return (Numbers){(float *)n.values + value, 0};
}

/* Whole numbers, which stand in the last 16 bits: adding 1.5 * 2^23 rounds. */
INLINE whole_lanes rounded(lanes x) { return (whole_lanes)(x + 12582912.0f); }

/* Absolute values and the larger of two. As whole numbers they are in the same order as numbers; what is no number is
   largest, so that it is not lost. */
INLINE whole_lanes absolute(lanes x) { return (whole_lanes)x & 0x7fffffff; }

INLINE whole_lanes larger(whole_lanes a, whole_lanes b) {
#ifdef __AVX512F__
    return (whole_lanes)_mm512_max_epi32((__m512i)a, (__m512i)b);
#else
    whole_lanes first = a > b;
    return (first & a) | (~first & b);
#endif
}

INLINE float largest(whole_lanes absolutes) {
    int32_t each[LANES], most = 0;
    float value;
    memcpy(each, &absolutes, sizeof each);
    for (int i = 0; i < LANES; i++) most = each[i] > most ? each[i] : most;
    memcpy(&value, &most, sizeof value);
    return value;
}

/* Round a line; returns its step. */
INLINE float round_line(const float *line, size numbers, int16_t *out) {
    whole_lanes most = absolute((lanes){0} + 1e-30f);
    for (size i = 0; i < numbers; i += LANES) most = larger(most, absolute(load(line + i)));
    float step = largest(most) / MOST_STEPS, per_step = 1.0f / step;
    for (size i = 0; i < numbers; i += LANES) {
        short_lanes each = __builtin_convertvector(rounded(load(line + i) * per_step), short_lanes);
        memcpy(out + i, &each, sizeof each);
    }
    return step;
}

INLINE whole_lanes load_pairs(const int16_t *pairs) {
    whole_lanes value;
    memcpy(&value, pairs, sizeof value);
    return value;
}

INLINE whole_lanes repeat_pair(const int16_t *pair) {
    int32_t value;
    memcpy(&value, pair, sizeof value);
    return (whole_lanes){0} + value;
}

/* Add both products of each two pairs. */
INLINE whole_lanes add_pairs(whole_lanes sums, whole_lanes a, whole_lanes b) {
#ifdef __AVX512VNNI__
    return (whole_lanes)_mm512_dpwssd_epi32((__m512i)sums, (__m512i)a, (__m512i)b);
#else
    return sums + (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#endif
}

/* Add to sums: rounded rows (count, PANEL) times a panel of weights (pair of rows, column, 2). steps: those of the
   columns times that of the rows. */
INLINE void multiply_rounded(lanes sums[TILE][2], const int count, const int16_t *rows, size pitch,
                             const int16_t *weights, const lanes steps[2]) {
    whole_lanes whole[TILE][2] = {0};
#pragma GCC unroll 16
    for (int k = 0; k < PANEL; k += 2) {
        whole_lanes first = load_pairs(weights + k * PANEL), second = load_pairs(weights + (k + 1) * PANEL);
#pragma GCC unroll 8
        for (int r = 0; r < count; r++) {
            whole_lanes pair = repeat_pair(rows + r * pitch + k);
            whole[r][0] = add_pairs(whole[r][0], pair, first);
            whole[r][1] = add_pairs(whole[r][1], pair, second);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < count; r++)
        for (int j = 0; j < 2; j++) sums[r][j] += steps[j] * __builtin_convertvector(whole[r][j], lanes);
}

#endif
