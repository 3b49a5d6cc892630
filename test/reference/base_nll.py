"""NLL per answer token (nats, the end token counted) of the base on the small protocol's first queries.

python base_nll.py BASE.gguf headline.json [queries] [user ...]
"""

import sys

import torch
from llama import answer_nll, load_base
from protocol import USERS, gguf_tokenizer, headline_example, load_users

base = load_base(sys.argv[1])
codec, end = gguf_tokenizer(base.field), base.field("tokenizer.ggml.eos_token_id")
users = load_users(sys.argv[2])
count = int(sys.argv[3]) if len(sys.argv) > 3 else 30
with torch.no_grad():
    for name in sys.argv[4:] or USERS:
        examples = [headline_example(codec, end, q["input"], q["gold"]) for q in users[name]["queries"][:count]]
        scores = [answer_nll(base, *example) for example in examples]
        tokens = sum(n for _, n in scores)
        print(f"{name}: {sum(float(s) for s, _ in scores) / tokens:.4f} over {tokens} tokens of {len(scores)} queries", flush=True)
