#!/bin/sh
# Install ansim in an arm64 Debian root on another machine, and try it there, as far as that goes without a Pi.
#
#   sudo firmware/systemd/check-arm64.sh [bookworm|trixie] [FOLDER]      needs debootstrap, qemu-user-static, git
#
# Each line it prints (PASS, FAIL, NOTE, with seconds) says what was shown. Together they prove, for the Python
# and numpy that this Debian brings: install-pi.sh runs and can be repeated; every library is to be had for
# aarch64 without a compiler; apt's numpy stays; ansim starts, tests itself, scans a simulated room and keeps a
# signed record; the service's command gets ready, serves its feed to its group, opens no port, logs JSON and
# ends cleanly; tests of arithmetic and parsing and two golden sessions hold on this processor; records survive an
# upgrade and an uninstall. (The golden sessions of radio and lens hang on the versions of scipy and OpenCV.)
# They do not prove: drivers on real devices, picamera2 (it is in Raspberry Pi's archive, not in Debian's),
# systemd starting the unit, or speed: the processor is emulated.
set -eu

SUITE=${1:-bookworm}
ROOT=${2:-/var/tmp/ansim-arm64-$SUITE}
MIRROR=${ANSIM_MIRROR:-http://deb.debian.org/debian}
HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
SOURCE=$(CDPATH='' cd -- "$HERE/../.." && pwd)
BINFMT=/proc/sys/fs/binfmt_misc
LOG=$ROOT.log
FAILED=0

[ "$(id -u)" = 0 ] || { echo "Run it with sudo." >&2; exit 1; }
for tool in debootstrap qemu-aarch64-static git unshare; do
    command -v "$tool" >/dev/null || { echo "Missing: $tool (apt-get install debootstrap qemu-user-static git)" >&2; exit 3; }
done
# What is mounted below goes away with this process, however it ends.
if [ "${ANSIM_UNSHARED:-}" != yes ]; then
    ANSIM_UNSHARED=yes exec unshare --mount --pid --fork --kill-child "$0" "$@"
fi

inside() { # run a command in the root, with a clean environment
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        ${AUTHORITIES:+PIP_CERT=$AUTHORITIES} OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 chroot "$ROOT" "$@"
}
as_unit() { # the same as the service's user, with its folders
    inside setpriv --reuid ansim --regid ansim --init-groups env HOME=/var/lib/ansim XDG_DATA_HOME=/var/lib \
        PYTHONUNBUFFERED=1 sh -c "cd /var/lib/ansim && umask 0077 && $1"
}
report() { printf '%s  %4s s  %s\n' "$1" "$2" "$3"; }
prove() { # prove SENTENCE COMMAND...: PASS where the command ends well
    what=$1; shift
    begin=$(date +%s)
    if "$@" >"$LOG" 2>&1; then verdict=PASS; else verdict=FAIL; FAILED=$((FAILED + 1)); fi
    report "$verdict" "$(($(date +%s) - begin))" "$what"
    if [ "$verdict" = FAIL ]; then tail -n 25 "$LOG" | sed 's/^/      | /'; fi
}
note() { report NOTE - "$1"; }

emulate() { # let the kernel run arm64 programs; nothing to do on an arm64 machine
    [ "$(uname -m)" = aarch64 ] && return 0
    [ -e $BINFMT/register ] || mount -t binfmt_misc none $BINFMT
    [ -e $BINFMT/qemu-aarch64 ] || cat /usr/lib/binfmt.d/qemu-aarch64.conf >$BINFMT/register
}

make_root() {
    if [ ! -e "$ROOT/debootstrap.done" ]; then
        debootstrap --arch=arm64 --foreign --variant=minbase \
            --include=ca-certificates,systemd,udev,passwd,kmod "$SUITE" "$ROOT" "$MIRROR"
        chroot "$ROOT" /debootstrap/debootstrap --second-stage
        touch "$ROOT/debootstrap.done"
    fi
    inside dpkg --print-architecture | grep -qx arm64
}

enter() { # mounts, network, certificates, sources
    mount --make-rprivate /
    mount -t proc proc "$ROOT/proc"
    mount --rbind /sys "$ROOT/sys" && mount --make-rslave "$ROOT/sys"
    mount -t tmpfs tmpfs "$ROOT/dev"
    mkdir -p "$ROOT/dev/shm" "$ROOT/dev/pts"
    for name in null zero full random urandom tty; do
        touch "$ROOT/dev/$name"; mount --bind "/dev/$name" "$ROOT/dev/$name"
    done
    cp /etc/resolv.conf "$ROOT/etc/resolv.conf"
    # A machine behind an inspecting proxy trusts an authority that Debian does not know.
    AUTHORITIES=
    if [ -n "${PIP_CERT:-}" ]; then
        cp "$PIP_CERT" "$ROOT/etc/authorities.pem"; AUTHORITIES=/etc/authorities.pem
    fi
    rm -rf "$ROOT/usr/src/ansim"; mkdir -p "$ROOT/usr/src/ansim"
    (cd "$SOURCE" && git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --ignore-failed-read -cf -) |
        tar -C "$ROOT/usr/src/ansim" -xf -
    # No service may start while packages are installed.
    printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"; chmod 755 "$ROOT/usr/sbin/policy-rc.d"
}

install_it() { inside /usr/src/ansim/firmware/systemd/install-pi.sh; }
python() { inside /opt/ansim/venv/bin/python "$@"; }

numpy_is_apts() {
    python -c '
import subprocess, numpy, scipy, cv2
apt = subprocess.check_output(["dpkg-query", "-W", "-f", "${Version}", "python3-numpy"], text=True)
print(numpy.__version__, numpy.__file__, apt, scipy.__version__, cv2.__version__)
assert numpy.__file__.startswith("/usr/lib/python3/dist-packages"), numpy.__file__
assert apt.split(":")[-1].startswith(numpy.__version__), apt'
}
every_library_loads() {
    python -c '
import importlib
names = """babel cryptography numpy cv2 PIL platformdirs psutil pydantic pylopdf_fonts_ko rich scapy.all scipy.signal
sigmf structlog typer gpiozero luma.lcd.device luma.oled.device pyroute2 sdnotify textual fpdf
matplotlib segno lgpio spidev""".split()
for name in names: importlib.import_module(name)
from hw.pi.librtlsdr import import_rtlsdr
print(import_rtlsdr())
print(len(names), "libraries")'
}
no_compiler() { ! inside sh -c 'command -v gcc || command -v cc'; }
starts() { inside ansim --version; }
self_test_says_why() { # devices are missing: reasons and hints, exit code 1, and no traceback
    as_unit 'ansim diag check --kit pi --json' >"$ROOT/check.json" 2>"$ROOT/check.err" && return 1
    cat "$ROOT/check.json" "$ROOT/check.err"
    ! grep -q Traceback "$ROOT/check.err" || return 1
    python -c '
import json, pathlib
lines = [json.loads(l) for l in pathlib.Path("/check.json").read_text().splitlines()]
bad = [l for l in lines if l["reason"]]
assert {"sdr", "monitor", "camera"} <= {l["name"] for l in bad}, bad
assert all(l["remedy"] for l in bad), bad
print([(l["name"], l["reason"]) for l in bad])'
}
bench_has_its_rights() { # ansim-bench hands on exactly the two capabilities
    inside sh -c 'cp /opt/ansim/venv/bin/ansim /tmp/ansim.kept
        printf "#!/bin/sh\ngrep ^Cap /proc/self/status; id -un; pwd\n" >/opt/ansim/venv/bin/ansim
        ansim-bench diag check; mv /tmp/ansim.kept /opt/ansim/venv/bin/ansim' >"$LOG.bench"
    cat "$LOG.bench"
    grep -q 'CapAmb:.*0000000000003000' "$LOG.bench" && grep -q 'CapBnd:.*0000000000003000' "$LOG.bench" &&
        grep -qx ansim "$LOG.bench"
}
scans_and_keeps() {
    as_unit 'ansim scan ble --kit sim:wifi-camera?seed=1 --duration 4 --keep "Site/Room/1"' || [ $? -le 11 ]
    as_unit 'ansim report list' | tee "$ROOT/list.txt"
    grep -q Room "$ROOT/list.txt" && inside stat -c '%a %U' /var/lib/ansim/records/unit.key | grep -qx '600 ansim'
}
service_command() { # what the unit file starts, in a simulated room
    inside python3 - <<'PY'
import grp, json, os, pathlib, pwd, signal, socket, stat, subprocess, time
who = pwd.getpwnam("ansim")
run = pathlib.Path("/run/ansim"); run.mkdir(mode=0o750, exist_ok=True); os.chown(run, who.pw_uid, who.pw_gid)
pathlib.Path("/run/n").unlink(missing_ok=True)
ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); ear.bind("/run/n"); os.chmod("/run/n", 0o666); ear.settimeout(240)
env = {"PATH": os.environ["PATH"], "HOME": "/var/lib/ansim", "XDG_DATA_HOME": "/var/lib", "NOTIFY_SOCKET": "/run/n",
       "WATCHDOG_USEC": "30000000", "PYTHONUNBUFFERED": "1"}
journal = os.open("/run/journal", os.O_CREAT | os.O_TRUNC | os.O_RDWR)
env["JOURNAL_STREAM"] = f"{os.fstat(journal).st_dev}:{os.fstat(journal).st_ino}"
unit = subprocess.Popen(["/opt/ansim/venv/bin/ansim", "run", "--kit", "sim:empty-room?unplug=ble@0.5", "--feed", "/run/ansim/feed.sock"],
    env=env, user="ansim", group="ansim", cwd="/var/lib/ansim", umask=0o077, stdout=subprocess.DEVNULL, stderr=journal)
said = b""
try:
    while b"READY=1" not in said: said = ear.recv(4096)
    while b"WATCHDOG=1" not in said: said = ear.recv(4096)
    mode = os.stat("/run/ansim/feed.sock"); shown = stat.filemode(mode.st_mode)
    assert shown == "srw-rw----" and grp.getgrgid(mode.st_gid).gr_name == "ansim", shown
    inodes = {os.readlink(f) for f in pathlib.Path(f"/proc/{unit.pid}/fd").iterdir() if f.is_symlink()}
    for table in ("tcp", "tcp6", "udp", "udp6"):
        rows = pathlib.Path(f"/proc/{unit.pid}/net/{table}").read_text().splitlines()[1:]
        mine = [r for r in rows if f"socket:[{r.split()[9]}]" in inodes]
        assert not mine, mine
finally:
    unit.send_signal(signal.SIGTERM)
    unit.wait(timeout=120)
log = pathlib.Path("/run/journal").read_text()
print(shown, unit.returncode, log[-600:])
assert unit.returncode in {0, 10, 11}, log  # the verdict; the unit file counts all three as success
lines = [line for line in log.splitlines() if not line.endswith(".png")]  # a kit without a panel names its picture
assert lines, log
print([json.loads(line)["event"] for line in lines])
PY
}
tests_hold() {
    inside sh -c 'cd /usr/src/ansim && PYTHONPATH=/opt/ansim-tests /opt/ansim/venv/bin/python -m pytest -q --timeout 900 \
        tests/firmware/verdict/test_fusion.py tests/firmware/verdict/evidence/test_weigh.py tests/firmware/verdict/test_coverage.py \
        tests/firmware/i18n/test_escape.py tests/hw/formats/test_iq.py tests/hw/formats/test_capture.py tests/hw/replay/test_sdr.py \
        tests/sweeper/test_spectrum.py tests/wifiscan/test_dot11.py tests/lensdetect/test_parts.py tests/sessions \
        -k "not test_a_golden_session or ble or wifi"'
}
test_tools() { inside /opt/ansim/venv/bin/python -m pip install -q --no-deps --target /opt/ansim-tests \
    pytest pytest-timeout pytest-benchmark py-cpuinfo hypothesis sortedcontainers pluggy iniconfig packaging pygments syrupy; }
