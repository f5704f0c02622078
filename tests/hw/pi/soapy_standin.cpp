// A SoapySDR driver with no receiver below it: its air, its gaps and its faults are written by a test into a file.
//
// STANDIN_SOAPY names a file of lines "key value ...", read anew at every call:
//   devices N          how many are plugged in                                        (1)
//   open WORD          what keeps it from opening: busy, denied, broken
//   low HZ, high HZ    what it tunes to                                                (1e6, 6e9)
//   refuse LOW HIGH    frequencies that its tuner refuses, Hz
//   rates HZ ...       its sample rates                                                (8e6 10e6 20e6)
//   rate HZ            the rate it runs at, whatever was asked
//   refuse_rate 1      it takes no rate at all
//   native WORD        CS8, CS16 or CF32, as its converter gives them                  (CS8)
//   no_gain 1          it has no gain to set
//   no_time 1          its samples carry no time stamps
//   read CODE          what readStream returns                                         (samples)
//   unplug 1           readStream fails and no setting is taken
//   stall MS           how long a read hangs
//   overflow N         every N-th read says that samples were lost
//   skip N             every N-th read leaves a thousand samples out, which only its time stamps tell
//   constant X         every value it gives
//   stuck 1            the same block at every read
//   tell 1             I = the tuned MHz modulo 256 (an 8-bit count), Q = a counter
//   noise DB           white noise, dB full scale over the whole rate                  (-30)
//   camera HZ DEVIATION_HZ DB PAL|NTSC SEED   an FM video sender, dB full scale
//   play HZ RATE_HZ DB FILE   int8 I and Q of a waveform, dB full scale; at RATE_HZ alone
// STANDIN_LOG names a file to which every setting is appended.
//
// For STALE samples after a change of frequency it gives those from before. It delivers as fast as it is asked.
#include <SoapySDR/Device.hpp>
#include <SoapySDR/Formats.h>
#include <SoapySDR/Registry.hpp>
#include <SoapySDR/Errors.h>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <unistd.h>
#include <vector>

