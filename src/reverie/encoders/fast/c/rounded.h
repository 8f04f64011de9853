/* Numbers rounded to 16 bits, and products of them: a processor that can (AVX512-VNNI) multiplies and adds twice as
   many of them in the same time as of those with 32 bits, and there is half as much to move.

   Rounded features lie in panels: (stack, panel, pixel, frame, channel of the panel). All numbers of such a line share
   a step, and so do the weights of a panel of rows in one column. Steps are so large that a row of a panel is at most
   LONGEST_ROW steps long, and a column of weights LONGEST_COLUMN. What a panel adds to a sum, and each part of that,
   then stays below 2^31 (Cauchy and Schwarz; rounding makes either at most PANEL^(1/2) / 2 longer). From panel to panel
   floats are added. */

#ifndef ROUNDED_H
#define ROUNDED_H

#include "shape.h"

#define LARGEST 32767.0f /* of a single number, in steps */
#define LONGEST_ROW 32760.0f
#define LONGEST_COLUMN 65540.0f

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

INLINE float root_of_sum(lanes x) {
    float each[LANES], total = 0;
    memcpy(each, &x, sizeof each);
    for (int i = 0; i < LANES; i++) total += each[i];
    return __builtin_sqrtf(total);
}

/* Round the rows of a line; returns its step. */
INLINE float round_line(const float *rows, size pitch, size count, int16_t *out) {
    whole_lanes most = absolute((lanes){0} + 1e-30f), squares = {0};
    for (size r = 0; r < count; r++) {
        lanes square = {0};
        EACH_PART(j) {
            lanes each = load(rows + r * pitch + j * LANES);
            most = larger(most, absolute(each));
            square += each * each;
        }
        squares = larger(squares, absolute(square));
    }
    /* No row is longer than one made of the largest squares. */
    float by_size = largest(most) / LARGEST, by_length = root_of_sum((lanes)squares) / LONGEST_ROW;
    float step = by_length > by_size ? by_length : by_size, per_step = 1.0f / step;
    for (size r = 0; r < count; r++)
        for (size j = 0; j < PANEL; j += LANES) {
            short_lanes each = __builtin_convertvector(rounded(load(rows + r * pitch + j) * per_step), short_lanes);
            memcpy(out + r * PANEL + j, &each, sizeof each);
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
INLINE void multiply_rounded(lanes sums[TILE][PARTS], const int count, const int16_t *rows, const int16_t *weights,
                             const lanes steps[PARTS]) {
    whole_lanes whole[TILE][PARTS] = {0};
#pragma GCC unroll 16
    for (int k = 0; k < PANEL; k += 2) {
        whole_lanes each[PARTS];
        EACH_PART(j) each[j] = load_pairs(weights + k * PANEL + 2 * j * LANES);
#pragma GCC unroll 8
        for (int r = 0; r < count; r++) {
            whole_lanes pair = repeat_pair(rows + r * PANEL + k);
            EACH_PART(j) whole[r][j] = add_pairs(whole[r][j], pair, each[j]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) EACH_PART(j) sums[r][j] += steps[j] * __builtin_convertvector(whole[r][j], lanes);
}

/* Add to sums the products of all panels. pixels: from a panel of the rows to the next one. */
INLINE void multiply_panels(lanes sums[TILE][PARTS], const int count, const Shape *s, Numbers rows, size pixels,
                            Numbers weights, size panels) {
    for (size p = 0; p < panels; p++) {
        const Numbers panel = from(rows, p * pixels * line_of(s), p * pixels);
        const Numbers tile = from(weights, p * PANEL * PANEL, p * PANEL);
        lanes steps[PARTS];
        EACH_PART(j) steps[j] = load(tile.steps + j * LANES) * *panel.steps;
        /* So many panels are more streams than a processor sees coming by itself. */
        fetch((float *)((int16_t *)panel.values + count * PANEL), count * PANEL / 2);
        multiply_rounded(sums, count, panel.values, tile.values, steps);
    }
}

#endif
