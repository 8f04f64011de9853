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

/* What a frame's sums start with. */
INLINE void begin(const float *start, const float *moment, lanes sums[2]) {
    for (int j = 0; j < 2; j++) {
        sums[j] = load(start + j * LANES);
        if (moment) sums[j] += load(moment + j * LANES);
    }
}

INLINE const float *moment_of(const Widening *w, size frame) { return w->moments ? w->moments + frame * PANEL : 0; }

INLINE void widen_tile(const int count, const Shape *s, const float *features, const Widening *w, const float *start,
                       size frame, float *active, uint16_t *slopes) {
    lanes sums[TILE][2];
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) begin(start, moment_of(w, frame + r), sums[r]);
    fetch(features + count * s->pitch, count * s->pitch);
    multiply(sums, count, 2, features, s->pitch, w->weights.values, s->inputs);
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) activate(sums[r][0], sums[r][1], active + r * PANEL, moved(slopes, r * PANEL));
}

APART void widen_line(const Shape *s, const float *features, const Widening *w, const float *start, float *active,
                      uint16_t *slopes) {
    size t = 0;
    for (; t + TILE <= s->frames; t += TILE)
        widen_tile(TILE, s, features + t * s->pitch, w, start, t, active + t * PANEL, moved(slopes, t * PANEL));
    for (; t < s->frames; t++)
        widen_tile(1, s, features + t * s->pitch, w, start, t, active + t * PANEL, moved(slopes, t * PANEL));
}

/* Activate a line in place; keep the slopes where wanted. */
APART void activate_line(float *line, size numbers, uint16_t *slopes) {
    for (size i = 0; i < numbers; i += PANEL)
        activate(load(line + i), load(line + i + LANES), line + i, moved(slopes, i));
}

/* The same with rounded features and weights; nobody wants slopes then. */
static void widen_rounded_line(const Shape *s, const int16_t *features, float step, const Widening *w,
                               const float *start, float *active) {
    for (size t = 0; t < s->frames; t++) {
        lanes sums[2];
        begin(start, moment_of(w, t), sums);
        for (int j = 0; j < 2; j++) store(active + t * PANEL + j * LANES, sums[j]);
    }
    for (size first = 0; first < s->pitch; first += PANEL) {
        Numbers weights = from(w->weights, first * PANEL, first);
        add_rounded(active, PANEL, s->frames, features + first, step, s->pitch, weights.values, weights.steps);
    }
    activate_line(active, line_of(s), 0);
}

/* One row of pixels. */
static void widen_row(const Shape *s, Numbers features, const Widening *w, size y, float *row, uint16_t *slopes) {
    for (size x = 0; x < s->wide; x++) {
        size pixel = y * s->wide + x;
        Numbers line = from(features, pixel * s->frames * s->pitch, pixel);
        const float *start = w->start + pixel * w->start_step;
        float *active = row + x * line_of(s);
        if (line.steps)
            widen_rounded_line(s, line.values, *line.steps, w, start, active);
        else
            widen_line(s, line.values, w, start, active, moved(slopes, pixel * line_of(s)));
    }
}

#endif