namespace {

typedef std::complex<float> Sample;
const size_t MTU = 65536, NOISE = 1 << 21;
const long STALE = 300000, SKIPPED = 1000;
const double TWO_PI = 6.283185307179586;

struct Faults {
    std::multimap<std::string, std::string> lines;
    Faults() {
        const char *path = getenv("STANDIN_SOAPY");
        std::ifstream file(path ? path : "");
        std::string line;
        while (std::getline(file, line)) {
            const size_t space = line.find(' ');
            if (space != std::string::npos) lines.emplace(line.substr(0, space), line.substr(space + 1));
        }
    }
    std::string word(const std::string &key, const std::string &otherwise) const {
        const auto found = lines.find(key);
        return found == lines.end() ? otherwise : found->second;
    }
    double number(const std::string &key, double otherwise) const {
        const auto found = lines.find(key);
        return found == lines.end() ? otherwise : atof(found->second.c_str());
    }
};

void note(const std::string &line) {
    const char *path = getenv("STANDIN_LOG");
    if (path) std::ofstream(path, std::ios::app) << line << "\n";
}

std::atomic<int> open_devices(0);

// One FM video sender: syncs, blanking, and a picture of bars, a slope and a few moving bright places.
class Camera {
public:
    explicit Camera(const std::string &line) {
        std::istringstream(line) >> hz >> deviation_hz >> db >> standard >> seed;
        const bool ntsc = standard == "NTSC";
        lines = ntsc ? 525 : 625;
        line_s = ntsc ? 286 / 4.5e6 : 64e-6;
        blank_lines = ntsc ? 20 : 25;
        pulses = ntsc ? 6 : 5;
        state = seed * 2654435761u + 1;
        for (double &each : bars) each = 0.35 + 0.6 * draw();
        for (double &each : rows) each = 0.7 + 0.3 * draw();
        for (int k = 0; k < 4; k++) place[k][0] = draw(), place[k][1] = draw(), place[k][2] = draw() - 0.5;
        line_s *= 1 + (draw() - 0.5) * 1e-4; // crystals
        t = draw() * 0.04;
    }
    // Instantaneous frequency relative to its carrier after dt more seconds.
    double next(double dt) {
        t += dt;
        const double half = t / (line_s / 2);
        const int64_t halves = (int64_t)half;
        const double in_half_s = (half - halves) * line_s / 2;
        const int in_frame = halves % (2 * lines), in_field = in_frame % lines;
        const double in_line_s = in_frame % 2 ? in_half_s + line_s / 2 : in_half_s;
        smooth += (level(in_frame, in_field, in_half_s, in_line_s, halves / (2 * lines)) - smooth) * std::min(1.0, dt / 0.08e-6);
        return deviation_hz * (2 * smooth - 1);
    }
    double hz, deviation_hz, db, phase = 0;
    std::string standard;
private:
    double level(int in_frame, int in_field, double in_half_s, double in_line_s, int64_t frame) const {
        if (in_field < pulses) return in_half_s < 27.3e-6 ? 0 : 0.3;
        if (in_field < 2 * pulses || in_field >= lines - pulses) return in_half_s < 2.35e-6 ? 0 : 0.3;
        if (in_line_s < 4.7e-6) return 0;
        const int row = in_field / 2;
        if (row < blank_lines || in_line_s < 10.4e-6 || in_line_s > line_s - 1.6e-6) return 0.3;
        const double x = (in_line_s - 10.4e-6) / (line_s - 12e-6);
        const double y = (row - blank_lines) / (lines / 2.0 - blank_lines);
        double v = bars[(int)(x * 8) & 7] * rows[(int)(y * 16) & 15] * (0.75 + 0.25 * y);
        for (const auto &p : place) {
            const double dx = x - std::fmod(p[0] + p[2] * 0.02 * frame + 100, 1.0), dy = y - p[1];
            if (dx * dx + dy * dy < 0.01) v = 0.95;
        }
        (void)in_frame;
        return 0.3 + 0.7 * std::min(1.0, v);
    }
    double draw() { return (double)((state = state * 6364136223846793005ull + 1442695040888963407ull) >> 11) / 9007199254740992.0; }
    int lines, blank_lines, pulses;
    double line_s, t, smooth = 0.3, bars[8], rows[16], place[4][3];
    unsigned seed;
    uint64_t state;
};

struct Played {
    double hz, rate_hz, db, phase = 0;
    std::string path;
    std::vector<int8_t> data;
    size_t at = 0;
    explicit Played(const std::string &line) {
        std::istringstream(line) >> hz >> rate_hz >> db >> path;
        std::ifstream file(path, std::ios::binary);
        data.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
};

class Standin : public SoapySDR::Device {
public:
    explicit Standin(const std::string &serial) : serial(serial) { open_devices++; note("open " + serial); }
    ~Standin() override { open_devices--; note("close " + serial); }
    std::string getDriverKey() const override { return "standin"; }
    std::string getHardwareKey() const override { return "Stand-in SDR"; }
    SoapySDR::Kwargs getHardwareInfo() const override { return {{"serial", serial}}; }
    size_t getNumChannels(const int) const override { return 1; }
    std::vector<std::string> getStreamFormats(const int, const size_t) const override { return {"CS8", "CS16", "CF32"}; }
    std::string getNativeStreamFormat(const int, const size_t, double &full) const override {
        const std::string native = Faults().word("native", "CS8");
        full = native == "CS8" ? 128 : native == "CS16" ? 32768 : 1;
        return native;
    }
    SoapySDR::Stream *setupStream(const int, const std::string &format, const std::vector<size_t> &, const SoapySDR::Kwargs &) override {
        form = format;
        note("format " + format);
        return (SoapySDR::Stream *)this;
    }
    void closeStream(SoapySDR::Stream *) override {}
    size_t getStreamMTU(SoapySDR::Stream *) const override { return MTU; }
    int activateStream(SoapySDR::Stream *, const int, const long long, const size_t) override { note("on"); return 0; }
    int deactivateStream(SoapySDR::Stream *, const int, const long long) override { note("off"); return 0; }

