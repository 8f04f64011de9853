/* Neurons that read a picture of features at one place each, between four grid points (``PointReadout``).

   features: (row, point, channel); a row is a frame of a clip. corners: (neuron, 4), points. shares: (neuron, 4), how
   much of each. weights: (neuron, channel). drive, slopes: (row, neuron). What each number is summed in the order of
   does not depend on the threads, so that neither do the results. */

#include "lanes.h"

#define CORNERS 4
/* Rows that a neuron's weights are used for at a time, and neurons whose sums stay in the cache. */
#define ROWS 4
#define NEURONS 1024

typedef struct {
    size rows, points, channels, neurons, threads;
} Reading;

INLINE size smaller(size a, size b) { return a < b ? a : b; }

INLINE float read_one(const size channels, const float *row, const size *corner, const float *share,
                      const float *weight) {
    const float *a = row + corner[0] * channels, *b = row + corner[1] * channels;
    const float *c = row + corner[2] * channels, *d = row + corner[3] * channels;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size i = 0; i < channels; i++)
        sum += (share[0] * a[i] + share[1] * b[i] + share[2] * c[i] + share[3] * d[i]) * weight[i];
    return sum;
}

INLINE void read_rows(const size channels, const Reading *s, size first, const float *features, const size *corners,
                      const float *shares, const float *weights, float *drive) {
    size last = smaller(first + ROWS, s->rows);
    for (size n = 0; n < s->neurons; n++)
        for (size row = first; row < last; row++)
            drive[row * s->neurons + n] =
                read_one(channels, features + row * s->points * channels, corners + n * CORNERS, shares + n * CORNERS,
                         weights + n * channels);
}

INLINE void spread_row(const size channels, const Reading *s, const float *slopes, const size *corners,
                       const float *shares, const float *weights, float *by_feature) {
    memset(by_feature, 0, sizeof(float) * s->points * channels);
    for (size n = 0; n < s->neurons; n++)
        for (int k = 0; k < CORNERS; k++) {
            const float slope = slopes[n] * shares[n * CORNERS + k], *weight = weights + n * channels;
            float *to = by_feature + corners[n * CORNERS + k] * channels;
#pragma omp simd
            for (size i = 0; i < channels; i++) to[i] += slope * weight[i];
        }
}

/* The slopes' sums of what each corner shows tell both gradients: by weight, and by how much of a corner is seen. */
INLINE void sum_seen(const size channels, const Reading *s, size first, size last, const float *features,
                     const float *slopes, const size *corners, float *seen) {
    memset(seen, 0, sizeof(float) * (last - first) * CORNERS * channels);
    for (size start = 0; start < s->rows; start += ROWS)
        for (size n = first; n < last; n++)
            for (int k = 0; k < CORNERS; k++) {
                const float *from = features + corners[n * CORNERS + k] * channels;
                float *restrict to = seen + ((n - first) * CORNERS + k) * channels;
                for (size row = start; row < smaller(start + ROWS, s->rows); row++) {
                    const float slope = slopes[row * s->neurons + n];
#pragma omp simd
                    for (size i = 0; i < channels; i++) to[i] += slope * from[row * s->points * channels + i];
                }
            }
}

/* Number of channels of the usual encoder, for which the loops are unrolled. */
#define USUAL 32

void read_points(const Reading *s, const float *features, const size *corners, const float *shares,
                 const float *weights, float *drive) {
#pragma omp parallel for num_threads(s->threads) schedule(dynamic)
    for (size first = 0; first < s->rows; first += ROWS) {
        if (s->channels == USUAL)
            read_rows(USUAL, s, first, features, corners, shares, weights, drive);
        else
            read_rows(s->channels, s, first, features, corners, shares, weights, drive);
    }
}

void read_points_back(const Reading *s, const float *slopes, const size *corners, const float *shares,
                      const float *weights, float *by_feature) {
    const size picture = s->points * s->channels;
#pragma omp parallel for num_threads(s->threads) schedule(dynamic)
    for (size row = 0; row < s->rows; row++) {
        const float *slope = slopes + row * s->neurons;
        if (s->channels == USUAL)
            spread_row(USUAL, s, slope, corners, shares, weights, by_feature + row * picture);
        else
            spread_row(s->channels, s, slope, corners, shares, weights, by_feature + row * picture);
    }
}

/* seen: (neuron, 4, channel), the sums over rows of slope times feature. */
void read_points_seen(const Reading *s, const float *features, const float *slopes, const size *corners, float *seen) {
    /* As many pieces for each thread. */
    size pieces = (s->neurons + NEURONS * s->threads - 1) / (NEURONS * s->threads) * s->threads;
    size piece = (s->neurons + pieces - 1) / pieces;
#pragma omp parallel for num_threads(s->threads) schedule(dynamic)
    for (size first = 0; first < s->neurons; first += piece) {
        size last = smaller(first + piece, s->neurons);
        float *to = seen + first * CORNERS * s->channels;
        if (s->channels == USUAL)
            sum_seen(USUAL, s, first, last, features, slopes, corners, to);
        else
            sum_seen(s->channels, s, first, last, features, slopes, corners, to);
    }
}
