"""Makes test/fixtures/bootstrap.json: python bootstrap.py ../fixtures/bootstrap.json. Needs numpy and scipy; written 2026-11-23.

The same two bootstraps as bootstrapUsers, by numpy's own generator and percentiles, over a small study with users of
uneven size; the observations stand in the file beside the bounds.
"""
import json
import sys

import numpy as np
from scipy.stats import norm, t

draw = np.random.default_rng(20261123)
RESAMPLES = 400_000

users = []
for u in range(8):
    gain = draw.normal(0.3, 0.4)
    queries = []
    for _ in range(int(draw.integers(2, 7))):
        tokens = int(draw.integers(3, 20))
        queries.append((round(float(tokens * (gain + draw.normal(0, 0.6))), 4), tokens))
    users.append(np.array(queries))


def tail(n):
    return norm.cdf(-t.ppf(0.975, n - 1) * np.sqrt(n / (n - 1)))


def bounds(means, n):
    low, high = np.quantile(means, [tail(n), 1 - tail(n)])
    return {"low": round(float(low), 5), "high": round(float(high), 5)}


pool = np.concatenate(users)
flat = np.zeros((RESAMPLES, 2))
for _ in range(len(pool)):
    flat += pool[draw.integers(0, len(pool), RESAMPLES)]

nested = np.zeros((RESAMPLES, 2))
for _ in users:
    drawn = draw.integers(0, len(users), RESAMPLES)
    for u, queries in enumerate(users):
        at = np.flatnonzero(drawn == u)
        for _ in range(len(queries)):
            nested[at] += queries[draw.integers(0, len(queries), len(at))]

with open(sys.argv[1], "w") as out:
    json.dump(
        {
            "users": [[[float(s), int(n)] for s, n in queries] for queries in users],
            "mean": float(pool[:, 0].sum() / pool[:, 1].sum()),
            "overQueries": bounds(flat[:, 0] / flat[:, 1], len(pool)),
            "overUsers": bounds(nested[:, 0] / nested[:, 1], len(users)),
        },
        out,
    )
    out.write("\n")