    void setFrequency(const int, const size_t, const double hz, const SoapySDR::Kwargs &) override {
        const Faults faults;
        refuse_unplugged(faults);
        double low = 0, high = -1;
        std::istringstream(faults.word("refuse", "0 -1")) >> low >> high;
        if (hz >= low && hz <= high) throw std::runtime_error("PLL does not lock");
        center_hz = hz;
        stale = STALE;
        note("freq " + std::to_string((long long)hz));
    }
    double getFrequency(const int, const size_t) const override { return center_hz; }
    std::vector<std::string> listFrequencies(const int, const size_t) const override { return {"RF"}; }
    SoapySDR::RangeList getFrequencyRange(const int, const size_t) const override {
        const Faults faults;
        return {SoapySDR::Range(faults.number("low", 1e6), faults.number("high", 6e9))};
    }
    void setSampleRate(const int, const size_t, const double hz) override {
        const Faults faults;
        refuse_unplugged(faults);
        if (faults.number("refuse_rate", 0)) throw std::runtime_error("rate not supported");
        rate_hz = hz;
        note("rate " + std::to_string((long long)hz));
    }
    double getSampleRate(const int, const size_t) const override { return Faults().number("rate", rate_hz); }
    SoapySDR::RangeList getSampleRateRange(const int, const size_t) const override {
        SoapySDR::RangeList all;
        std::istringstream words(Faults().word("rates", "8e6 10e6 20e6"));
        for (double hz; words >> hz;) all.push_back(SoapySDR::Range(hz, hz));
        return all;
    }
    std::vector<std::string> listGains(const int, const size_t) const override {
        return Faults().number("no_gain", 0) ? std::vector<std::string>() : std::vector<std::string>{"LNA", "VGA"};
    }
    SoapySDR::Range getGainRange(const int, const size_t) const override { return SoapySDR::Range(0, 102); }
    SoapySDR::Range getGainRange(const int, const size_t, const std::string &name) const override { return name == "LNA" ? SoapySDR::Range(0, 40, 8) : SoapySDR::Range(0, 62, 2); }
    bool hasGainMode(const int, const size_t) const override { return true; }
    void setGainMode(const int, const size_t, const bool on) override { note(std::string("agc ") + (on ? "1" : "0")); }
    void setGain(const int direction, const size_t channel, const double db) override {
        refuse_unplugged(Faults());
        SoapySDR::Device::setGain(direction, channel, db);
    }
    void setGain(const int, const size_t, const std::string &name, const double db) override {
        gains[name] = name == "LNA" ? std::floor(db / 8) * 8 : std::floor(db / 2) * 2;
        note("gain " + name + " " + std::to_string((int)gains[name]));
    }
    double getGain(const int, const size_t, const std::string &name) const override { const auto g = gains.find(name); return g == gains.end() ? 0 : g->second; }
    void setFrequencyCorrection(const int, const size_t, const double ppm) override { note("ppm " + std::to_string((int)ppm)); }
    bool hasFrequencyCorrection(const int, const size_t) const override { return true; }
    void setBandwidth(const int, const size_t, const double) override {}

    int readStream(SoapySDR::Stream *, void *const *buffers, const size_t wanted, int &flags, long long &time_ns, const long timeout_us) override {
        const Faults faults;
        flags = 0;
        if (const long ms = (long)faults.number("stall", 0)) usleep((useconds_t)ms * 1000);
        if (faults.number("unplug", 0)) return SOAPY_SDR_STREAM_ERROR;
        if (const int code = (int)faults.number("read", 0)) {
            if (code == SOAPY_SDR_TIMEOUT) usleep((useconds_t)timeout_us);
            return code;
        }
        if (timeout_us == 0 && stale <= 0) return SOAPY_SDR_TIMEOUT; // nothing is waiting
        const long every = (long)faults.number("overflow", 0), skips = (long)faults.number("skip", 0);
        reads++;
        if (every && reads % every == 0 && stale <= 0) { sent += 5 * MTU; return SOAPY_SDR_OVERFLOW; }
        if (skips && reads % skips == 0) sent += SKIPPED;
        const size_t n = std::min(wanted, MTU);
        if (!faults.number("no_time", 0)) { flags |= SOAPY_SDR_HAS_TIME; time_ns = (long long)(sent * 1e9 / rate_hz); }
        std::vector<Sample> air(n);
        fill(faults, air);
        give(air, buffers[0]);
        sent += n;
        stale -= std::min<long>(stale, (long)n);
        return (int)n;
    }

private:
    void refuse_unplugged(const Faults &faults) const { if (faults.number("unplug", 0)) throw std::runtime_error("LIBUSB_ERROR_NO_DEVICE"); }

