/* SiLU of a panel's channels, and its slopes, which are all that the way back needs of it.

   The slopes lie between -0.1 and 1.1. They are kept as 16-bit steps, fine enough that rounding changes a gradient by
   1e-5 of its length; 0 and 1 are among them. A panel's 32 fill one line of the caches. */

#ifndef SLOPES_H
#define SLOPES_H

#include "lanes.h"

#define PANEL 32
#define PARTS (PANEL / LANES) /* registers that hold a number of each channel of a panel */
/* For each part of a panel, written out so that what is computed stays in registers. */
#define EACH_PART(j) _Pragma("GCC unroll 8") for (int j = 0; j < PARTS; j++)
#define STEPS 52432.0f
#define LOWEST 0.125f

INLINE whole_lanes as_steps(lanes slope) {
    return __builtin_convertvector(slope * STEPS + (LOWEST * STEPS + 0.5f), whole_lanes);
}

INLINE lanes from_steps(whole_lanes steps) {
    return __builtin_convertvector(steps, lanes) * (1.0f / STEPS) - LOWEST;
}

/* Keep the slopes of a panel; past the caches where that can be asked for, as they are not needed soon. In which order
   they lie is nobody's business but that of the two functions. */
#ifdef __AVX512BW__
INLINE void store_slopes(uint16_t *to, const lanes slopes[PARTS]) {
    _mm512_stream_si512((__m512i *)to, _mm512_packus_epi32((__m512i)as_steps(slopes[0]), (__m512i)as_steps(slopes[1])));
}

INLINE void load_slopes(const uint16_t *from, lanes slopes[PARTS]) {
    __m512i steps = _mm512_load_si512(from), zero = _mm512_setzero_si512();
    slopes[0] = from_steps((whole_lanes)_mm512_unpacklo_epi16(steps, zero));
    slopes[1] = from_steps((whole_lanes)_mm512_unpackhi_epi16(steps, zero));
}
#else
INLINE void store_slopes(uint16_t *to, const lanes slopes[PARTS]) {
    EACH_PART(j) {
        short_lanes steps = __builtin_convertvector(as_steps(slopes[j]), short_lanes);
        memcpy(to + j * LANES, &steps, sizeof steps);
    }
}

INLINE void load_slopes(const uint16_t *from, lanes slopes[PARTS]) {
    EACH_PART(j) {
        short_lanes steps;
        memcpy(&steps, from + j * LANES, sizeof steps);
        slopes[j] = from_steps(__builtin_convertvector(steps, whole_lanes));
    }
}
#endif

/* Store SiLU of a panel's channels, and its slopes where there is a place for them. */
INLINE void activate(const lanes before[PARTS], float *active, uint16_t *slopes) {
    lanes kept[PARTS];
    EACH_PART(j) {
        const lanes inverse = inverse_logistic(before[j]), value = before[j] / inverse, gate = 1.0f / inverse;
        store(active + j * LANES, value);
        kept[j] = gate + value * (1.0f - gate);
    }
    if (slopes) store_slopes(slopes, kept);
}

/* A place in slopes that may not be wanted. */
INLINE uint16_t *moved(uint16_t *slopes, size by) { return slopes ? slopes + by : 0; }

#endif
