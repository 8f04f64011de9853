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

/* For a count known beforehand: all that does not change from frame to frame stays in registers. */
INLINE void weigh_known(const int count, const Neighbours *n, const lanes start[2], size frames, float *out) {
    lanes first[9], second[9];
    const float *lines[9];
#pragma GCC unroll 9
    for (int i = 0; i < count; i++) {
        first[i] = load(n->taps[i]);
        second[i] = load(n->taps[i] + LANES);
        lines[i] = n->line[i];
    }
    for (size at = 0; at < frames * PANEL; at += PANEL) {
        lanes sums[2] = {start[0], start[1]};
#pragma GCC unroll 9
        for (int i = 0; i < count; i++) {
            sums[0] += load(lines[i] + at) * first[i];
            sums[1] += load(lines[i] + at + LANES) * second[i];
        }
        store(out + at, sums[0]);
        store(out + at + LANES, sums[1]);
    }
}

static void weigh_any(const Neighbours *n, const lanes start[2], size frames, float *out) {
    for (size at = 0; at < frames * PANEL; at += LANES) {
        lanes sum = start[at / LANES % 2];
        for (int i = 0; i < n->count; i++) sum += load(n->line[i] + at) * load(n->taps[i] + at % PANEL);
        store(out + at, sum);
    }
}

/* out = start + the weighted sum of the neighbours. The counts of 3 x 3 taps, inside and at borders, have code of
   their own. */
APART void weigh(const Neighbours *n, const lanes start[2], size frames, float *out) {
    switch (n->count) {
        case 1: weigh_known(1, n, start, frames, out); break;
        case 2: weigh_known(2, n, start, frames, out); break;
        case 4: weigh_known(4, n, start, frames, out); break;
        case 6: weigh_known(6, n, start, frames, out); break;
        case 9: weigh_known(9, n, start, frames, out); break;
        default: weigh_any(n, start, frames, out);
    }
}

/* Frames of zeros around a line, so that a temporal convolution needs no borders: kernel / 2 at each end. */
INLINE size padded_frames(const Shape *s) { return s->frames + s->time_kernel - 1; }

/* out[t] = start + the weighted sum of the kernel's moments of a padded line from t on, or, with step -1, back from
   t. */
INLINE void weigh_moments(const int kernel, const float *line, const float *taps, const lanes start[2], size frames,
                          const int step, float *out) {
    lanes first[5], second[5];
    if (kernel == 5)
        for (int i = 0; i < 5; i++) first[i] = load(taps + i * PANEL), second[i] = load(taps + i * PANEL + LANES);
    for (size t = 0; t < frames; t++) {
        lanes sums[2] = {start[0], start[1]};
        for (int i = 0; i < kernel; i++) {
            const float *moment = line + (t + i * step) * PANEL, *tap = taps + i * PANEL;
            sums[0] += load(moment) * (kernel == 5 ? first[i] : load(tap));
            sums[1] += load(moment + LANES) * (kernel == 5 ? second[i] : load(tap + LANES));
        }
        store(out + t * PANEL, sums[0]);
        store(out + t * PANEL + LANES, sums[1]);
    }
}

/* The published kernel of 5 has code of its own, its taps in registers. */
APART void convolve_moments(size kernel, const float *line, const float *taps, const lanes start[2], size frames,
                            float *out) {
    if (kernel == 5)
        weigh_moments(5, line, taps, start, frames, 1, out);
    else
        weigh_moments(kernel, line, taps, start, frames, 1, out);
}

APART void convolve_moments_back(size kernel, const float *line, const float *taps, size frames, float *out) {
    const lanes nothing[2] = {0};
    const float *last = line + (kernel - 1) * PANEL;
    if (kernel == 5)
        weigh_moments(5, last, taps, nothing, frames, -1, out);
    else
        weigh_moments(kernel, last, taps, nothing, frames, -1, out);
}

#endif