    void fill(const Faults &faults, std::vector<Sample> &air) {
        if (faults.lines.count("constant")) { std::fill(air.begin(), air.end(), Sample((float)faults.number("constant", 0), (float)faults.number("constant", 0))); return; }
        if (faults.number("stuck", 0)) { for (size_t i = 0; i < air.size(); i++) air[i] = Sample((i * 37 % 200) / 256.0f, (i * 11 % 200) / 256.0f); return; }
        if (faults.number("tell", 0)) {
            const float mhz = stale > 0 ? 1 : (float)((int8_t)((long)(center_hz / 1e6) & 0xff)) / 128;
            for (Sample &each : air) each = Sample(mhz, (float)(int8_t)counter++ / 128);
            return;
        }
        plant(faults);
        add_noise(air, faults.number("noise", -30));
        for (Camera &camera : cameras) add_camera(air, camera);
        for (Played &played : waves) add_played(air, played);
    }
    void plant(const Faults &faults) {
        std::string now;
        for (const auto &line : faults.lines) if (line.first == "camera" || line.first == "play") now += line.first + " " + line.second + "\n";
        if (now == planted) return;
        planted = now;
        cameras.clear(), waves.clear();
        for (const auto &line : faults.lines) {
            if (line.first == "camera") cameras.emplace_back(line.second);
            if (line.first == "play") waves.emplace_back(line.second);
        }
    }
    void add_noise(std::vector<Sample> &air, double db) {
        if (noise.empty()) {
            uint64_t state = 88172645463325252ull;
            auto uniform = [&state] { state ^= state << 13; state ^= state >> 7; state ^= state << 17; return ((state >> 11) + 1) / 9007199254740993.0; };
            noise.resize(NOISE);
            for (Sample &each : noise) {
                const double radius = std::sqrt(-std::log(uniform())), turn = TWO_PI * uniform();
                each = Sample((float)(radius * std::cos(turn)), (float)(radius * std::sin(turn)));
            }
        }
        const float level = (float)std::pow(10, db / 20);
        at = (at * 1103515245u + 12345u) % NOISE;
        for (size_t i = 0; i < air.size(); i++) air[i] = noise[(at + i) % NOISE] * level;
    }
    // What lies beyond the receiver's filter is not heard; the step is softened as a filter's edge is.
    void add_camera(std::vector<Sample> &air, Camera &camera) const {
        const double dt = 1 / rate_hz, offset_hz = camera.hz - center_hz, level = std::pow(10, camera.db / 20);
        if (std::fabs(offset_hz) > rate_hz / 2 + camera.deviation_hz) return;
        for (Sample &each : air) {
            const double hz = camera.next(dt) + offset_hz;
            camera.phase = std::fmod(camera.phase + hz * dt, 1.0);
            const double inside = std::min(1.0, std::max(0.0, (0.5 - std::fabs(hz) * dt) / 0.05));
            each += Sample((float)(level * inside * std::cos(TWO_PI * camera.phase)), (float)(level * inside * std::sin(TWO_PI * camera.phase)));
        }
    }
    void add_played(std::vector<Sample> &air, Played &played) const {
        const size_t count = played.data.size() / 2;
        const double offset = (played.hz - center_hz) / rate_hz;
        if (!count || played.rate_hz != rate_hz || std::fabs(offset) > 1) return;
        const float level = (float)(std::pow(10, played.db / 20) / 32); // written with 32 steps rms
        for (Sample &each : air) {
            const Sample x((float)played.data[2 * played.at], (float)played.data[2 * played.at + 1]);
            played.at = (played.at + 1) % count;
            played.phase = std::fmod(played.phase + offset, 1.0);
            each += x * level * std::polar(1.0f, (float)(TWO_PI * played.phase));
        }
    }
    template <typename T> static void quantise(const std::vector<Sample> &air, void *out, float full) {
        T *values = (T *)out;
        for (const Sample &each : air)
            for (const float part : {each.real(), each.imag()})
                *values++ = (T)std::max(-full, std::min(full - 1, std::nearbyint(part * full)));
    }
    void give(const std::vector<Sample> &air, void *out) const {
        if (form == "CS8") quantise<int8_t>(air, out, 128);
        else if (form == "CS16") quantise<int16_t>(air, out, 32768);
        else std::memcpy(out, air.data(), air.size() * sizeof(Sample));
    }

    const std::string serial;
    std::string form = "CS8", planted;
    double center_hz = 100e6, rate_hz = 20e6;
    std::map<std::string, double> gains;
    long stale = 0, reads = 0;
    unsigned long long sent = 0;
    unsigned counter = 0, at = 1;
    std::vector<Sample> noise;
    std::vector<Camera> cameras;
    std::vector<Played> waves;
};

SoapySDR::KwargsList find(const SoapySDR::Kwargs &args) {
    SoapySDR::KwargsList all;
    for (int i = 1; i <= (int)Faults().number("devices", 1); i++) {
        const std::string serial = "S" + std::to_string(i);
        const auto wanted = args.find("serial");
        if (wanted == args.end() || wanted->second == serial) all.push_back({{"label", "Stand-in SDR " + serial}, {"serial", serial}});
    }
    return all;
}

SoapySDR::Device *make(const SoapySDR::Kwargs &args) {
    const std::string word = Faults().word("open", "");
    if (word == "busy" || open_devices > 0) throw std::runtime_error("open() failed: LIBUSB_ERROR_BUSY");
    if (word == "denied") throw std::runtime_error("open() failed: LIBUSB_ERROR_ACCESS");
    if (word == "broken") throw std::runtime_error("firmware does not answer");
    const auto serial = args.find("serial");
    return new Standin(serial == args.end() ? "S1" : serial->second);
}

SoapySDR::Registry registry("standin", &find, &make, SOAPY_SDR_ABI_VERSION);

} // namespace
