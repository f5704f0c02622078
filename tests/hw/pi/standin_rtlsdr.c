/* A librtlsdr with no dongle below it: the whole API, and faults that a test writes into a file.
 *
 * STANDIN_RTLSDR names a file of lines "key value", read anew at every call:
 *   devices N       how many are plugged in            (1)
 *   open CODE       what rtlsdr_open returns           (0)
 *   late CODE       what rtlsdr_reset_buffer returns   (0): a device that opens, then fails
 *   tune CODE       what rtlsdr_set_center_freq returns (0)
 *   read CODE       what rtlsdr_read_sync returns      (0)
 *   stall MS        how long a read hangs              (0)
 *   short BYTES     most bytes a read gives            (no limit)
 *   rate HZ         the rate it runs at, whatever was asked
 *   constant BYTE   every byte it gives
 *   stuck 1         the same block at every read, whatever it is tuned to
 *   constant_q BYTE the byte of Q where only `constant` gives that of I
 *   noise SEED      bytes of white noise around 127.5, at the cost of a copy (for benchmarks)
 * STANDIN_LOG names a file to which every setting is appended.
 *
 * Samples: for STALE_BYTES after a retune the pair (7, 9), left over from before; then
 * I = low byte of the centre in MHz, Q = a counter.  -DOSMOCOM leaves out what Debian's library lacks.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STALE_BYTES 16384
#define BULK_BYTES (16 * 32 * 512)
#define NOISE_BYTES (1 << 20)

typedef struct { uint32_t freq, rate; int ppm, gain, open, cancel; long stale; uint8_t counter; } dev_t_;
typedef void (*callback)(unsigned char *, uint32_t, void *);
static dev_t_ the;

static long fault(const char *key, long otherwise) {
    const char *path = getenv("STANDIN_RTLSDR");
    FILE *f = path ? fopen(path, "r") : NULL;
    char word[32];
    long value, found = otherwise;
    if (!f) return otherwise;
    while (fscanf(f, "%31s %ld", word, &value) == 2)
        if (!strcmp(word, key)) found = value;
    fclose(f);
    return found;
}

static void note(const char *what, long value) {
    const char *path = getenv("STANDIN_LOG");
    FILE *f = path ? fopen(path, "a") : NULL;
    if (!f) return;
    fprintf(f, "%s %ld\n", what, value);
    fclose(f);
}

static void fill_noise(unsigned char *p, long n, uint32_t seed) {
    static unsigned char table[NOISE_BYTES];
    static long at = -1;
    if (at < 0) /* four bytes of a generator (Numerical Recipes') summed: nearly Gaussian, 6 steps rms */
        for (at = 0; at < NOISE_BYTES; at++) {
            int sum = 0;
            for (int k = 0; k < 4; k++) sum += (seed = seed * 1664525u + 1013904223u) >> 24;
            table[at] = (unsigned char)(128 + (sum - 510) / 24);
        }
    for (at %= NOISE_BYTES; n > 0;) {
        long part = n < NOISE_BYTES - at ? n : NOISE_BYTES - at;
        memcpy(p, table + at, part);
        p += part, n -= part, at = (at + part) % NOISE_BYTES;
    }
}

static void fill(unsigned char *p, long n) {
    long constant = fault("constant", -1), noise = fault("noise", -1), stuck = fault("stuck", 0);
    long constant_q = fault("constant_q", constant);
    if (noise >= 0) { fill_noise(p, n, (uint32_t)noise); return; }
    for (long i = 0; i + 1 < n; i += 2) {
        if (constant >= 0) { p[i] = (unsigned char)constant; p[i + 1] = (unsigned char)constant_q; continue; }
        if (stuck) { p[i] = (unsigned char)(i * 37 >> 3); p[i + 1] = (unsigned char)(i * 11 >> 2); continue; }
        if (the.stale > 0) { p[i] = 7; p[i + 1] = 9; the.stale -= 2; continue; }
        p[i] = (unsigned char)(the.freq / 1000000);
        p[i + 1] = the.counter++;
    }
}

uint32_t rtlsdr_get_device_count(void) { return (uint32_t)fault("devices", 1); }
const char *rtlsdr_get_device_name(uint32_t i) { return i < fault("devices", 1) ? "Stand-in RTL2838" : ""; }
int rtlsdr_get_device_usb_strings(uint32_t i, char *m, char *p, char *s) {
    if (m) strcpy(m, "Stand-in");
    if (p) strcpy(p, "RTL2838");
    if (s) sprintf(s, "0000000%u", i + 1);
    return 0;
}
int rtlsdr_get_usb_strings(void *d, char *m, char *p, char *s) { (void)d; return rtlsdr_get_device_usb_strings(0, m, p, s); }
int rtlsdr_get_index_by_serial(const char *serial) {
    long n = fault("devices", 1);
    if (n == 0) return -2;
    for (long i = 0; i < n; i++) {
        char mine[16];
        sprintf(mine, "0000000%ld", i + 1);
        if (!strcmp(mine, serial)) return (int)i;
    }
    return -3;
}
int rtlsdr_open(void **dev, uint32_t index) {
    int code = (int)fault("open", 0);
    if (code < 0) return code;
    if (index >= fault("devices", 1)) return -1;
    if (the.open) return -6; /* libusb refuses to claim an interface twice */
    memset(&the, 0, sizeof the);
    the.open = 1;
    *dev = &the;
    note("open", index);
    return 0;
}
int rtlsdr_close(void *d) { (void)d; the.open = 0; note("close", 0); return 0; }

