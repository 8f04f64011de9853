/* Matrix products whose sums stay in registers until the end, so that more can be done to them before they are stored.

   Weights are in tiles of PANEL or PANEL / 2 columns: (tile, row of the weights, column of the tile). */

#ifndef PRODUCT_H
#define PRODUCT_H

#include "shape.h"

/* Add rows (count, depth) times weights (depth, LANES * width) to the sums. */
INLINE void multiply(lanes sums[TILE][PARTS], const int count, const int width, const float *rows, size pitch,
                     const float *weights, size depth) {
    for (size k = 0; k < depth; k++) {
        lanes each[PARTS];
        EACH_PART(j) if (j < width) each[j] = load(weights + j * LANES);
        weights += LANES * width;
#pragma GCC unroll 8
        for (int r = 0; r < count; r++) {
            float number = rows[r * pitch + k];
            EACH_PART(j) if (j < width) sums[r][j] += number * each[j];
        }
    }
}

/* Add to a tile of the output: the product of panels of channels with the tile's weights. */
INLINE void add_tile(float *out, size out_pitch, const int count, const int width, const float *panel, size panel_step,
                     size panels, const float *weights) {
    lanes sums[TILE][PARTS];
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) EACH_PART(j) if (j < width) sums[r][j] = load(out + r * out_pitch + j * LANES);
    for (size p = 0; p < panels; p++) {
        const float *rows = panel + p * panel_step;
        /* So many panels are more streams than a processor sees coming by itself. */
        fetch(rows + count * PANEL, count * PANEL);
        multiply(sums, count, width, rows, PANEL, weights + p * PANEL * LANES * width, PANEL);
    }
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) EACH_PART(j) if (j < width) store(out + r * out_pitch + j * LANES, sums[r][j]);
}

INLINE void add_tiles(float *out, size columns, const int width, size rows, const float *panel, size panel_step,
                      size panels, const float *weights) {
    size r = 0;
    for (; r + TILE <= rows; r += TILE)
        add_tile(out + r * columns, columns, TILE, width, panel + r * PANEL, panel_step, panels, weights);
    for (; r < rows; r++)
        add_tile(out + r * columns, columns, 1, width, panel + r * PANEL, panel_step, panels, weights);
}

/* out (rows, columns) += panels (panel, rows, PANEL) times weights; panel_step: numbers from a panel to the next one. */
static void add_product(float *out, size columns, size rows, const float *panel, size panel_step, size panels,
                        const float *weights) {
    for (size column = 0; column < columns; column += PANEL) {
        const float *tile = weights + column * panels * PANEL;
        if (columns - column >= PANEL)
            add_tiles(out + column, columns, PARTS, rows, panel, panel_step, panels, tile);
        else
            add_tiles(out + column, columns, PARTS / 2, rows, panel, panel_step, panels, tile);
    }
}

#endif
