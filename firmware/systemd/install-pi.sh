#!/bin/sh
# Install ansim on a Raspberry Pi (Raspberry Pi OS Bookworm or Trixie): packages, user, rights, service.
# Run it again to upgrade: records and settings stay. Nothing is done twice.
#
#   sudo firmware/systemd/install-pi.sh              install or upgrade
#   sudo firmware/systemd/install-pi.sh --uninstall  remove; records and settings stay
#   sudo firmware/systemd/install-pi.sh --purge      remove, and delete records and settings too
#   firmware/systemd/install-pi.sh --dry-run         print the commands, change nothing
#   ANSIM_ROOT=DIR ... --files-only                  only put the files under DIR (for image builders and tests)
set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
SOURCE=$(CDPATH='' cd -- "$HERE/../.." && pwd)
ROOT=${ANSIM_ROOT:-}
HOME_DIR=/opt/ansim
VENV=$HOME_DIR/venv
STATE=/var/lib/ansim
CONFIG=/etc/ansim
GROUPS_WANTED="gpio i2c spi video plugdev render"
# python3-picamera2 brings libcamera and a simplejpeg built against apt's numpy: all three stay apt's.
APT_NEEDED="python3-venv python3-numpy librtlsdr0|librtlsdr2 iw rfkill i2c-tools bluez"
APT_WISHED="python3-picamera2 python3-spidev python3-lgpio python3-rpi-lgpio rtl-sdr"

DRY=no
MODE=install
for argument in "$@"; do
    case $argument in
        --dry-run) DRY=yes ;;
        --uninstall) MODE=uninstall ;;
        --purge) MODE=purge ;;
        --files-only) MODE=files ;;
        *) echo "install-pi.sh: unknown option $argument" >&2; exit 2 ;;
    esac
done

say() { printf '== %s\n' "$*"; }
run() { if [ "$DRY" = yes ]; then printf '%s\n' "+ $*"; else "$@"; fi; }
# What may fail without harm: a service that does not run, a tool that is not there.
try() { if [ "$DRY" = yes ]; then printf '%s\n' "+ $*"; else "$@" 2>/dev/null || true; fi; }

put() { # put FILE FOLDER: copy with fixed rights, only where it differs
    if [ "$DRY" = no ] && cmp -s "$HERE/$1" "$ROOT$2/$1"; then return 0; fi
    run install -D -m 0644 "$HERE/$1" "$ROOT$2/$1"
}

put_files() {
    put ansim.service /etc/systemd/system
    put 70-ansim.rules /etc/udev/rules.d
    put blacklist-ansim-dvb.conf /etc/modprobe.d
    put 90-ansim-networkmanager.conf /etc/NetworkManager/conf.d
}

require_root() {
    [ "$DRY" = yes ] || [ "$(id -u)" = 0 ] || { echo "Run it with sudo." >&2; exit 1; }
    [ "$DRY" = yes ] || command -v apt-get >/dev/null || { echo "This needs Raspberry Pi OS or Debian." >&2; exit 1; }
}

available() { apt-cache show "$1" >/dev/null 2>&1; }

first_available() { # of alternatives written a|b
    for name in $(echo "$1" | tr '|' ' '); do
        if [ "$DRY" = yes ] || available "$name"; then echo "$name"; return 0; fi
    done
    echo "There is no package $1 for this system." >&2
    return 1
}

install_packages() {
    say "Packages from apt"
    run apt-get update -q
    chosen=
    for name in $APT_NEEDED; do
        one=$(first_available "$name")
        chosen="$chosen $one"
    done
    for name in $APT_WISHED; do
        if [ "$DRY" = yes ] || available "$name"; then chosen="$chosen $name"; fi
    done
    # shellcheck disable=SC2086
    run env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $chosen
}

make_user() {
    say "User ansim and its groups"
    getent passwd ansim >/dev/null 2>&1 ||
        run useradd --system --user-group --home-dir "$STATE" --no-create-home --shell /usr/sbin/nologin ansim
    for group in $GROUPS_WANTED; do
        getent group "$group" >/dev/null 2>&1 || run groupadd --system "$group"
        run usermod -a -G "$group" ansim
    done
    run install -d -m 0700 -o ansim -g ansim "$STATE"
    run install -d -m 0755 "$CONFIG"
}

install_program() {
    say "ansim in $VENV"
    # After an upgrade of the system its Python is another one, and the old venv does not start.
    "$VENV/bin/python" -c pass 2>/dev/null || run /usr/bin/python3 -m venv --clear --system-site-packages "$VENV"
    constraints=$HOME_DIR/constraints.txt
    run install -d -m 0755 "$HOME_DIR"
    if [ "$DRY" = no ]; then
        /usr/bin/python3 -c 'import numpy; print(f"numpy=={numpy.__version__}")' >"$constraints"
    fi
    run "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade \
        --upgrade-strategy only-if-needed -c "$constraints" "${SOURCE}[pi,diag,report]"
    run install -m 0644 "$SOURCE/README.md" "$HOME_DIR/README.md"
    run ln -sf "$VENV/bin/ansim" /usr/local/bin/ansim
    run install -m 0755 "$HERE/ansim-bench" /usr/local/bin/ansim-bench
}

check_camera() {
    [ "$DRY" = yes ] && return 0
    if ! "$VENV/bin/python" -c 'import picamera2' 2>/dev/null; then
        echo "Note: picamera2 does not load; the lens sense will be missing (sudo apt install python3-picamera2)."
    fi
}

switch_on() {
    say "Device rules, buses, service"
    put_files
    try udevadm control --reload
    try udevadm trigger
    try modprobe -r dvb_usb_rtl28xxu
    if command -v raspi-config >/dev/null; then
        try raspi-config nonint do_spi 0
        try raspi-config nonint do_i2c 0
    fi
    run systemctl enable ansim.service
    # In an image that is being built, or a chroot, nothing can be started; enabling works all the same.
    if [ "$DRY" = no ] && [ ! -d /run/systemd/system ]; then
        echo "Note: systemd does not run here; the service starts at the next boot."
        return 0
    fi
    try systemctl reload NetworkManager
    run systemctl daemon-reload
    run systemctl restart ansim.service
}

uninstall() {
    say "Removing ansim"
    try systemctl disable --now ansim.service
    run rm -f /etc/systemd/system/ansim.service /etc/udev/rules.d/70-ansim.rules \
        /etc/modprobe.d/blacklist-ansim-dvb.conf /etc/NetworkManager/conf.d/90-ansim-networkmanager.conf \
        /usr/local/bin/ansim /usr/local/bin/ansim-bench
    run rm -rf "$HOME_DIR"
    try systemctl daemon-reload
    try udevadm control --reload
    if [ "$MODE" = purge ]; then
        run rm -rf "$STATE" "$CONFIG"
        try userdel ansim
    else
        echo "Records stay in $STATE and settings in $CONFIG; --purge deletes them."
    fi
}

case $MODE in
    files) put_files ;;
    uninstall | purge) require_root; uninstall ;;
    install)
        require_root
        install_packages
        make_user
        install_program
        check_camera
        switch_on
        say "Done. Self-test: sudo ansim-bench diag check"
        ;;
esac
