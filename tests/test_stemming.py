"""Stems are the same however many threads ask."""

import sys
from concurrent.futures import ThreadPoolExecutor

from movies.stemming import stemmer

WORDS = [f"{start}{middle}{end}" for start in ("wonder", "hunt", "hop", "believ", "crystall", "relat", "ponie") for middle in
         ("", "ful", "iv", "ation", "iz") for end in ("s", "ing", "ed", "ly", "ness", "ational", "er")]  # fmt: skip


def test_threads_do_not_mix_up_their_words() -> None:
    expected = {word: stemmer("porter")(word) for word in WORDS}
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(5):
            stem = stemmer("porter", most=0)  # nothing kept: every word is worked on
            with ThreadPoolExecutor(8) as pool:
                found = list(pool.map(lambda words, stem=stem: [(word, stem(word)) for word in words], [WORDS] * 8))
            assert all(dict(stems) == expected for stems in found)
    finally:
        sys.setswitchinterval(before)
