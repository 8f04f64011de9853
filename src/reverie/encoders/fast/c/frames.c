/* Every channel of a clip filtered in time by a kernel of its own.

   longer: (clip, frame + taps - 1, number), a frame's numbers being (point, channel). kernels: (tap, channel).
   Channels come in multiples of LANES.
   filtered, slopes: (clip, frame, number). What each number is summed in the order of does not depend on the threads. */

#include "lanes.h"

typedef struct {
    size clips, frames, taps, points, channels, threads;
} Filtering;

/* Add up, for every number of a frame, those of `count` frames that lie `step` apart, each times its tap's kernel. */
INLINE void add_frames(const Filtering *s, size count, const float *from, size step, const float *kernels, float *to) {
    for (size point = 0; point < s->points; point++, from += s->channels, to += s->channels) {
        for (size i = 0; i < s->channels; i += LANES) {
            lanes sum = {0};
            for (size tap = 0; tap < count; tap++) sum += load(from + tap * step + i) * load(kernels + tap * s->channels + i);
            store(to + i, sum);
        }
    }
}

void filter_frames(const Filtering *s, const float *longer, const float *kernels, float *filtered) {
    const size frame = s->points * s->channels;
#pragma omp parallel for num_threads(s->threads)
    for (size row = 0; row < s->clips * s->frames; row++) {
        size clip = row / s->frames, start = row % s->frames;
        const float *from = longer + (clip * (s->frames + s->taps - 1) + start) * frame;
        add_frames(s, s->taps, from, frame, kernels, filtered + row * frame);
    }
}

/* Each earlier frame was seen by the taps that end in frames of the clip. */
void filter_frames_back(const Filtering *s, const float *slopes, const float *kernels, float *by_longer) {
    const size frame = s->points * s->channels, many = s->frames + s->taps - 1;
#pragma omp parallel for num_threads(s->threads)
    for (size row = 0; row < s->clips * many; row++) {
        size clip = row / many, at = row % many;
        size first = at < s->frames ? 0 : at - s->frames + 1, last = at < s->taps ? at : s->taps - 1;
        const float *from = slopes + (clip * s->frames + at - first) * frame;
        add_frames(s, last - first + 1, from, -frame, kernels + first * s->channels, by_longer + row * frame);
    }
}

INLINE void multiply_frames(const Filtering *s, const float *frame, const float *slopes, float *sums) {
    for (size i = 0; i < s->channels; i += LANES) {
        lanes sum = {0};
        for (size point = 0; point < s->points; point++)
            sum += load(frame + point * s->channels + i) * load(slopes + point * s->channels + i);
        store(sums + i, sum);
    }
}

/* by_kernel: (clip and frame, tap, channel), to be added up over clips and frames. */
void filter_frames_kernel(const Filtering *s, const float *longer, const float *slopes, float *by_kernel) {
    const size frame = s->points * s->channels;
#pragma omp parallel for num_threads(s->threads)
    for (size row = 0; row < s->clips * s->frames; row++) {
        size clip = row / s->frames, start = row % s->frames;
        const float *from = longer + (clip * (s->frames + s->taps - 1) + start) * frame;
        for (size tap = 0; tap < s->taps; tap++)
            multiply_frames(s, from + tap * frame, slopes + row * frame,
                            by_kernel + (row * s->taps + tap) * s->channels);
    }
}
