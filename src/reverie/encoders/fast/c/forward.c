/* A block of DwiseNeuro's core on the way forward. Threads share panels or runs of pixels, so that every sum is made in
   the same order however many threads there are. */

#include "lines.h"
#include "widen.h"

/* What one panel is computed with. Taps: (position, channel). */
typedef struct {
    Widening widening;
    const float *space_taps, *space_bias, *time_taps, *time_bias;
} Weights;

/* Where one panel's results go: slopes of the three non-linearities (null where not wanted), and what the gate sees,
   rounded where there is a place for its steps, zeros before where it is pooled. */
typedef struct {
    uint16_t *widened, *spaced, *timed;
    Numbers active;
} Results;

/* Room to work in: as many widened rows as the spatial kernel has; a line with its padded frames, zero at both ends;
   what the gate sees of a line, before it is rounded. */
typedef struct {
    float *rows, *line, *active;
} Scratch;

static Scratch reserve_scratch(const Shape *s) {
    size line = sizeof(float) * line_of(s), padded = sizeof(float) * padded_frames(s) * PANEL;
    const Scratch scratch = {reserve(s->space_kernel * s->wide * line), reserve(padded), reserve(line)};
    memset(scratch.line, 0, padded);
    return scratch;
}

static void release_scratch(const Scratch *scratch) {
    free(scratch->rows);
    free(scratch->line);
    free(scratch->active);
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
    for (size i = 0; i < numbers; i += PANEL) {
        lanes before[PARTS];
        EACH_PART(j) before[j] = load(line + i + j * LANES);
        activate(before, line + i, moved(slopes, i));
    }
}

INLINE void add_line(float *to, const float *line, size numbers) {
    for (size i = 0; i < numbers; i += LANES) store(to + i, load(to + i) + load(line + i));
}

/* Spatial layer, non-linearity, temporal layer, non-linearity for one pixel of the smaller picture; the sum over its
   frames is added to "total". */
static void convolve_line(const Shape *s, const Weights *w, const Neighbours *n, size pixel, const Scratch *scratch,
                          const Results *to, lanes total[PARTS]) {
    lanes space_bias[PARTS], time_bias[PARTS];
    EACH_PART(j) space_bias[j] = load(w->space_bias + j * LANES);
    EACH_PART(j) time_bias[j] = load(w->time_bias + j * LANES);
    size numbers = line_of(s), at = pixel * numbers;
    float *inner = scratch->line + s->time_kernel / 2 * PANEL;
    const Numbers kept = s->pooled ? to->active : from(to->active, at, pixel);
    float *active = kept.steps || s->pooled ? scratch->active : kept.values;
    weigh(n, space_bias, s->frames, inner);
    activate_line(inner, numbers, moved(to->spaced, at));
    convolve_moments(s->time_kernel, scratch->line, w->time_taps, time_bias, s->frames, active);
    activate_line(active, numbers, moved(to->timed, at));
    for (size i = 0; i < numbers; i += PANEL) EACH_PART(j) total[j] += load(active + i + j * LANES);
    if (s->pooled)
        add_line(kept.values, active, numbers);
    else if (kept.steps)
        *kept.steps = round_line(active, PANEL, s->frames, kept.values);
}

/* One panel of one stack, row by row: each row is widened just before the spatial layer needs it, and forgotten
   after. */
static void panel_forward(const Shape *s, Numbers features, const Weights *w, const Scratch *scratch, const Results *to,
                          float *means) {
    Neighbours neighbours;
    lanes sums[PARTS] = {0};
    size widened = 0;
    for (size y = 0; y < s->small_tall; y++) {
        for (; widened < least(s->tall, y * s->stride + s->space_kernel / 2 + 1); widened++)
            widen_row(s, features, &w->widening, widened,
                      scratch->rows + widened % s->space_kernel * s->wide * line_of(s), to->widened);
        lanes of_row[PARTS] = {0};
        for (size x = 0; x < s->small_wide; x++) {
            find(s, y, x, scratch->rows, w->space_taps, &neighbours);
            convolve_line(s, w, &neighbours, y * s->small_wide + x, scratch, to, of_row);
        }
        EACH_PART(j) sums[j] += of_row[j];
    }
    EACH_PART(j) store(means + j * LANES, sums[j] / (float)(s->frames * small_pixels_of(s)));
}

/* Widen, spatial layer, temporal layer, each with its non-linearity. features: (stack, pixel, frame, pitch), or
   rounded. Of the weights, all with a leading axis of panels, see Weights and Widening; those of the widening have pitch
   inputs. active: (stack, panel, gated pixel, frame, channel). means: (stack, panel, channel). feature_steps (stack,
   panel, pixel), weight_steps, active_steps (stack, panel, gated pixel): null where numbers are not rounded. */
void widen_and_convolve(const Shape *s, void *features, float *feature_steps, void *weights, float *weight_steps,
                        const float *start, size start_step, const float *moments,
                        const float *space_taps, const float *space_bias, const float *time_taps,
                        const float *time_bias, void *active, float *active_steps, float *means, uint16_t *widened,
                        uint16_t *spaced, uint16_t *timed) {
    size pixels = pixels_of(s), small = small_pixels_of(s) * line_of(s), gated = gated_pixels_of(s);
    size positions = s->space_kernel * s->space_kernel;
#pragma omp parallel num_threads(s->threads)
    {
        const Scratch scratch = reserve_scratch(s);
#pragma omp for schedule(dynamic)
        for (size each = 0; each < s->stacks * s->panels; each++) {
            size panel = each % s->panels, pixel = each / s->panels * pixels;
            const Weights w = {{from((Numbers){weights, weight_steps}, panel * s->pitch * PANEL, panel * s->pitch),
                                start + panel * (start_step ? pixels : 1) * PANEL,
                                moments ? moments + panel * line_of(s) : 0, start_step},
                               space_taps + panel * positions * PANEL,
                               space_bias + panel * PANEL,
                               time_taps + panel * s->time_kernel * PANEL,
                               time_bias + panel * PANEL};
            const Results to = {moved(widened, each * pixels * line_of(s)), moved(spaced, each * small),
                                moved(timed, each * small),
                                from((Numbers){active, active_steps}, each * gated * line_of(s), each * gated)};
            const Numbers entering = from((Numbers){features, feature_steps}, pixel * s->frames * s->pitch,
                                          pixel * (s->pitch / PANEL));
            panel_forward(s, entering, &w, &scratch, &to, means + each * PANEL);
        }
        release_scratch(&scratch);
    }
}
