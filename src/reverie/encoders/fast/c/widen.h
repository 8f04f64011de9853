/* The first layer inside a block, one pixel at a time: all its frames times the weights of a panel, then activated. */

#ifndef WIDEN_H
#define WIDEN_H

#include "product.h"
#include "rounded.h"

/* How one panel is widened. weights: (input, channel) or, rounded, (pair of inputs, channel, 2). start: (pixel,
   channel), start_step numbers from one pixel to the next, 0 for a bias; moments: (frame, channel), added to it, null
   for none. */
typedef struct {
    Numbers weights;
    const float *start, *moments;
    size start_step;
} Widening;

/* What the sums of some frames start with. */
INLINE void begin(lanes sums[TILE][PARTS], const int count, const Widening *w, const float *start, size frame) {
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) EACH_PART(j) {
            sums[r][j] = load(start + j * LANES);
            if (w->moments) sums[r][j] += load(w->moments + (frame + r) * PANEL + j * LANES);
        }
}

INLINE void widen_tile(const int count, const Shape *s, Numbers rows, const Widening *w, const float *start, size frame,
                       float *active, uint16_t *slopes) {
    lanes sums[TILE][PARTS];
    begin(sums, count, w, start, frame);
    if (rows.steps) {
        multiply_panels(sums, count, s, rows, pixels_of(s), w->weights, s->pitch / PANEL);
    } else {
        fetch((float *)rows.values + count * s->pitch, count * s->pitch);
        multiply(sums, count, PARTS, rows.values, s->pitch, w->weights.values, s->inputs);
    }
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) activate(sums[r], active + r * PANEL, moved(slopes, r * PANEL));
}

/* All frames of one pixel. */
APART void widen_line(const Shape *s, Numbers line, const Widening *w, const float *start, float *active,
                      uint16_t *slopes) {
    size width = line.steps ? PANEL : s->pitch, t = 0;
    for (; t + TILE <= s->frames; t += TILE)
        widen_tile(TILE, s, from(line, t * width, 0), w, start, t, active + t * PANEL, moved(slopes, t * PANEL));
    for (; t < s->frames; t++)
        widen_tile(1, s, from(line, t * width, 0), w, start, t, active + t * PANEL, moved(slopes, t * PANEL));
}

/* One row of pixels. */
static void widen_row(const Shape *s, Numbers features, const Widening *w, size y, float *row, uint16_t *slopes) {
    size numbers = s->frames * (features.steps ? PANEL : s->pitch);
    for (size x = 0; x < s->wide; x++) {
        size pixel = y * s->wide + x;
        widen_line(s, from(features, pixel * numbers, pixel), w, w->start + pixel * w->start_step, row + x * line_of(s),
                   moved(slopes, pixel * line_of(s)));
    }
}

#endif
