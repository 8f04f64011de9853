/* A block of DwiseNeuro's core on the way forward. Threads share panels or runs of pixels, so that every sum is made in
   the same order however many threads there are. */

#include "lines.h"
#include "product.h"

/* What one panel is computed with. weights: (input, channel). start: (pixel, channel), start_step numbers from one pixel
   to the next, 0 for a bias; moments: (frame, channel), added to it, null for none. Taps: (position, channel). */
typedef struct {
    const float *weights, *start, *moments, *space_taps, *space_bias, *time_taps, *time_bias;
    size start_step;
} Weights;

/* Where one panel's results go: slopes of the three non-linearities (null where not wanted), and what the gate sees. */
typedef struct {
    uint16_t *widened, *spaced, *timed;
    float *active;
} Results;

INLINE void widen_tile(const int count, const Shape *s, const float *features, const Weights *w, const float *start,
                       const float *moments, float *active, uint16_t *slopes) {
    lanes sums[TILE][2];
#pragma GCC unroll 8
    for (int r = 0; r < count; r++)
        for (int j = 0; j < 2; j++) {
            sums[r][j] = load(start + j * LANES);
            if (moments) sums[r][j] += load(moments + r * PANEL + j * LANES);
        }
    fetch(features + count * s->pitch, count * s->pitch);
    multiply(sums, count, 2, features, s->pitch, w->weights, s->inputs);
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) activate(sums[r][0], sums[r][1], active + r * PANEL, moved(slopes, r * PANEL));
}

/* All frames of one pixel: multiply and activate. */
APART void widen_line(const Shape *s, const float *features, const Weights *w, size pixel, float *active,
                       uint16_t *slopes) {
    const float *start = w->start + pixel * w->start_step, *moments = w->moments;
    size t = 0;
    for (; t + TILE <= s->frames; t += TILE)
        widen_tile(TILE, s, features + t * s->pitch, w, start, moments ? moments + t * PANEL : 0, active + t * PANEL,
                   moved(slopes, t * PANEL));
    for (; t < s->frames; t++)
        widen_tile(1, s, features + t * s->pitch, w, start, moments ? moments + t * PANEL : 0, active + t * PANEL,
                   moved(slopes, t * PANEL));
}

/* One row of pixels. */
static void widen_row(const Shape *s, const float *features, const Weights *w, size y, float *row, uint16_t *slopes) {
    for (size x = 0; x < s->wide; x++) {
        size pixel = y * s->wide + x;
        widen_line(s, features + pixel * s->frames * s->pitch, w, pixel, row + x * line_of(s),
                   moved(slopes, pixel * line_of(s)));
    }
}

/* The neighbours of a pixel of the smaller picture among the last rows that were widened. */
static void find(const Shape *s, size y, size x, const float *rows, const float *taps, Neighbours *n) {
    size kernel = s->space_kernel;
    n->count = 0;
    for (size down = 0; down < kernel; down++) {
        size at_y = y * s->stride + down - kernel / 2;
        if (at_y < 0 || at_y >= s->tall) continue;
        for (size right = 0; right < kernel; right++) {
            size at_x = x * s->stride + right - kernel / 2;
            if (at_x < 0 || at_x >= s->wide) continue;
            n->line[n->count] = rows + (at_y % kernel * s->wide + at_x) * line_of(s);
            n->taps[n->count++] = taps + (down * kernel + right) * PANEL;
        }
    }
}

/* Activate a line in place; keep the slopes where wanted. */
APART void activate_line(float *line, size numbers, uint16_t *slopes) {
    for (size i = 0; i < numbers; i += PANEL)
        activate(load(line + i), load(line + i + LANES), line + i, moved(slopes, i));
}

/* Spatial layer, non-linearity, temporal layer, non-linearity for one pixel of the smaller picture; the sum over its
   frames is added to "total". line: room for the padded frames, zero at both ends. */
