/* What goes around a block: the nearest of the strided pixels, their channels tiled, scaled and shifted. */

#include "shape.h"

/* Whether the work is shared among threads. */
int uses_threads(void) {
#ifdef _OPENMP
    return 1;
#else
    return 0;
#endif
}

/* chosen: the pixel that each small pixel copies. positions: (small pixel, frame, outputs_pitch), of the next block, are
   added; null for none. */
void around(const Shape *s, const float *features, const size *chosen, const float *scale, const float *shift,
            const float *positions, float *out) {
    size small = small_pixels_of(s);
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (size row = 0; row < s->stacks * small * s->frames; row++) {
        size place = row % (small * s->frames), pixel = chosen[place / s->frames];
        size stack = row / (small * s->frames), frame = place % s->frames;
        const float *from = features + ((stack * pixels_of(s) + pixel) * s->frames + frame) * s->pitch;
        float *to = out + row * s->outputs_pitch;
        for (size first = 0; first < s->outputs; first += s->inputs)
            for (size i = first; i < least(first + s->inputs, s->outputs); i++)
                to[i] = shift[i] + scale[i] * from[i - first];
        for (size i = s->outputs; i < s->outputs_pitch; i++) to[i] = 0.0f;
        if (!positions) continue;
        for (size i = 0; i < s->outputs_pitch; i++) to[i] += positions[place * s->outputs_pitch + i];
    }
}

/* The way back; total (stack, pixel, frame, pitch) is overwritten. */
void around_back(const Shape *s, const float *slopes, const size *chosen, const float *scale, float *total) {
    size small = small_pixels_of(s), pixels = pixels_of(s);
    memset(total, 0, sizeof(float) * s->stacks * pixels * s->frames * s->pitch);
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (size row = 0; row < s->stacks * small * s->frames; row++) {
        size place = row % (small * s->frames), pixel = chosen[place / s->frames];
        size stack = row / (small * s->frames), frame = place % s->frames;
        const float *from = slopes + row * s->outputs_pitch;
        float *to = total + ((stack * pixels + pixel) * s->frames + frame) * s->pitch;
        for (size first = 0; first < s->outputs; first += s->inputs)
            for (size i = first; i < least(first + s->inputs, s->outputs); i++)
                to[i - first] += scale[i] * from[i];
    }
}
