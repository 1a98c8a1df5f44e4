"""Money of different years: US consumer prices, and amounts in words.

Revenue and budgets are compared in dollars of one year; what is shown is dollars of the film's own
year. The table is the annual average of CPI-U (US Bureau of Labor Statistics, public domain),
1982–84 = 100; years outside it take its nearest end.
"""

from __future__ import annotations

import math

_FIRST, BASE_YEAR = 1913, 2013
_CPI = """
9.9 10.0 10.1 10.9 12.8 15.1 17.3 20.0 17.9 16.8 17.1 17.1 17.5 17.7 17.4 17.1 17.1 16.7 15.2 13.7 13.0 13.4 13.7 13.9 14.4 14.1
13.9 14.0 14.7 16.3 17.3 17.6 18.0 19.5 22.3 24.1 23.8 24.1 26.0 26.5 26.7 26.9 26.8 27.2 28.1 28.9 29.1 29.6 29.9 30.2 30.6 31.0
31.5 32.4 33.4 34.8 36.7 38.8 40.5 41.8 44.4 49.3 53.8 56.9 60.6 65.2 72.6 82.4 90.9 96.5 99.6 103.9 107.6 109.6 113.6 118.3
124.0 130.7 136.2 140.3 144.5 148.2 152.4 156.9 160.5 163.0 166.6 172.2 177.1 179.9 184.0 188.9 195.3 201.6 207.3 215.3 214.5
218.1 224.9 229.6 233.0 236.7 237.0 240.0 245.1 251.1 255.7 258.8 271.0 292.7 304.7 313.7
"""
CPI = dict(enumerate(map(float, _CPI.split()), _FIRST))


def inflation(year: int) -> float:
    """Natural log of what one dollar of `year` is worth in dollars of 2013."""
    held = min(max(year, _FIRST), max(CPI))
    return math.log(CPI[BASE_YEAR] / CPI[held])


def real(dollars: float, year: int) -> float:
    """Natural log of an amount of `year`, in dollars of 2013."""
    return math.log(dollars) + inflation(year)


def nominal(log_real: float, year: int) -> float:
    """The amount in dollars of `year`."""
    return math.exp(log_real - inflation(year))


def dollars(amount: float) -> str:
    """ "$187M", "$2.1B", "$35,000": two or three digits that matter."""
    for size, unit in ((1e9, "B"), (1e6, "M")):
        if amount >= size * 0.9995:
            value = amount / size
            return f"${value:.0f}{unit}" if value >= 9.95 else f"${value:.1f}{unit}".replace(f".0{unit}", unit)
    return f"${amount:,.0f}"
