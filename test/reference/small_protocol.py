"""The small protocol in PyTorch: base and own voice, NLL per answer token (nats, the end token counted).

python small_protocol.py BASE.gguf headline.json USER [voice.gguf] [--queries N] [--seed N]

The whole history trains: rank 8, alpha 8 on q and v, dropout .05, AdamW, lr 2e-3 with linear warm-up over a tenth of
the steps and linear decay, weight decay .01, clip .3, batch 16, 2 epochs. Each batch's loss is the mean over its answer tokens.
"""

import argparse
import math
import time

import torch
from llama import answer_nll, load_base, write_adapter
from protocol import gguf_tokenizer, headline_example, load_users

RANK, ALPHA, DROPOUT, LR, WARMUP, DECAY, CLIP, BATCH, EPOCHS = 8, 8, 0.05, 2e-3, 0.1, 0.01, 0.3, 16, 2


def new_voice(base):
    """A as in PEFT (uniform, bound 1 / sqrt(row)), B zero."""
    voice = {}
    for name, weight in base.weights.items():
        if name.endswith((".attn_q.weight", ".attn_v.weight")):
            rows, row = weight.shape
            a = torch.empty(RANK, row).uniform_(-1 / math.sqrt(row), 1 / math.sqrt(row))
            voice[name] = (a.requires_grad_(), torch.zeros(rows, RANK).requires_grad_())
    return voice


def score(base, examples, voice=None):
    with torch.no_grad():
        scores = [answer_nll(base, *example, voice, ALPHA / RANK) for example in examples]
    return sum(float(nll) for nll, _ in scores) / sum(n for _, n in scores)


def train(base, examples, seed):
    torch.manual_seed(seed)
    voice = new_voice(base)
    parameters = [p for pair in voice.values() for p in pair]
    optimizer = torch.optim.AdamW(parameters, lr=LR, weight_decay=DECAY)
    per_epoch = math.ceil(len(examples) / BATCH)
    steps = per_epoch * EPOCHS
    rising = math.ceil(steps * WARMUP)
    # The first step already moves: with a handful of steps, one at lr 0 would be missed.
    rise = lambda s: (s + 1) / rising if s < rising else (steps - s) / (steps - rising + 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rise)
    for step in range(steps):
        if step % per_epoch == 0:
            order = torch.randperm(len(examples)).tolist()
        at = step % per_epoch * BATCH
        batch = [examples[i] for i in order[at : at + BATCH]]
        answers = sum(len(ids) - answer_from for ids, answer_from in batch)
        loss = 0.0
        for example in batch:
            nll, _ = answer_nll(base, *example, voice, ALPHA / RANK, DROPOUT)
            (nll / answers).backward()
            loss += float(nll.detach()) / answers
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        print(f"step {step + 1} of {steps}: {loss:.4f}", flush=True)
    return voice


def main():
    options = argparse.ArgumentParser()
    options.add_argument("base")
    options.add_argument("data")
    options.add_argument("user")
    options.add_argument("voice", nargs="?")
    options.add_argument("--queries", type=int, default=30)
    options.add_argument("--seed", type=int, default=0)
    options = options.parse_args()
    base = load_base(options.base)
    codec, end = gguf_tokenizer(base.field), base.field("tokenizer.ggml.eos_token_id")
    user = load_users(options.data)[options.user]
    queries = [headline_example(codec, end, q["input"], q["gold"]) for q in user["queries"][: options.queries]]
    history = [headline_example(codec, end, p["text"], p["title"]) for p in user["profile"]]
    started = time.monotonic()
    voice = train(base, history, options.seed)
    seconds = time.monotonic() - started
    if options.voice:
        halves = {f"{w}.{part}": p for w, pair in voice.items() for part, p in zip(("lora_a", "lora_b"), pair)}
        write_adapter(options.voice, halves, ALPHA)
    tokens = EPOCHS * sum(len(ids) for ids, _ in history)
    print(f"{options.user}: base {score(base, queries):.4f}, own voice {score(base, queries, voice):.4f}; "
          f"{tokens} tokens in {seconds:.0f} s")


if __name__ == "__main__":
    main()