int rtlsdr_set_center_freq(void *d, uint32_t freq) {
    int code = (int)fault("tune", 0);
    long mhz = (long)(freq / 1000000);
    (void)d;
    if (code < 0) return code;
    if (mhz >= fault("gap_from", 1 << 30) && mhz < fault("gap_to", 0)) return -1; /* a tuner with a hole */
    the.freq = freq;
    the.stale = STALE_BYTES;
    note("freq", freq);
    return 0;
}
uint32_t rtlsdr_get_center_freq(void *d) { (void)d; return the.freq; }
int rtlsdr_set_freq_correction(void *d, int ppm) {
    (void)d;
    if (ppm == the.ppm) return -2;
    the.ppm = ppm;
    note("ppm", ppm);
    return 0;
}
int rtlsdr_get_freq_correction(void *d) { (void)d; return the.ppm; }
int rtlsdr_get_tuner_type(void *d) { (void)d; return 5; }
int rtlsdr_get_tuner_gains(void *d, int *gains) {
    static const int steps[] = {0, 9, 14, 27, 37, 77, 87, 125, 144, 157, 166, 197, 207, 229, 254, 280, 297,
                                328, 338, 364, 372, 386, 402, 421, 434, 439, 445, 480, 496};
    (void)d;
    if (gains) memcpy(gains, steps, sizeof steps);
    return sizeof steps / sizeof *steps;
}
int rtlsdr_set_tuner_gain(void *d, int gain) { (void)d; the.gain = gain; note("gain", gain); return 0; }
int rtlsdr_get_tuner_gain(void *d) { (void)d; return the.gain; }
int rtlsdr_set_tuner_gain_mode(void *d, int m) { (void)d; note("gain_mode", m); return 0; }
int rtlsdr_set_tuner_if_gain(void *d, int s, int g) { (void)d; (void)s; (void)g; return 0; }
int rtlsdr_set_tuner_bandwidth(void *d, uint32_t bw) { (void)d; (void)bw; return 0; }
int rtlsdr_set_agc_mode(void *d, int on) { (void)d; note("agc", on); return 0; }
int rtlsdr_set_direct_sampling(void *d, int on) { (void)d; (void)on; return 0; }
int rtlsdr_get_direct_sampling(void *d) { (void)d; return 0; }
int rtlsdr_set_offset_tuning(void *d, int on) { (void)d; (void)on; return 0; }
int rtlsdr_get_offset_tuning(void *d) { (void)d; return 0; }
int rtlsdr_set_xtal_freq(void *d, uint32_t r, uint32_t t) { (void)d; (void)r; (void)t; return 0; }
int rtlsdr_get_xtal_freq(void *d, uint32_t *r, uint32_t *t) { (void)d; *r = *t = 28800000; return 0; }
int rtlsdr_set_testmode(void *d, int on) { (void)d; (void)on; return 0; }
int rtlsdr_set_bias_tee(void *d, int on) { (void)d; note("bias", on); return 0; }
int rtlsdr_set_bias_tee_gpio(void *d, int g, int on) { (void)d; (void)g; (void)on; return 0; }

int rtlsdr_set_sample_rate(void *d, uint32_t rate) { (void)d; the.rate = rate; note("rate", rate); return 0; }
uint32_t rtlsdr_get_sample_rate(void *d) { (void)d; return (uint32_t)fault("rate", the.rate); }

int rtlsdr_reset_buffer(void *d) { (void)d; return (int)fault("late", 0); }
int rtlsdr_read_sync(void *d, void *buf, int len, int *n_read) {
    long stall_ms = fault("stall", 0), most = fault("short", len);
    int code = (int)fault("read", 0);
    (void)d;
    if (stall_ms) usleep((useconds_t)stall_ms * 1000);
    *n_read = 0;
    if (code < 0) return code;
    if (len % 512) return -2;
    *n_read = most < len ? (int)most : len;
    fill(buf, *n_read);
    return 0;
}
int rtlsdr_cancel_async(void *d) { (void)d; the.cancel = 1; return 0; }
int rtlsdr_read_async(void *d, callback cb, void *ctx, uint32_t num, uint32_t len) {
    (void)d;
    (void)num;
    unsigned char *buf = malloc(len = len ? len : BULK_BYTES);
    for (the.cancel = 0; !the.cancel && fault("read", 0) == 0;) {
        usleep((useconds_t)(len / 2 * 1e6 / (the.rate ? the.rate : 2048000)));
        if (fault("stall", 0)) continue;
        fill(buf, len);
        cb(buf, len, ctx);
    }
    free(buf);
    return (int)fault("read", 0);
}
int rtlsdr_wait_async(void *d, callback cb, void *ctx) { return rtlsdr_read_async(d, cb, ctx, 0, 0); }

#ifndef OSMOCOM
int rtlsdr_set_dithering(void *d, int on) { (void)d; note("dithering", on); return 0; }
int rtlsdr_set_gpio_output(void *d, uint8_t g) { (void)d; (void)g; return 0; }
int rtlsdr_set_gpio_input(void *d, uint8_t g) { (void)d; (void)g; return 0; }
int rtlsdr_set_gpio_bit(void *d, uint8_t g, int v) { (void)d; (void)g; (void)v; return 0; }
int rtlsdr_get_gpio_bit(void *d, uint8_t g, int *v) { (void)d; (void)g; *v = 0; return 0; }
int rtlsdr_set_gpio_byte(void *d, int v) { (void)d; (void)v; return 0; }
int rtlsdr_get_gpio_byte(void *d, int *v) { (void)d; *v = 0; return 0; }
int rtlsdr_set_gpio_status(void *d, int *v) { (void)d; *v = 0; return 0; }
#endif
