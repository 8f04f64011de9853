/* The depth-wise convolutions, one line (frame, channel of a panel) at a time. */

#ifndef LINES_H
#define LINES_H

#include "shape.h"

#define MOST 121 /* positions of a spatial convolution: 11 x 11 */

/* The lines that a line of a spatial convolution is the weighted sum of. */
typedef struct {
    int count;
    const float *line[MOST], *taps[MOST];
} Neighbours;

/* Half of the channels, for a count known beforehand: the taps stay in registers. */
INLINE void weigh_half(const int count, const Neighbours *n, size half, lanes start, size frames, float *out) {
    lanes taps[9];
#pragma GCC unroll 9
    for (int i = 0; i < count; i++) taps[i] = load(n->taps[i] + half);
    for (size t = 0; t < frames; t++) {
        lanes sum = start;
#pragma GCC unroll 9
        for (int i = 0; i < count; i++) sum += load(n->line[i] + t * PANEL + half) * taps[i];
        store(out + t * PANEL + half, sum);
    }
}

INLINE void weigh_any(const Neighbours *n, size half, lanes start, size frames, float *out) {
    for (size t = 0; t < frames; t++) {
        lanes sum = start;
        for (int i = 0; i < n->count; i++) sum += load(n->line[i] + t * PANEL + half) * load(n->taps[i] + half);
        store(out + t * PANEL + half, sum);
    }
}

/* out = start + the weighted sum of the neighbours. The counts of 3 x 3 taps, inside and at borders, have code of
   their own. */
INLINE void weigh(const Neighbours *n, const lanes start[2], size frames, float *out) {
    for (size j = 0; j < 2; j++) {
        size half = j * LANES;
        switch (n->count) {
            case 1: weigh_half(1, n, half, start[j], frames, out); break;
            case 2: weigh_half(2, n, half, start[j], frames, out); break;
            case 4: weigh_half(4, n, half, start[j], frames, out); break;
            case 6: weigh_half(6, n, half, start[j], frames, out); break;
            case 9: weigh_half(9, n, half, start[j], frames, out); break;
            default: weigh_any(n, half, start[j], frames, out);
        }
    }
}

/* Frames of zeros around a line, so that a temporal convolution needs no borders: kernel / 2 at each end. */
INLINE size padded_frames(const Shape *s) { return s->frames + s->time_kernel - 1; }

/* One moment of half a panel's channels: the sum of the kernel's moments from "line" on, weighted; step 1 or -1. */
INLINE lanes weigh_moments(const float *line, const float *taps, size kernel, size step) {
    lanes sum = load(line) * load(taps);
    for (size tap = 1; tap < kernel; tap++) sum += load(line + tap * step * PANEL) * load(taps + tap * PANEL);
    return sum;
}

#endif
