# A room on the air of mac80211_hwsim: an access point (wlan0), a camera that streams to it (wlan1, 02:00:00:00:01:00),
# a phone that asks for a page now and then (wlan2). wlan3 is left for ansim.
set -e
here=$(dirname "$0")
ip link set lo up
printf 'interface=wlan0\nssid=home\nhw_mode=g\nchannel=6\n' > /tmp/ap.conf
hostapd -B /tmp/ap.conf > /tmp/hostapd.log
ip address add 10.9.0.1/24 dev wlan0
join() {
    ip netns add "$1"
    iw phy "$(cat "/sys/class/net/$2/phy80211/name")" set netns name "$1"
    ip netns exec "$1" ip link set "$2" up
    ip netns exec "$1" iw dev "$2" connect -w home > /tmp/join.log
    ip netns exec "$1" ip address add "$3" dev "$2"
}
join camera wlan1 10.9.0.2/24
join phone wlan2 10.9.0.3/24
ip netns exec camera python3 "$here/stream.py" 10.9.0.1 "$1" &
ip netns exec phone busybox ping -q -w "$1" 10.9.0.1 > /tmp/phone.log &
