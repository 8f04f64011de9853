/* The depth-wise half of a core block, each non-linearity done on the way through instead of in a pass of its own.

   Arrays are float32 rows whose channels are contiguous, a multiple of LANES of them; "taps" (kernel position, channel)
   lie likewise. Pictures are (height, width) of rows, stacks (time, pixel) of rows. Threads share the work by pictures
   or pixels, so that every sum is made in the same order however many there are. */

#include <stdlib.h>
#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#define LANES 16       /* channels that are worked on together */
#define LONGEST 32     /* kernel positions in one direction */
#define INLINE static inline __attribute__((always_inline))

typedef long size;
typedef float lanes __attribute__((vector_size(4 * LANES)));
typedef int whole_lanes __attribute__((vector_size(4 * LANES)));

INLINE lanes load(const float *from) {
    lanes value;
    memcpy(&value, from, sizeof value);
    return value;
}

INLINE void store(float *to, lanes value) { memcpy(to, &value, sizeof value); }

/* exp(rest) for |rest| <= ln(2) / 2, by Cephes' polynomial. */
INLINE lanes small_exponential(lanes rest) {
    const lanes zero = {0};
    lanes series = zero + 1.9875691500e-4f;
    series = series * rest + 1.3981999507e-3f;
    series = series * rest + 8.3334519073e-3f;
    series = series * rest + 4.1665795894e-2f;
    series = series * rest + 1.6666665459e-1f;
    series = series * rest + 5.0000001201e-1f;
    return series * (rest * rest) + (rest + 1.0f);
}

INLINE lanes remainder_of(lanes y, lanes power) { return (y - power * 0.693359375f) + power * 2.12194440e-4f; }

/* The logistic function 1 / (1 + exp(-x)), to a few units in the last place. */
#ifdef __AVX512F__
INLINE lanes logistic(lanes x) {
    const lanes zero = {0}, one = zero + 1.0f;
    lanes y = (lanes)_mm512_min_ps((__m512)-x, (__m512)(zero + 87.0f));
    lanes power = (lanes)_mm512_roundscale_ps((__m512)(y * 1.44269504f), 8);
    lanes below = (lanes)_mm512_scalef_ps((__m512)small_exponential(remainder_of(y, power)), (__m512)power) + one;
    /* An estimate good to 14 bits and one step of Newton's, several times faster than a division. */
    lanes guess = (lanes)_mm512_rcp14_ps((__m512)below);
    return guess * (2.0f - below * guess);
}
#else
INLINE lanes choose(whole_lanes where, lanes yes, lanes no) {
    return (lanes)((where & (whole_lanes)yes) | (~where & (whole_lanes)no));
}

INLINE lanes logistic(lanes x) {
    const lanes zero = {0}, most = zero + 87.0f;
    lanes y = choose(-x > most, most, -x);
    y = choose(y < -most, -most, y);
    /* Adding and taking away 1.5 * 2^23 rounds to a whole number. */
    lanes power = (y * 1.44269504f + 12582912.0f) - 12582912.0f;
    lanes scale = (lanes)((__builtin_convertvector(power, whole_lanes) + 127) << 23);
    return 1.0f / (1.0f + small_exponential(remainder_of(y, power)) * scale);
}
#endif

INLINE lanes silu(lanes x) { return x * logistic(x); }

INLINE lanes silu_slope(lanes x) {
    lanes gate = logistic(x);
    return gate * (1.0f + x * (1.0f - gate));
}

/* Which kernel positions meet which rows (or columns) of the input, for one row (or column) of the output. */
typedef struct {
    int count;
    size tap[LONGEST], at[LONGEST];
} Meeting;

static Meeting meet(size out, size inputs, size kernel, size stride, int back) {
    Meeting found = {0};
    for (size tap = 0; tap < kernel; tap++) {
        size at = back ? out + kernel / 2 - tap : out * stride - kernel / 2 + tap;
        if (back && at % stride) continue;
        if (back) at /= stride;
        if (at < 0 || at >= inputs) continue;
        found.tap[found.count] = tap;
        found.at[found.count++] = at;
    }
    return found;
}

/* The weighted sum of the rows that meet one row of the output, for the channels that "from" and "taps" begin with. */
INLINE lanes gather(const float *from, const float *taps, lanes sum, const Meeting *rows, const Meeting *columns,
                    size wide, size kernel, size channels) {
    for (int r = 0; r < rows->count; r++) {
        const float *row = from + rows->at[r] * wide * channels, *tap = taps + rows->tap[r] * kernel * channels;
        for (int c = 0; c < columns->count; c++)
            sum += load(row + columns->at[c] * channels) * load(tap + columns->tap[c] * channels);
    }
    return sum;
}

/* Activate each picture and convolve it. */
void space_forward(const float *widened, const float *taps, const float *bias, float *spaced, size pictures, size tall,
                   size wide, size small_tall, size small_wide, size kernel, size stride, size channels) {
#pragma omp parallel
    {
        size numbers = tall * wide * channels;
        float *active = malloc(sizeof(float) * numbers);
        Meeting *columns = malloc(sizeof(Meeting) * small_wide);
        for (size x = 0; x < small_wide; x++) columns[x] = meet(x, wide, kernel, stride, 0);
#pragma omp for schedule(static)
        for (size picture = 0; picture < pictures; picture++) {
            for (size i = 0; i < numbers; i += LANES) store(active + i, silu(load(widened + picture * numbers + i)));
            for (size y = 0; y < small_tall; y++) {
                Meeting rows = meet(y, tall, kernel, stride, 0);
                float *out = spaced + (picture * small_tall + y) * small_wide * channels;
                for (size x = 0; x < small_wide; x++)
                    for (size i = 0; i < channels; i += LANES)
                        store(out + x * channels + i, gather(active + i, taps + i, load(bias + i), &rows, columns + x,
                                                             wide, kernel, channels));
            }
        }
        free(active);
        free(columns);
    }
}

