/* A block of DwiseNeuro's core on the way back. As on the way forward, no sum depends on the number of threads. */

#include "lines.h"
#include "product.h"

INLINE void spread_tile(const int count, const Shape *s, const float *slopes, const float *weights, const float *active,
                        float *gated, lanes total[2]) {
    lanes sums[TILE][2] = {0};
    multiply(sums, count, 2, slopes, s->outputs_pitch, weights, s->outputs);
#pragma GCC unroll 8
    for (int r = 0; r < count; r++)
        for (int j = 0; j < 2; j++) {
            size at = r * PANEL + j * LANES;
            store(gated + at, sums[r][j]);
            total[j] += sums[r][j] * load(active + at);
        }
}

/* Back through the projection: gated (stack, panel, small pixel, frame, channel), and by_gate (stack, panel, channel),
   the sum of it times what went to the gate. weights: (stack, panel, output, channel), gated. */
void spread(const Shape *s, const float *slopes, const float *weights, const float *active, float *gated,
            float *by_gate) {
    size small = small_pixels_of(s);
#pragma omp parallel for schedule(dynamic)
    for (size each = 0; each < s->stacks * s->panels; each++) {
        const float *tile = weights + each * s->outputs * PANEL;
        lanes sums[2] = {0};
        for (size pixel = 0; pixel < small; pixel++) {
            lanes of_pixel[2] = {0};
            const float *from = slopes + (each / s->panels * small + pixel) * s->frames * s->outputs_pitch;
            size at = (each * small + pixel) * line_of(s), t = 0;
            for (; t + TILE <= s->frames; t += TILE)
                spread_tile(TILE, s, from + t * s->outputs_pitch, tile, active + at + t * PANEL, gated + at + t * PANEL,
                            of_pixel);
            for (; t < s->frames; t++)
                spread_tile(1, s, from + t * s->outputs_pitch, tile, active + at + t * PANEL, gated + at + t * PANEL,
                            of_pixel);
            for (int j = 0; j < 2; j++) sums[j] += of_pixel[j];
        }
        for (int j = 0; j < 2; j++) store(by_gate + each * PANEL + j * LANES, sums[j]);
    }
}

/* All frames of one pixel: from the gradient of what the gate lets through to that before the spatial non-linearity.
   line: room for the padded frames, zero at both ends. */
static void time_line_back(const Shape *s, float *gated, const float *share, const float *taps, const uint16_t *timed,
                           const uint16_t *spaced, float *line) {
    float *inner = line + s->time_kernel / 2 * PANEL, *last = line + (s->time_kernel - 1) * PANEL;
    for (size at = 0; at < line_of(s); at += LANES)
        store(inner + at, (load(gated + at) + load(share + at % PANEL)) * load_slope(timed + at));
    for (size at = 0; at < line_of(s); at += LANES)
        store(gated + at, weigh_moments(last + at, taps + at % PANEL, s->time_kernel, -1) * load_slope(spaced + at));
}

/* Back through the temporal layer, in place. share: (stack, panel, channel), the gate's part of every gradient. */
void time_back(const Shape *s, float *gated, const float *share, const float *taps, const uint16_t *timed,
               const uint16_t *spaced) {
    size small = small_pixels_of(s);
#pragma omp parallel
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
static void space_run_back(const Shape *s, size first, size last, const float *by_spaced, const float *taps,
                           const uint16_t *slopes, float *out) {
    const lanes nothing[2] = {0};
    Neighbours neighbours;
    for (size pixel = first; pixel < last; pixel++, out += line_of(s)) {
        find_reached(s, pixel, by_spaced, taps, &neighbours);
        weigh(&neighbours, nothing, s->frames, out);
        for (size at = 0; at < line_of(s); at += LANES)
            store(out + at, load(out + at) * load_slope(slopes + pixel * line_of(s) + at));
    }
}

/* Back through the spatial layer and the widening; adds to total (stack, pixel, frame, columns). weights: (tile, panel
   and channel, column). */
void narrow(const Shape *s, const float *by_spaced, const float *taps, const uint16_t *slopes, const float *weights,
            float *total, size columns) {
    size small = small_pixels_of(s), pixels = pixels_of(s), positions = s->space_kernel * s->space_kernel;
    size run = run_of(s, 1 << 16), runs = (pixels + run - 1) / run;
#pragma omp parallel
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
