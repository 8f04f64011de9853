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

/* Parts of a panel whose taps fit the registers together. */
#ifdef __AVX512F__
#define TOGETHER 2
#else
#define TOGETHER 1
#endif
#define EACH_TOGETHER(j) _Pragma("GCC unroll 2") for (int j = 0; j < TOGETHER; j++)

/* For a count known beforehand: all that does not change from frame to frame stays in registers. */
INLINE void weigh_known(const int count, const Neighbours *n, const lanes start[PARTS], size frames, float *out) {
    for (int part = 0; part < PARTS; part += TOGETHER) {
        lanes taps[9][TOGETHER];
        const float *lines[9];
#pragma GCC unroll 9
        for (int i = 0; i < count; i++) {
            EACH_TOGETHER(j) taps[i][j] = load(n->taps[i] + (part + j) * LANES);
            lines[i] = n->line[i] + part * LANES;
        }
        for (size at = 0; at < frames * PANEL; at += PANEL) {
            lanes sums[TOGETHER];
            EACH_TOGETHER(j) sums[j] = start[part + j];
#pragma GCC unroll 9
            for (int i = 0; i < count; i++) EACH_TOGETHER(j) sums[j] += load(lines[i] + at + j * LANES) * taps[i][j];
            EACH_TOGETHER(j) store(out + at + (part + j) * LANES, sums[j]);
        }
    }
}

static void weigh_any(const Neighbours *n, const lanes start[PARTS], size frames, float *out) {
    for (size at = 0; at < frames * PANEL; at += LANES) {
        lanes sum = start[at / LANES % PARTS];
        for (int i = 0; i < n->count; i++) sum += load(n->line[i] + at) * load(n->taps[i] + at % PANEL);
        store(out + at, sum);
    }
}

/* out = start + the weighted sum of the neighbours. The counts of 3 x 3 taps, inside and at borders, have code of
   their own. */
APART void weigh(const Neighbours *n, const lanes start[PARTS], size frames, float *out) {
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
INLINE void weigh_moments(const int kernel, const float *line, const float *all_taps, const lanes start[PARTS],
                          size frames, const int step, float *out) {
    for (int part = 0; part < PARTS; part += TOGETHER) {
        const float *taps = all_taps + part * LANES;
        lanes known[5][TOGETHER];
        if (kernel == 5)
            for (int i = 0; i < 5; i++) EACH_TOGETHER(j) known[i][j] = load(taps + i * PANEL + j * LANES);
        for (size t = 0; t < frames; t++) {
            lanes sums[TOGETHER];
            EACH_TOGETHER(j) sums[j] = start[part + j];
            for (int i = 0; i < kernel; i++) {
                const float *moment = line + (t + i * step) * PANEL + part * LANES;
                EACH_TOGETHER(j) {
                    lanes tap = kernel == 5 ? known[i][j] : load(taps + i * PANEL + j * LANES);
                    sums[j] += load(moment + j * LANES) * tap;
                }
            }
            EACH_TOGETHER(j) store(out + t * PANEL + (part + j) * LANES, sums[j]);
        }
    }
}

/* The published kernel of 5 has code of its own, its taps in registers. */
APART void convolve_moments(size kernel, const float *line, const float *taps, const lanes start[PARTS], size frames,
                            float *out) {
    if (kernel == 5)
        weigh_moments(5, line, taps, start, frames, 1, out);
    else
        weigh_moments(kernel, line, taps, start, frames, 1, out);
}

APART void convolve_moments_back(size kernel, const float *line, const float *taps, size frames, float *out) {
    const lanes nothing[PARTS] = {0};
    const float *last = line + (kernel - 1) * PANEL;
    if (kernel == 5)
        weigh_moments(5, last, taps, nothing, frames, -1, out);
    else
        weigh_moments(kernel, last, taps, nothing, frames, -1, out);
}

#endif
