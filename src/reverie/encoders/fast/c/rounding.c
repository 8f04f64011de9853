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

/* Features (stack, pixel, frame, pitch), and a step for each pixel. */
void round_features(const Shape *s, const float *features, int16_t *out, float *steps) {
    size numbers = s->frames * s->pitch;
#pragma omp parallel for schedule(static)
    for (size each = 0; each < s->stacks * pixels_of(s); each++)
        steps[each] = round_line(features + each * numbers, numbers, out + each * numbers);
}

/* LANES columns of a panel of weights, each row times its gate. */
INLINE void round_columns(const float *weights, const float *gates, int16_t *out, float *steps) {
    lanes total = {0}, columns[PANEL];
    whole_lanes most = absolute(total + 1e-30f);
    for (int k = 0; k < PANEL; k++) {
        columns[k] = load(weights + k * PANEL) * (gates ? gates[k] : 1.0f);
        most = larger(most, absolute(columns[k]));
        total += (lanes)absolute(columns[k]);
    }
    const lanes of_total = total * (1.0f / MOST_TOTAL), of_most = (lanes)most * (1.0f / MOST_WEIGHT);
    const lanes step = (lanes)larger(absolute(of_total), absolute(of_most)), per_step = 1.0f / step;
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
#pragma omp parallel for schedule(static)
    for (size each = 0; each < s->stacks * all; each++) {
        const float *of_panel = gates ? gates + (each / all * panels + each % panels) * PANEL : 0;
        for (size j = 0; j < PANEL; j += LANES)
            round_columns(weights + each % all * square + j, of_panel, out + each * square + 2 * j,
                          steps + each * PANEL + j);
    }
}
