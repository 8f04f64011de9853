/* The last layer inside a block: all panels are projected onto the outputs, and added to what went around. */

#include "product.h"
#include "rounded.h"

INLINE void add_rounded_tile(const int count, const Shape *s, Numbers active, Numbers weights, float *out) {
    lanes sums[TILE][PARTS];
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) EACH_PART(j) sums[r][j] = load(out + r * s->outputs_pitch + j * LANES);
    multiply_panels(sums, count, s, active, gated_pixels_of(s), weights, s->panels);
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) EACH_PART(j) store(out + r * s->outputs_pitch + j * LANES, sums[r][j]);
}

/* One pixel's rounded frames onto a tile of the outputs. */
APART void project_rounded_line(const Shape *s, Numbers active, Numbers weights, float *out) {
    size t = 0;
    for (; t + TILE <= s->frames; t += TILE)
        add_rounded_tile(TILE, s, from(active, t * PANEL, 0), weights, out + t * s->outputs_pitch);
    for (; t < s->frames; t++)
        add_rounded_tile(1, s, from(active, t * PANEL, 0), weights, out + t * s->outputs_pitch);
}

static void project_rounded_run(const Shape *s, size pixels, Numbers active, Numbers weights, float *out) {
    for (size column = 0; column < s->outputs_pitch; column += PANEL)
        for (size pixel = 0; pixel < pixels; pixel++)
            project_rounded_line(s, from(active, pixel * line_of(s), pixel),
                                 from(weights, column * s->panels * PANEL, column * s->panels),
                                 out + pixel * s->frames * s->outputs_pitch + column);
}

/* active: (stack, panel, gated pixel, frame, channel); rounded where there are steps, (stack, panel, gated pixel).
   weights: (stack, tile, panel and channel, output), gated; rounded as round_weights does where active is. out: (stack,
   gated pixel, frame, outputs_pitch). */
void project(const Shape *s, void *active, float *active_steps, void *weights, float *weight_steps, float *out) {
    size gated = gated_pixels_of(s), run = run_of(s, 1 << 16), runs = (gated + run - 1) / run;
#pragma omp parallel for num_threads(s->threads) schedule(dynamic)
    for (size each = 0; each < s->stacks * runs; each++) {
        size stack = each / runs, first = each % runs * run, count = least(run, gated - first);
        size all = s->panels * PANEL * s->outputs_pitch, line = stack * s->panels * gated + first;
        Numbers lines = from((Numbers){active, active_steps}, line * line_of(s), line);
        Numbers tiles = from((Numbers){weights, weight_steps}, stack * all, stack * all / PANEL);
        float *to = out + (stack * gated + first) * s->frames * s->outputs_pitch;
        if (lines.steps)
            project_rounded_run(s, count, lines, tiles, to);
        else
            add_product(to, s->outputs_pitch, count * s->frames, lines.values, gated * line_of(s), s->panels,
                        tiles.values);
    }
}
