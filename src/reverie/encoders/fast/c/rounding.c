/* Rounding features and weights to 16 bits; see rounded.h. */

#include "rounded.h"

/* Whether products of rounded numbers are faster here than those of the others. */
int rounding_pays(void) {
#ifdef __AVX512VNNI__
    return 1;
#else
    return 0;
#endif
}

/* features: (stack, pixel, frame, pitch). out: (stack, panel, pixel, frame, channel). steps: (stack, panel, pixel). */
void round_features(const Shape *s, const float *features, int16_t *out, float *steps) {
    size pixels = pixels_of(s), panels = s->pitch / PANEL;
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (size each = 0; each < s->stacks * pixels; each++)
        for (size panel = 0; panel < panels; panel++) {
            size to = (each / pixels * panels + panel) * pixels + each % pixels;
            steps[to] = round_line(features + each * s->frames * s->pitch + panel * PANEL, s->pitch, s->frames,
                                   out + to * line_of(s));
        }
}

INLINE lanes roots(lanes x) {
    for (int i = 0; i < LANES; i++) x[i] = __builtin_sqrtf(x[i]);
    return x;
}

/* LANES columns of a panel of weights, each row times its gate. */
INLINE void round_columns(const float *weights, const float *gates, int16_t *out, float *steps) {
    lanes squares = {0}, columns[PANEL];
    whole_lanes most = absolute(squares + 1e-30f);
    for (int k = 0; k < PANEL; k++) {
        columns[k] = load(weights + k * PANEL) * (gates ? gates[k] : 1.0f);
        most = larger(most, absolute(columns[k]));
        squares += columns[k] * columns[k];
    }
    const lanes by_size = (lanes)most * (1.0f / LARGEST), by_length = roots(squares) * (1.0f / LONGEST_COLUMN);
    const lanes step = (lanes)larger(absolute(by_size), absolute(by_length)), per_step = 1.0f / step;
    for (int k = 0; k < PANEL; k += 2) {
        whole_lanes first = rounded(columns[k] * per_step), second = rounded(columns[k + 1] * per_step);
        whole_lanes pairs = (first & 0xffff) | (second << 16);
        memcpy(out + k * PANEL, &pairs, sizeof pairs);
    }
    store(steps, step);
}

/* Weights (tile, panel and row, column), for each stack times the gates (stack, panel and row), null for none. out:
   (stack, tile, panel, pair of rows, column, 2). steps: (stack, tile, panel, column). */
void round_weights(const Shape *s, const float *weights, const float *gates, size tiles, size panels, int16_t *out,
                   float *steps) {
    size all = tiles * panels, square = PANEL * PANEL;
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (size each = 0; each < s->stacks * all; each++) {
        const float *of_panel = gates ? gates + (each / all * panels + each % panels) * PANEL : 0;
        for (size j = 0; j < PANEL; j += LANES)
            round_columns(weights + each % all * square + j, of_panel, out + each * square + 2 * j,
                          steps + each * PANEL + j);
    }
}
