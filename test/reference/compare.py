"""The engine's gradients and loss curve against PyTorch's.

python compare.py FOLDER

FOLDER is gradients.py's, with the engine's gradients.gguf and curve.json beside the reference's.
"""

import json
import pathlib
import sys

import numpy as np
from llama import read_gguf

folder = pathlib.Path(sys.argv[1])
_, ours = read_gguf(folder / "gradients.gguf")
_, theirs = read_gguf(folder / "reference-gradients.gguf")
if ours.keys() != theirs.keys():
    raise SystemExit(f"the engine has {len(ours)} gradients, PyTorch {len(theirs)}: {sorted(ours.keys() ^ theirs.keys())[:4]}")

rows = []
for name, reference in theirs.items():
    a, b = ours[name].astype(np.float64).ravel(), reference.astype(np.float64).ravel()
    length = np.linalg.norm(b)
    rows.append((name, a @ b / max(np.linalg.norm(a) * length, 1e-300), np.linalg.norm(a - b) / max(length, 1e-300)))
for name, cosine, error in sorted(rows, key=lambda row: -row[2])[:10]:
    print(f"{name:44} cosine {cosine:.8f}  relative error {error:.2e}")
print(f"{len(rows)} gradients: lowest cosine {min(r[1] for r in rows):.8f}, largest relative error {max(r[2] for r in rows):.2e}")

curve, reference = (json.loads((folder / name).read_text()) for name in ("curve.json", "reference.json"))
for key in ("loss", "gradNorm"):
    pairs = list(zip(curve[key], reference[key]))
    worst = max(range(len(pairs)), key=lambda i: abs(pairs[i][0] - pairs[i][1]))
    print(f"{key}: {len(pairs)} steps, from {pairs[0]} to {pairs[-1]} (engine, PyTorch)")
    print(f"  largest difference {abs(pairs[worst][0] - pairs[worst][1]):.2e} at step {worst + 1}")