fingerprint() { (cd "$ROOT" && find var/lib/ansim/records etc/ansim -type f -exec sha256sum {} + | sort); }
kept() { fingerprint | tee "$LOG.now" | cmp - "$LOG.before"; }
second_run_changes_little() {
    (cd "$ROOT" && find etc var/lib/dpkg/info usr/bin usr/lib/python3 -newer "$LOG.mark" -type f) >"$LOG.changed"
    grep -v -e 'ld.so.cache' "$LOG.changed" | tee "$LOG.again"
    [ ! -s "$LOG.again" ]
}
uninstalled() { inside sh -c '! command -v ansim && [ ! -e /opt/ansim ] &&
    [ ! -e /etc/systemd/system/ansim.service ] && [ ! -e /etc/systemd/system/multi-user.target.wants/ansim.service ]'; }

emulate
prove "an arm64 Debian $SUITE stands in $ROOT" make_root
enter
prove "install-pi.sh runs to its end, without systemd running" install_it
tail -n 4 "$LOG" | sed 's/^/      | /'
prove "no compiler was needed: every library came as a wheel or from apt" no_compiler
prove "every library of ansim, and librtlsdr, loads" every_library_loads
prove "apt's numpy stayed, and scipy and OpenCV live with it" numpy_is_apts
sed 's/^/      | /' "$LOG"
prove "the service is switched on for the next boot" inside test -L /etc/systemd/system/multi-user.target.wants/ansim.service
prove "ansim starts" starts
prove "ansim-bench hands on two capabilities, and no root" bench_has_its_rights
prove "ansim diag check names every missing device with a reason and what to do" self_test_says_why
prove "a scan of a simulated room is kept as a signed record; the unit's key is 0600" scans_and_keeps
prove "ansim run: ready, watchdog, feed for its group alone, no port, JSON log, ends on SIGTERM" service_command
prove "pytest is to be had" test_tools
prove "tests of arithmetic and parsing, and the golden sessions of Wi-Fi and Bluetooth, hold" tests_hold
tail -n 2 "$LOG" | sed 's/^/      | /'
fingerprint >"$LOG.before"; touch "$LOG.mark"; sleep 1
prove "install-pi.sh runs again (upgrade)" install_it
prove "the second run changed no file of the system" second_run_changes_little
prove "records, key and settings are byte for byte the same after the upgrade" kept
prove "install-pi.sh --uninstall" inside /usr/src/ansim/firmware/systemd/install-pi.sh --uninstall
prove "the program and its service are gone" uninstalled
prove "records, key and settings are still the same" kept
prove "install-pi.sh --purge" inside /usr/src/ansim/firmware/systemd/install-pi.sh --purge
prove "records and user are gone, too" inside sh -c '[ ! -e /var/lib/ansim ] && ! getent passwd ansim'
inside apt-cache show python3-picamera2 >/dev/null 2>&1 || note "python3-picamera2 is not in this archive: not tried"
[ "$FAILED" = 0 ] || { echo "$FAILED failed"; exit 1; }
echo "all shown"
