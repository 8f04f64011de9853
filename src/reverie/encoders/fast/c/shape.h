/* How a block's arrays are laid out.

   Features are (stack, pixel, frame, channel): all frames of a pixel lie together, so that the spatial layer reads whole
   lines of them and the temporal layer finds what it needs in the nearest cache. Inside a block the channels are cut into
   panels of PANEL: (stack, panel, pixel, frame, channel of the panel). A panel goes through the depth-wise layers without
   any other. Channels that fill up the last panel have weights of zero. */

#ifndef SHAPE_H
#define SHAPE_H

#include <stdlib.h>

#include "slopes.h"

/* Rows of a matrix that are multiplied together: with PANEL columns they fill the registers. */
#if defined(__AVX512F__)
#define TILE 8
#elif defined(__AVX__) || defined(__aarch64__)
#define TILE 2
#else
#define TILE 1
#endif

/* inputs, outputs: channels that enter and leave. pitch, outputs_pitch: numbers from one row of features to the next
   one's. pooled: 1 for the last block, whose outputs nobody sees but their mean over the picture: what its gate sees is
   then summed over the pixels, and only the sum projected. threads: how many share the work. */
typedef struct {
    size stacks, frames, tall, wide, small_tall, small_wide, stride, space_kernel, time_kernel;
    size panels, inputs, pitch, outputs, outputs_pitch, pooled, threads;
} Shape;

INLINE size pixels_of(const Shape *s) { return s->tall * s->wide; }
INLINE size small_pixels_of(const Shape *s) { return s->small_tall * s->small_wide; }
/* Pixels that the gate sees of a panel. */
INLINE size gated_pixels_of(const Shape *s) { return s->pooled ? 1 : small_pixels_of(s); }
INLINE size line_of(const Shape *s) { return s->frames * PANEL; }

/* Pixels whose channels of all panels and frames are about so many numbers; at least one. */
INLINE size run_of(const Shape *s, size numbers) {
    size run = numbers / (line_of(s) * s->panels);
    return run > 1 ? run : 1;
}

INLINE size least(size a, size b) { return a < b ? a : b; }

/* Memory that begins where a cache line does. */
INLINE void *reserve(size bytes) { return aligned_alloc(64, (bytes + 63) / 64 * 64); }

#endif