static void convolve_line(const Shape *s, const Weights *w, const Neighbours *n, size pixel, float *line,
                          const Results *to, lanes total[2]) {
    const lanes space_bias[2] = {load(w->space_bias), load(w->space_bias + LANES)};
    const lanes time_bias[2] = {load(w->time_bias), load(w->time_bias + LANES)};
    size numbers = line_of(s), at = pixel * numbers;
    float *inner = line + s->time_kernel / 2 * PANEL, *active = to->active + at;
    weigh(n, space_bias, s->frames, inner);
    activate_line(inner, numbers, moved(to->spaced, at));
    convolve_moments(s->time_kernel, line, w->time_taps, time_bias, s->frames, active);
    activate_line(active, numbers, moved(to->timed, at));
    for (size i = 0; i < numbers; i += PANEL) {
        total[0] += load(active + i);
        total[1] += load(active + i + LANES);
    }
}

/* One panel of one stack, row by row: each row is widened just before the spatial layer needs it, and forgotten after.
   rows: room for as many rows as the kernel has. */
static void panel_forward(const Shape *s, const float *features, const Weights *w, float *rows, float *line,
                          const Results *to, float *means) {
    Neighbours neighbours;
    lanes sums[2] = {0};
    size widened = 0;
    for (size y = 0; y < s->small_tall; y++) {
        for (; widened < least(s->tall, y * s->stride + s->space_kernel / 2 + 1); widened++)
            widen_row(s, features, w, widened, rows + widened % s->space_kernel * s->wide * line_of(s), to->widened);
        lanes of_row[2] = {0};
        for (size x = 0; x < s->small_wide; x++) {
            find(s, y, x, rows, w->space_taps, &neighbours);
            convolve_line(s, w, &neighbours, y * s->small_wide + x, line, to, of_row);
        }
        for (int j = 0; j < 2; j++) sums[j] += of_row[j];
    }
    for (int j = 0; j < 2; j++) store(means + j * LANES, sums[j] / (float)(s->frames * small_pixels_of(s)));
}

/* Widen, spatial layer, temporal layer, each with its non-linearity. features: (stack, pixel, frame, pitch). Of the
   weights, all with a leading axis of panels, see Weights. active: (stack, panel, small pixel, frame, channel). means:
   (stack, panel, channel). */
void widen_and_convolve(const Shape *s, const float *features, const float *weights, const float *start,
                        size start_step, const float *moments, const float *space_taps, const float *space_bias,
                        const float *time_taps, const float *time_bias, float *active, float *means, uint16_t *widened,
                        uint16_t *spaced, uint16_t *timed) {
    size large = pixels_of(s) * line_of(s), small = small_pixels_of(s) * line_of(s);
    size positions = s->space_kernel * s->space_kernel;
#pragma omp parallel
    {
        float *rows = reserve(sizeof(float) * s->space_kernel * s->wide * line_of(s));
        float *line = reserve(sizeof(float) * padded_frames(s) * PANEL);
        memset(line, 0, sizeof(float) * padded_frames(s) * PANEL);
#pragma omp for schedule(dynamic)
        for (size each = 0; each < s->stacks * s->panels; each++) {
            size panel = each % s->panels, pixels = start_step ? pixels_of(s) : 1;
            const Weights w = {weights + panel * s->inputs * PANEL,
                               start + panel * pixels * PANEL,
                               moments ? moments + panel * line_of(s) : 0,
                               space_taps + panel * positions * PANEL,
                               space_bias + panel * PANEL,
                               time_taps + panel * s->time_kernel * PANEL,
                               time_bias + panel * PANEL,
                               start_step};
            const Results to = {moved(widened, each * large), moved(spaced, each * small), moved(timed, each * small),
                                active + each * small};
            panel_forward(s, features + each / s->panels * pixels_of(s) * s->frames * s->pitch, &w, rows, line, &to,
                          means + each * PANEL);
        }
        free(rows);
        free(line);
    }
}

/* Add the projection of all panels to what went around. weights: (stack, tile, panel and channel, output), gated. */
void project(const Shape *s, const float *active, const float *weights, float *out) {
    size small = small_pixels_of(s), run = run_of(s, 1 << 16), runs = (small + run - 1) / run;
#pragma omp parallel for schedule(dynamic)
    for (size each = 0; each < s->stacks * runs; each++) {
        size stack = each / runs, first = each % runs * run;
        add_product(out + (stack * small + first) * s->frames * s->outputs_pitch, s->outputs_pitch,
                    least(run, small - first) * s->frames, active + (stack * s->panels * small + first) * line_of(s),
                    small * line_of(s), s->panels, weights + stack * s->panels * PANEL * s->outputs_pitch);
    }
}
