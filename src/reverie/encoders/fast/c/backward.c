/* A block of DwiseNeuro's core on the way back. As on the way forward, no sum depends on the number of threads. */

#include "lines.h"
#include "product.h"

INLINE void spread_tile(const int count, const Shape *s, const float *slopes, const float *weights, const float *active,
                        float *gated, lanes total[PARTS]) {
    lanes sums[TILE][PARTS] = {0};
    fetch(slopes + count * s->outputs_pitch, count * s->outputs_pitch);
    multiply(sums, count, PARTS, slopes, s->outputs_pitch, weights, s->outputs);
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) EACH_PART(j) {
            size at = r * PANEL + j * LANES;
            store(gated + at, sums[r][j]);
            total[j] += sums[r][j] * load(active + at);
        }
}

/* All frames of one pixel. */
APART void spread_line(const Shape *s, const float *slopes, const float *weights, const float *active, float *gated,
                       lanes total[PARTS]) {
    lanes sums[PARTS] = {0};
    size t = 0;
    for (; t + TILE <= s->frames; t += TILE)
        spread_tile(TILE, s, slopes + t * s->outputs_pitch, weights, active + t * PANEL, gated + t * PANEL, sums);
    for (; t < s->frames; t++)
        spread_tile(1, s, slopes + t * s->outputs_pitch, weights, active + t * PANEL, gated + t * PANEL, sums);
    EACH_PART(j) total[j] += sums[j];
}

/* Back through the projection: gated (stack, panel, gated pixel, frame, channel), and by_gate (stack, panel, channel),
   the sum of it times what went to the gate. weights: (stack, panel, output, channel), gated. */
void spread(const Shape *s, const float *slopes, const float *weights, const float *active, float *gated,
            float *by_gate) {
    size pixels = gated_pixels_of(s);
#pragma omp parallel for num_threads(s->threads) schedule(dynamic)
    for (size each = 0; each < s->stacks * s->panels; each++) {
        const float *tile = weights + each * s->outputs * PANEL;
        lanes sums[PARTS] = {0};
        for (size pixel = 0; pixel < pixels; pixel++) {
            size at = (each * pixels + pixel) * line_of(s), row = (each / s->panels * pixels + pixel) * s->frames;
            spread_line(s, slopes + row * s->outputs_pitch, tile, active + at, gated + at, sums);
        }
        EACH_PART(j) store(by_gate + each * PANEL + j * LANES, sums[j]);
    }
}

/* Multiply a line by the slopes of a non-linearity. */
INLINE void multiply_line(float *line, size numbers, const uint16_t *slopes) {
    for (size at = 0; at < numbers; at += PANEL) {
        lanes before[PARTS];
        load_slopes(slopes + at, before);
        EACH_PART(j) store(line + at + j * LANES, load(line + at + j * LANES) * before[j]);
    }
}

/* All frames of one pixel: from the gradient of what the gate lets through to that before the spatial non-linearity.
   line: room for the padded frames, zero at both ends. */
APART void time_line_back(const Shape *s, float *gated, const float *share, const float *taps, const uint16_t *timed,
                           const uint16_t *spaced, float *line) {
    float *inner = line + s->time_kernel / 2 * PANEL;
    for (size at = 0; at < line_of(s); at += PANEL) {
        lanes after[PARTS];
        load_slopes(timed + at, after);
        EACH_PART(j) {
            size part = at + j * LANES;
            store(inner + part, (load(gated + part) + load(share + j * LANES)) * after[j]);
        }
    }
    convolve_moments_back(s->time_kernel, line, taps, s->frames, gated);
    multiply_line(gated, line_of(s), spaced);
}

/* Back through the temporal layer, in place. share: (stack, panel, channel), the gate's part of every gradient. */
void time_back(const Shape *s, float *gated, const float *share, const float *taps, const uint16_t *timed,
               const uint16_t *spaced) {
    size small = small_pixels_of(s);
#pragma omp parallel num_threads(s->threads)
    {
        float *line = reserve(sizeof(float) * padded_frames(s) * PANEL);
        memset(line, 0, sizeof(float) * padded_frames(s) * PANEL);
#pragma omp for schedule(dynamic)
        for (size each = 0; each < s->stacks * s->panels; each++)
            for (size pixel = 0; pixel < small; pixel++) {
                size at = (each * small + pixel) * line_of(s);
                time_line_back(s, gated + at, share + each * PANEL, taps + each % s->panels * s->time_kernel * PANEL,
                               timed + at, spaced + at, line);
            }
        free(line);
    }
}

/* The pixels of the smaller picture that a pixel reached on the way forward. */
static void find_reached(const Shape *s, size pixel, const float *picture, const float *taps, Neighbours *n) {
    size kernel = s->space_kernel, y = pixel / s->wide, x = pixel % s->wide;
    n->count = 0;
    for (size down = 0; down < kernel; down++) {
        size at_y = y + kernel / 2 - down;
        if (at_y < 0 || at_y % s->stride || at_y / s->stride >= s->small_tall) continue;
        for (size right = 0; right < kernel; right++) {
            size at_x = x + kernel / 2 - right;
            if (at_x < 0 || at_x % s->stride || at_x / s->stride >= s->small_wide) continue;
            n->line[n->count] = picture + (at_y / s->stride * s->small_wide + at_x / s->stride) * line_of(s);
            n->taps[n->count++] = taps + (down * kernel + right) * PANEL;
        }
    }
}

/* A run of pixels of one panel: back through the spatial layer and the non-linearity before it. */
APART void space_run_back(const Shape *s, size first, size last, const float *by_spaced, const float *taps,
                           const uint16_t *slopes, float *out) {
    const lanes nothing[PARTS] = {0};
    Neighbours neighbours;
    for (size pixel = first; pixel < last; pixel++, out += line_of(s)) {
        find_reached(s, pixel, by_spaced, taps, &neighbours);
        fetch((const float *)(slopes + (pixel + 1) * line_of(s)), line_of(s) / 2);
        if (neighbours.count) fetch(neighbours.line[0] + line_of(s), line_of(s));
        weigh(&neighbours, nothing, s->frames, out);
        multiply_line(out, line_of(s), slopes + pixel * line_of(s));
    }
}

/* Back through the spatial layer and the widening; adds to total (stack, pixel, frame, columns). weights: (tile, panel
   and channel, column). */
void narrow(const Shape *s, const float *by_spaced, const float *taps, const uint16_t *slopes, const float *weights,
            float *total, size columns) {
    size small = small_pixels_of(s), pixels = pixels_of(s), positions = s->space_kernel * s->space_kernel;
    size run = run_of(s, 1 << 16), runs = (pixels + run - 1) / run;
#pragma omp parallel num_threads(s->threads)
    {
        float *widened = reserve(sizeof(float) * run * line_of(s) * s->panels);
#pragma omp for schedule(dynamic)
        for (size each = 0; each < s->stacks * runs; each++) {
            size stack = each / runs, first = each % runs * run, count = least(run, pixels - first);
            for (size panel = 0; panel < s->panels; panel++) {
                size at = stack * s->panels + panel;
                space_run_back(s, first, first + count, by_spaced + at * small * line_of(s),
                               taps + panel * positions * PANEL, slopes + at * pixels * line_of(s),
                               widened + panel * run * line_of(s));
            }
            add_product(total + (stack * pixels + first) * s->frames * columns, columns, count * s->frames, widened,
                        run * line_of(s), s->panels, weights);
        }
        free(widened);
    }
}