/* The way back: from the gradient of the convolved pictures to that before the activation. */
void space_back(const float *slopes, const float *widened, const float *taps, float *out, size pictures, size tall,
                size wide, size small_tall, size small_wide, size kernel, size stride, size channels) {
#pragma omp parallel
    {
        const lanes zero = {0};
        Meeting *columns = malloc(sizeof(Meeting) * wide);
        for (size x = 0; x < wide; x++) columns[x] = meet(x, small_wide, kernel, stride, 1);
#pragma omp for schedule(static)
        for (size picture = 0; picture < pictures; picture++) {
            const float *from = slopes + picture * small_tall * small_wide * channels;
            for (size y = 0; y < tall; y++) {
                Meeting rows = meet(y, small_tall, kernel, stride, 1);
                size start = (picture * tall + y) * wide * channels;
                for (size x = 0; x < wide; x++)
                    for (size i = 0; i < channels; i += LANES) {
                        lanes sum = gather(from + i, taps + i, zero, &rows, columns + x, small_wide, kernel, channels);
                        size at = start + x * channels + i;
                        store(out + at, sum * silu_slope(load(widened + at)));
                    }
            }
        }
        free(columns);
    }
}

/* Activate, convolve along time, and activate what comes out. */
void time_forward(const float *spaced, const float *taps, const float *bias, float *timed, float *active, size stacks,
                  size frames, size pixels, size kernel, size channels) {
    size step = pixels * channels;
#pragma omp parallel
    {
        float *line = malloc(sizeof(float) * frames * channels);
#pragma omp for schedule(static)
        for (size each = 0; each < stacks * pixels; each++) {
            size start = each / pixels * frames * step + each % pixels * channels;
            for (size time = 0; time < frames; time++)
                for (size i = 0; i < channels; i += LANES)
                    store(line + time * channels + i, silu(load(spaced + start + time * step + i)));
            for (size time = 0; time < frames; time++) {
                size first = time < kernel / 2 ? kernel / 2 - time : 0;
                size last = frames - time + kernel / 2 < kernel ? frames - time + kernel / 2 : kernel;
                for (size i = 0; i < channels; i += LANES) {
                    const float *from = line + (time - kernel / 2) * channels + i, *weights = taps + i;
                    lanes sum = load(bias + i);
                    for (size tap = first; tap < last; tap++)
                        sum += load(from + tap * channels) * load(weights + tap * channels);
                    store(timed + start + time * step + i, sum);
                    store(active + start + time * step + i, silu(sum));
                }
            }
        }
        free(line);
    }
}

/* The way back, from the gradient of what the gate lets through; "share" is added to it, a number for each channel. */
void time_back(const float *gated, const float *share, const float *timed, const float *spaced, const float *taps,
               float *out, size stacks, size frames, size pixels, size kernel, size channels) {
    size step = pixels * channels;
#pragma omp parallel
    {
        float *line = malloc(sizeof(float) * frames * channels);
#pragma omp for schedule(static)
        for (size each = 0; each < stacks * pixels; each++) {
            size start = each / pixels * frames * step + each % pixels * channels;
            const float *shared = share + each / pixels * channels;
            for (size time = 0; time < frames; time++)
                for (size i = 0; i < channels; i += LANES) {
                    size at = start + time * step + i;
                    store(line + time * channels + i, (load(gated + at) + load(shared + i)) * silu_slope(load(timed + at)));
                }
            for (size time = 0; time < frames; time++) {
                size first = frames - time < kernel / 2 + 1 ? kernel / 2 + 1 - (frames - time) : 0;
                size last = time + kernel / 2 + 1 < kernel ? time + kernel / 2 + 1 : kernel;
                for (size i = 0; i < channels; i += LANES) {
                    const float *from = line + (time + kernel / 2) * channels + i, *weights = taps + i;
                    lanes sum = {0};
                    for (size tap = first; tap < last; tap++)
                        sum += load(from - tap * channels) * load(weights + tap * channels);
                    size at = start + time * step + i;
                    store(out + at, sum * silu_slope(load(spaced + at)));
                }
            }
        }
        free(line);
    }
}

/* Sum over each stack's rows of gradient times activation, for each channel: frame by frame, then over the frames. */
void gate_sums(const float *gated, const float *timed, float *sums, float *by_frame, size stacks, size frames,
               size pixels, size channels) {
#pragma omp parallel for schedule(static)
    for (size frame = 0; frame < stacks * frames; frame++)
        for (size i = 0; i < channels; i += LANES) {
            lanes sum = {0};
            for (size pixel = 0; pixel < pixels; pixel++) {
                size at = (frame * pixels + pixel) * channels + i;
                sum += load(gated + at) * silu(load(timed + at));
            }
            store(by_frame + frame * channels + i, sum);
        }
    for (size frame = 0; frame < stacks * frames; frame++)
        for (size i = 0; i < channels; i++) sums[frame / frames * channels + i] += by_frame[frame * channels + i];
}
