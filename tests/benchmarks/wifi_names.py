"""How often the name rules call an ordinary name a camera: every rule's false rate over generated names.

    python -m tests.benchmarks.wifi_names [--names 20000] [--seed 1]

No public corpus of network names with a licence to ship was at hand, so the names are generated from the
default patterns that makers and carriers document, and from words of hotels, schools, cafés and people. Names
of cameras are not among them. The generator knows no rule.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable
from functools import partial

from tests.benchmarks.results import record
from wifiscan.classify import sigmoid
from wifiscan.signatures import Signatures, load_signatures

LEAST_SCORE = 0.5
HEX, UPPER, DIGITS = "0123456789abcdef", "0123456789ABCDEF", "0123456789"
WORDS = """
Grand | Royal | Park | Lake | Ocean | Hill | Garden | Central | Station | River | Sunset | Palace |
Plaza | Camellia | Cambridge | Camden | Campus | Cameo | Hanok | Spring | Maple | Silver | Golden |
Green | Blue | City | Royale | Camino | Cabin | Villa | Terrace | Spyros | Nanny
"""
PEOPLE = "Minji | Jiho | Seoyeon | Anna | Cameron | Peter | Yuki | Wei | Camille | Ali | Olga | Camilo | Ines"
KOREAN = (
    "우리집 | 거실 | 안방 | 사무실 | 회의실 | 카페 | 도서관 | 학원 | "
    "병원 | 모텔 | 호텔 | 펜션 | 캠핑장 | 미용실 | 식당 | 카드 | 카센터"
)
CHINESE = "我的家 | 办公室 | 咖啡馆 | 酒店 | 图书馆 | 会议室 | 小米 | 之家 | 快乐 | 幸福 | 平安"
JAPANESE = "自宅 | 会議室 | カフェ | ホテル | 図書館 | さくら | 民宿 | 居酒屋 | ビックカメラ | キャンプ場"
# default names; filled in are: x hex digit, X upper-case hex digit, A capital and a small letter (in runs of
# two or more), 9 digit, ~ word, @ person
PATTERNS: dict[str, str] = {
    "router": """
        TP-Link_XXXX | TP-LINK_XXXXXX | NETGEAR99 | NETGEAR99-5G | Linksys99999 | dlink-XXXX | ASUS_XX |
        ASUS_XX_5G | iptime | iptime5G | KT_GiGA_XXXX | KT_GiGA_5G_XXXX | KT_WLAN_XXXX | U+NetXXXX |
        U+Net_XXXX | SK_WiFiGIGAXXXX | SK_WiFiGIGAXXXX_2.4G | olleh_WiFi_XXXX | FRITZ!Box 7590 AA |
        FRITZ!Box 9999 | Vodafone-XXXXXX | SKYXXXXX | BT-AAAAAA | BTHub9-AAAA | Livebox-XXXX | SFR_XXXX |
        Telekom-999999 | WLAN-999999 | Xiaomi_XXXX | Xiaomi_XXXX_5G | Redmi_XXXX | HUAWEI-XXXX |
        HUAWEI-B999-XXXX | CMCC-XXXX | CMCC-xxxx-5G | ChinaNet-AAAA | ChinaUnicom-XXXXXX | Tenda_XXXXXX |
        MERCURY_XXXX | FAST_XXXX | Buffalo-G-XXXX | Buffalo-A-XXXX | aterm-xxxxxx-g | aterm-xxxxxx-a |
        elecom-xxxxxx | rakuten-xxxx | SPWN_H99_XXXXXX | W99_XXXXXXXXXXXX | MOVISTAR_XXXX | MiFibra-XXXX |
        Orange-xxxx | Proximus-Home-999999 | Ziggo9999999 | UPC9999999 | H3G-XXXX | MikroTik-XXXXXX |
        Ubiquiti | eero | Google Wifi | Deco_XXXX | OpenWrt | DIR-999 | AndroidAP | AAAAA-999999
    """,
    "phone": """
        AndroidAP_9999 | AndroidAP9999 | @'s iPhone | @의 iPhone | iPhone (@) | @ 的 iPhone | Galaxy S99
        XXXX | @'s Galaxy A99 | Pixel_9999 | Redmi Note 99 | OnePlus Nord | HUAWEI P99 | vivo 9999 | OPPO
        A99 | Mi 99T Pro | moto g99 | Xperia_xxxx | SM-G999N 9999 | LG-F999S-9999 | @'s iPad | @ MacBook
        Air
    """,
    "printer": """
        DIRECT-XX-HP OfficeJet 9999 | DIRECT-XX-HP DeskJet 9999 series | HP-Print-XX-LaserJet 9999 |
        DIRECT-XXXXXXXX-EPSON-ET-9999 | EPSONXXXXXX | Canon_ij_99 | DIRECT-AAAA-Canon TS9999 | DIRECT-
        XX_BRAVIA | BRWXXXXXXXXXXXX | DIRECT-brXXXX_BrotherDCP | DIRECT-XX Samsung C99x Series
    """,
    "car": """
        Audi_MMI_9999 | My VW 9999 | BMW99999 | MB WLAN 99999 | WIFI-Hotspot-9999 | myAudi 9999 | Toyota
        99XX | Hyundai_99XX | SYNC_XXXX | Uconnect_xxxxxx | myChevrolet 9999 | VOLVO XXXX
    """,
    "place": """
        ~ Hotel | ~ Hotel Guest | Hotel ~ | ~_Guest | ~ Cafe | ~ Coffee 5G | ~ University | ~-Staff | ~
        School | ~ Library Free WiFi | Free ~ WiFi | ~ Campground | ~ Motel 999 | ~Lounge | Room 999 | ~
        Room999 | Suite 999 | @ & @ | @ Home | @s Home 5G | ~ Clinic | ~ Dental | ~ Office | eduroam |
        Starbucks WiFi | ~ Airport Free WiFi | Conference ~ | ~-IoT | ~_5GHz | ~ Photo Studio | ~ Watch
        Shop
    """,
    "thing": """
        Tapo_Plug_XXXX | Tapo_Bulb_XXXX | SmartLife-XXXX | TuyaSmart-XXXX | tasmota-XXXXXX-9999 | WLED-AP
        | shelly1-XXXXXXXXXXXX | ESP_XXXXXX | ESP-XXXXXX | Chromecast9999 | Sonos_aaaa | LG_Speaker_99 |
        [TV] Samsung 9 Series (99) | DIRECT-XX-FireTV_xxxx | Roku-999 | Philips Hue - XXXXXX | roborock-
        vacuum | dreame-vacuum-p9999_miapXXXX | lumi-gateway-v3_miapXXXX | Dyson-XXX-AA-AAA9999A | Nest
        Hub | Echo-XXX | [LG_Washer]XXXX | Bosch-Dishwasher-XXXX | Miele@home-99 | Bixolon_99 |
        Nintendo_Switch_xxxx | PS5-999 | XBOX-AAAA | Meross_SW_XXXX | Wyze Bulb | Yeelight-xxxx | LIFX
        Bulb | SolarEdge-99999999 | MySimpleLink
    """,
}


def ordinary_names(count: int, seed: int) -> list[tuple[str, str]]:
    """Return (kind, name) of ordinary names, as many of each kind."""
    draw = random.Random(seed)
    kinds: dict[str, Callable[[], str]] = {
        kind: partial(_filled_one, _parts(text), draw) for kind, text in PATTERNS.items()
    }
    kinds["east asian"] = lambda: _east_asian(draw)
    names = list(kinds)
    return [(kind, kinds[kind]()) for kind in (names[k % len(names)] for k in range(count))]


def _parts(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("|")]


def _filled_one(patterns: list[str], draw: random.Random) -> str:
    return _filled(draw.choice(patterns), draw)


def _filled(pattern: str, draw: random.Random) -> str:
    """Fill the digits and letters that differ from unit to unit: runs of at least two, and every 9."""
    made, k = [], 0
    while k < len(pattern):
        run = len(pattern) - k - len(pattern[k:].lstrip(pattern[k]))
        made.append(_run(pattern[k], run, draw))
        k += run
    return "".join(made)[:32]


def _run(letter: str, run: int, draw: random.Random) -> str:
    if letter in "~@":
        return draw.choice(_parts(WORDS if letter == "~" else PEOPLE))
    alphabet = {"9": DIGITS, "X": UPPER, "x": HEX, "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "a": "abcdefghijklmnop"}
    if letter not in alphabet or (run < 2 and letter != "9"):
        return letter * run
    return "".join(draw.choice(alphabet[letter]) for _ in range(run))


def _east_asian(draw: random.Random) -> str:
    words = _parts(draw.choice((KOREAN, CHINESE, JAPANESE)))
    tail = draw.choice(
        ("", "", "_5G", f" {draw.randrange(1, 999)}", " WiFi", f"-{draw.randrange(16**4):04X}")
    )
    return draw.choice(words) + draw.choice(("", "", draw.choice(words))) + tail


Hit = tuple[str, str]  # rule and name


def false_rates(names: list[tuple[str, str]], rules: Signatures) -> tuple[Counter[str], list[Hit]]:
    """Return hits by rule, and those of names that score `LEAST_SCORE` or more."""
    hits: Counter[str] = Counter()
    wrong: list[Hit] = []
    for _, name in names:
        advert = rules.of_ble(name=name, company_ids=(), services=())
        for found in (rules.of_ssid(name), rules.of_wps([name]), advert):
            hits.update(i.rule for i in found)
            if found and sigmoid(rules.weight(found)) >= LEAST_SCORE:
                wrong.append((found[0].rule, name))
    return hits, wrong


def main() -> None:
    """Print every rule's false rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rules = load_signatures()
    names = ordinary_names(options.names, options.seed)
    hits, wrong = false_rates(names, rules)
    for rule in (*rules.ssids, *rules.wps, *rules.ble_names):
        count = hits[rule.id]
        print(f"{rule.id:22s} {rule.strength}  {count:5d} of {options.names}  {count / options.names:.5f}")
    print(f"scored {LEAST_SCORE} or more: {len(wrong)} of {3 * len(names)} readings; {wrong[:10]}")
    command = f"python -m tests.benchmarks.wifi_names --names {options.names} --seed {options.seed}"
    mistaken, note = f"{len(wrong)} of {3 * len(names):,}", "ordinary names called a camera's"
    record("wifi.names_mistaken", mistaken, "readings", command, seed=options.seed, note=note)


if __name__ == "__main__":
    main()
