/* SiLU of a panel's channels, and its slopes, which are all that the way back needs of it.

   The slopes lie between -0.1 and 1.1. They are kept as 16-bit steps, fine enough that rounding changes a gradient by
   1e-5 of its length; 0 and 1 are among them. A panel's 32 fill one line of the caches. */

#ifndef SLOPES_H
#define SLOPES_H

#include "lanes.h"

#define PANEL (2 * LANES)
#define STEPS 52432.0f
#define LOWEST 0.125f

INLINE short_lanes as_steps(lanes slope) {
    return __builtin_convertvector(
        __builtin_convertvector(slope * STEPS + (LOWEST * STEPS + 0.5f), whole_lanes), short_lanes);
}

/* Keep the slopes of a panel; past the caches where that can be asked for, as they are not needed soon. */
INLINE void store_slopes(uint16_t *to, lanes first, lanes second) {
    short_lanes steps[2] = {as_steps(first), as_steps(second)};
#ifdef __AVX512F__
    __m512i both;
    memcpy(&both, steps, sizeof both);
    _mm512_stream_si512((__m512i *)to, both);
#else
    memcpy(to, steps, sizeof steps);
#endif
}

INLINE lanes load_slope(const uint16_t *from) {
    short_lanes steps;
    memcpy(&steps, from, sizeof steps);
    return __builtin_convertvector(__builtin_convertvector(steps, whole_lanes), lanes) * (1.0f / STEPS) - LOWEST;
}

/* Store SiLU of a panel's channels, and its slopes where there is a place for them. */
INLINE void activate(lanes first, lanes second, float *active, uint16_t *slopes) {
    lanes gates[2] = {logistic(first), logistic(second)}, values[2] = {first * gates[0], second * gates[1]};
    store(active, values[0]);
    store(active + LANES, values[1]);
    if (slopes)
        store_slopes(slopes, gates[0] + values[0] * (1.0f - gates[0]), gates[1] + values[1] * (1.0f - gates[1]));
}

/* A place in slopes that may not be wanted. */
INLINE uint16_t *moved(uint16_t *slopes, size by) { return slopes ? slopes + by : 0; }

#endif
