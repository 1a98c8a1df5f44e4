"""What each genre brings to a poster: colours, compositions, lettering, effects, surfaces.

A ``Look`` only names things; it draws nothing, and it knows of a film no more than its genres.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from demo.lettering import Lettering


@dataclass(frozen=True)
class Look:
    """What a genre brings: hex palettes, names of compositions, letterings, effects, textures.

    ``darkness`` is the chance (0..1) that the ground is dark rather than pale.
    """

    palettes: tuple[str, ...]
    compositions: str
    letterings: str
    effects: str
    textures: str
    darkness: float


LETTERINGS: dict[str, Lettering] = {
    "condensed": Lettering("condensed", 0.01),
    "tall": Lettering("condensed", 0.0, 0.72),
    "wide": Lettering("black", 0.06, 1.22),
    "black": Lettering("black", -0.01),
    "spaced": Lettering("sans", 0.22),
    "thin": Lettering("light", 0.16),
    "lower": Lettering("black", -0.025, 1.0, upper=False),
    "oblique": Lettering("oblique", 0.0),
    "slab": Lettering("slab", 0.02),
    "slab-tall": Lettering("slab", 0.02, 0.66),
    "slab-wide": Lettering("slab", 0.05, 1.3),
    "serif": Lettering("serif", 0.02),
    "serif-tall": Lettering("serif", 0.0, 0.7),
    "serif-lower": Lettering("serif", -0.01, 1.0, upper=False),
    "serif-spaced": Lettering("serif-light", 0.18),
    "italic": Lettering("serif-italic", 0.0, 1.0, upper=False),
    "hand": Lettering("hand", 0.03, 1.1),
    "round": Lettering("round", 0.0, 1.0, upper=False),
    "round-caps": Lettering("round", 0.02),
}

LOOKS: dict[str, Look] = {
    "Action": Look(
        (
            "0d0b0c 2b1a17 7a2e1d c96f2c f6e3c5 ff5a1f",
            "070b12 12263a 1f5673 6fb1c7 eef4f2 ffb000",
            "101010 2f2f33 6b6c72 b9bbc0 f4f2ee e01e26",
            "0c1210 1d3029 4c6b4f b3b98a f1ecd6 f04e23",
        ),
        "shards stripes lone_figure skyline rings halftone colossus split battlefield target",
        "condensed oblique black wide tall",
        "plain shadow gradient slice",
        "grain vignette worn",
        0.75,
    ),
    "Adventure": Look(
        (
            "10202b 1f4e5f 3f8f8b f2b76c fbeed0 e4572e",
            "1d1a12 4a3b1f 94712f dcb460 f8ecc8 2a7f86",
            "0e1f1a 1f4a35 5d8a4a d6c66b f7f0d0 d9482b",
            "1b1430 44306b a3557f f29a6b fde3b8 ffd23f",
        ),
        "ridges sea medallion window lone_figure deco road ridges colossus",
        "slab serif condensed slab-wide",
        "plain shadow gradient",
        "grain paper worn aged",
        0.4,
    ),
    "Animation": Look(
        (
            "1b2a57 3454a4 34b3c9 ffd447 fff6dd ff5c7a",
            "29164a 6a35a5 e85fa0 ffb14a fff1d6 34d1bf",
            "0f3d3e 1d8a7a 7cc96b ffe066 fdf8e3 ff6b35",
            "3b1f2b c43c52 ff8a5b ffd08a fff7ea 2ec4d6",
        ),
        "blobs tiles cutout ridges colossus window swiss blobs",
        "round round-caps hand round",
        "jitter shadow plain plain",
        "grain paper",
        0.3,
    ),
    "Biography": Look(
        (
            "17191d 3b4149 7c8791 c5c9c6 f2eee3 b8432f",
            "1c1512 4c382c 96765a d5bd9b f6edda 2f6f73",
            "0f1a2a 27415f 6d8fae c3d1d9 f3f1ea d99a2b",
        ),
        "profile_window colossus swiss split medallion halftone lone_figure profile_window",
        "serif serif-spaced black lower serif-tall",
        "plain",
        "grain paper aged",
        0.4,
    ),
    "Comedy": Look(
        (
            "20242e 3a5a7a f26b4e ffc857 fff5df 1fa8a0",
            "2a1a3a 7d3c98 f25f8b ffd166 fff3e6 2fb5e0",
            "162521 2f7d5d f2a03d fadf63 fffbea ee4035",
            "2b1d17 b5452c f0803c f7d08a fff6e5 3c8dad",
        ),
        "cutout tiles swiss blobs split colossus halftone stripes odd_one overlap cutout",
        "round lower black slab condensed round-caps hand",
        "plain jitter shadow plain",
        "grain paper halftone",
        0.15,
    ),
    "Crime": Look(
        (
            "0b0d12 1f2733 46566b 9caab5 ece7da e4572e",
            "0f0a0a 35130f 8a1c14 d36a3b f3e2c6 f2c14e",
            "0a1414 143c3c 2f6f68 a5b99a f0ead2 e9b44c",
            "121212 2b2b2b 5f5f5f bdb7a8 f1ece0 c8102e",
        ),
        "skyline contour cutout blinds rain lone_figure split target corridor odd_one colossus",
        "condensed tall slab black serif-tall",
        "plain slice shadow",
        "grain worn vignette halftone",
        0.65,
    ),
    "Documentary": Look(
        (
            "111111 3a3a3a 8a8a8a cfcfcb f5f4ef e30613",
            "10213a 2a5285 7fa6c9 cfdbe2 f6f5f0 ffcc00",
            "16241c 3b6b4c 9dbb8f dce3cf f7f6ee f26419",
        ),
        "swiss swiss contour halftone overlap waves split",
        "black lower spaced lower",
        "plain",
        "grain paper",
        0.3,
    ),
    "Drama": Look(
        (
            "151a21 33475b 71899c c9cfc9 f4efe3 c4553b",
            "1f1714 54382c a5704e dcb98d f7ecd9 3d6f7a",
            "141d1a 35524a 7f9c84 cfd3b5 f5f1df d0893a",
            "1a1426 43375f 8b7aa0 d3c3c9 f5eeea d9604c",
            "0f1b2d 214a6b 5f94a8 dcc9a3 f7efdc e0a43a",
        ),
        "profile_window ridges lone_figure window waves corridor overlap split rain medallion contour odd_one "
        "cutout colossus sea",
        "serif serif-spaced thin spaced lower italic condensed serif-lower",
        "plain",
        "grain paper aged vignette",
        0.45,
    ),
    "Family": Look(
        (
            "1c2b4a 2f6690 81c3d7 f9d77e fff8e7 ef6f6c",
            "22331f 4f8a4b a7cf6c f9e07f fffbe8 e8743b",
            "3a1f3d 8a4f9e f09ab5 fcd59c fff5ec 2ba6a4",
        ),
        "ridges blobs window tiles medallion colossus road",
        "round round-caps hand slab",
        "plain shadow jitter",
        "grain paper",
        0.25,
    ),
    "Fantasy": Look(
        (
            "0d0f2b 2a2766 6b4fa0 d68fb8 fde9dc ffd166",
            "081c1d 12484a 2f8f7f a9d8a2 f2f7dd f4a259",
            "1a0b26 4c1a57 a2386d f07f6a fde2b9 59d2e6",
            "0b1830 1c3f6e 4f86b3 b9d6e0 f6f3e3 e6b84a",
        ),
        "window medallion deco ridges woods ridges colossus rings",
        "serif serif-spaced slab-tall italic",
        "gradient glow plain shadow",
        "grain vignette paper",
        0.65,
    ),
    "Film-Noir": Look(
        (
            "060606 1b1b1b 555555 b5b5b0 f3f1e8 d7263d",
            "05070a 16202b 4a5d6e aab6ba f1efe6 f2b705",
            "080706 241d16 64543d bdaa84 f5ecd5 d9531e",
        ),
        "blinds blinds corridor skyline rain lone_figure shadow_fall",
        "condensed slab tall italic serif-tall",
        "plain shadow slice",
        "grain scratches aged vignette",
        0.97,
    ),
    "History": Look(
        (
            "1b130d 4d3319 946a34 d6b277 f6ead0 8c1c13",
            "10182a 2b3f63 6d7fa0 c9c3ad f4edda b5872a",
            "161c12 3c4a29 80864f cbbf86 f3ecd2 a63a23",
        ),
        "deco medallion battlefield window ridges colossus split lone_figure",
        "serif serif-tall serif-spaced slab",
        "plain gradient shadow",
        "grain aged paper worn",
        0.45,
    ),
    "Horror": Look(
        (
            "070506 1d0d10 5a0f16 9f2a25 eadfce d90b1c",
            "040a08 0f2119 2f5540 86a27c e6ead2 c81d25",
            "08080d 1a1b2e 3e4366 8f94ad ecebe6 e23a2e",
            "0b0906 2b2110 6b5420 c1a24d efe6c8 b3121d",
        ),
        "woods corridor shadow_fall colossus rings contour cutout lone_figure woods moonrise",
        "hand serif-tall tall slab-tall serif",
        "rough rough plain glow",
        "grain scratches vignette worn",
        0.92,
    ),
    "Music": Look(
        (
            "120b24 3a1c71 a12b8c f2695c ffe8c9 ffc93c",
            "0b1b2b 134e6f 16a3a3 f2c14e fbf3dc f2542d",
            "161616 3d2b2b a4382b e8a33d f7ecd0 2a9d8f",
        ),
        "waves rings overlap marquee stripes bokeh halftone colossus",
        "black round lower tall wide",
        "plain shadow gradient jitter",
        "grain halftone worn",
        0.55,
    ),
    "Musical": Look(
        (
            "2a0a1f 7a1146 d92f6a ff9f6b fff0d9 ffd23f",
            "0b1640 24358f 5b6fe0 f7a1c4 fff3e8 ffcf33",
            "06302c 0f6e62 35b597 f6d365 fff7e0 f2545b",
        ),
        "marquee deco rays bokeh blobs stripes marquee overlap",
        "wide serif-tall round-caps slab-wide italic",
        "shadow gradient plain jitter",
        "grain paper halftone",
        0.55,
    ),
    "Mystery": Look(
        (
            "0a0f14 162b3a 35607a 93b1b8 ecece0 e6a92f",
            "120d18 322145 68477f b49cb8 efe8e6 d9483b",
            "0c130f 21382c 53745c a9b792 efedd9 c7522a",
        ),
        "corridor contour rings shadow_fall odd_one profile_window moonrise window lone_figure woods",
        "serif thin spaced serif-tall condensed",
        "plain slice glow",
        "grain vignette paper aged",
        0.7,
    ),
    "Romance": Look(
        (
            "3a1030 8a2a5a e0607e f9b29c fff0e4 ffd98a",
            "1a2147 4f4a8c b774a6 f6b3a6 fff0e6 f2545b",
            "2b1512 8c3b2e d9795d f4c095 fff4e6 4a8fa3",
            "0f2a3a 2f6d80 8dc0bd f8d3c0 fff6ee e0556a",
        ),
        "overlap two_figures bokeh window sea split deco overlap rain colossus",
        "italic serif-lower serif-spaced thin italic lower",
        "plain",
        "grain paper",
        0.3,
    ),
    "Sci-Fi": Look(
        (
            "05060f 101a3c 2b3f8c 6fa8dc e8f1f8 ff4f79",
            "040d10 0a2e36 12747f 6fd6c9 eafaf4 ff8a3d",
            "0b0616 2a1152 7a1fa2 ff5fa2 ffe9d6 2de2e6",
            "0c0c0e 26262d 5c5f6e b3b8c4 f3f3f1 f2a900",
            "140a05 4a1d0c b0431b f29c4a fdebc8 43b5c9",
        ),
        "space grid_sun rings lone_figure space contour corridor skyline shards waves",
        "thin wide spaced black lower",
        "plain glow gradient slice",
        "grain scanlines vignette",
        0.88,
    ),
    "Sport": Look(
        (
            "0c1524 1d3b6b 3f7cc4 f4c542 fbf7e9 e63946",
            "14110d 5a2a18 c2452d f2a65a fbf0d9 1f6f8b",
            "0d1f17 17573a 3da35d e9e07a fafbe8 f25c2a",
        ),
        "stripes stripes halftone colossus shards rays split target",
        "oblique wide black condensed",
        "shadow plain gradient",
        "grain worn halftone",
        0.4,
    ),
    "Thriller": Look(
        (
            "08090c 1b2129 46525f a1a9ab efede5 e4002b",
            "07110f 123029 2f6b5a 9db89f eff0df f4b41a",
            "0d0a12 2c1a33 6b3550 c27a6d f2e3d3 f0d13a",
            "100c08 3b220f 8c4a1b d99a4e f6e8cf 1f8a9b",
        ),
        "shards target corridor split rings contour shadow_fall cutout rain skyline odd_one colossus",
        "condensed tall black spaced wide",
        "slice plain shadow",
        "grain vignette scratches worn",
        0.75,
    ),
    "War": Look(
        (
            "12130d 33371f 6d7042 b7b07a efe8cc b3261e",
            "140f0b 40291a 8a5632 cf9a5c f3e4c4 a8201a",
            "0f1416 2b3a40 647a80 b5bdb5 efece0 d1602c",
        ),
        "battlefield battlefield lone_figure ridges split colossus shards moonrise",
        "slab condensed tall slab-tall",
        "stencil stencil plain rough",
        "grain worn scratches aged",
        0.6,
    ),
    "Western": Look(
        (
            "2a120a 7a2f15 c9672e eeb368 fbe9c6 2f7f86",
            "1c1410 5c3a20 a8743a e0b878 f8ebcf b3341f",
            "20131f 6b2b3c c85a44 f2a65e fde6bb 3d8b8b",
        ),
        "ridges ridges lone_figure moonrise cutout window road colossus",
        "slab slab-wide slab-tall serif-tall",
        "rough plain shadow",
        "grain worn paper aged",
        0.3,
    ),
}


def looks_for(genres: Sequence[str]) -> tuple[Look, Look]:
    """The looks of the first two genres known; one genre stands for both, none at all means drama."""
    known = [LOOKS[g] for g in genres if g in LOOKS] or [LOOKS["Drama"]]
    return known[0], known[min(1, len(known) - 1)]


def pick(first: str, second: str, chance: random.Random) -> str:
    """One name out of two space-separated lists, the first list twice as likely."""
    names = first.split() if chance.random() < 0.67 else second.split()
    return chance.choice(names)
