/* SiLU of a panel's channels, and its slopes, which are all that the way back needs of it.

   The slopes lie between -0.1 and 1.1. They are kept as 16-bit steps, fine enough that rounding changes a gradient by
   1e-5 of its length; 0 and 1 are among them. A panel's 32 fill one line of the caches. */

#ifndef SLOPES_H
#define SLOPES_H

#include "lanes.h"

#define PANEL (2 * LANES)
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
INLINE void store_slopes(uint16_t *to, lanes first, lanes second) {
    _mm512_stream_si512((__m512i *)to, _mm512_packus_epi32((__m512i)as_steps(first), (__m512i)as_steps(second)));
}

INLINE void load_slopes(const uint16_t *from, lanes slopes[2]) {
    __m512i steps = _mm512_load_si512(from), zero = _mm512_setzero_si512();
    slopes[0] = from_steps((whole_lanes)_mm512_unpacklo_epi16(steps, zero));
    slopes[1] = from_steps((whole_lanes)_mm512_unpackhi_epi16(steps, zero));
}
#else
INLINE void store_slopes(uint16_t *to, lanes first, lanes second) {
    short_lanes steps[2] = {__builtin_convertvector(as_steps(first), short_lanes),
                            __builtin_convertvector(as_steps(second), short_lanes)};
    memcpy(to, steps, sizeof steps);
}

INLINE void load_slopes(const uint16_t *from, lanes slopes[2]) {
    short_lanes steps[2];
    memcpy(steps, from, sizeof steps);
    for (int j = 0; j < 2; j++) slopes[j] = from_steps(__builtin_convertvector(steps[j], whole_lanes));
}
#endif

/* Store SiLU of a panel's channels, and its slopes where there is a place for them. */
INLINE void activate(lanes first, lanes second, float *active, uint16_t *slopes) {
    const lanes inverse[2] = {inverse_logistic(first), inverse_logistic(second)};
    const lanes values[2] = {first / inverse[0], second / inverse[1]};
    store(active, values[0]);
    store(active + LANES, values[1]);
    if (!slopes) return;
    const lanes gates[2] = {1.0f / inverse[0], 1.0f / inverse[1]};
    store_slopes(slopes, gates[0] + values[0] * (1.0f - gates[0]), gates[1] + values[1] * (1.0f - gates[1]));
}

/* A place in slopes that may not be wanted. */
INLINE uint16_t *moved(uint16_t *slopes, size by) { return slopes ? slopes + by : 0; }

#endif
