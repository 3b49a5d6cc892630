"""Loss, LoRA gradients and a loss curve in PyTorch, on the batches that the engine was given.

python gradients.py BASE.gguf FOLDER [--double]

FOLDER holds what the engine's dump wrote:
  examples.bin   token ids (main/trainer/examples-file.ts), training examples first
  init.gguf      the voice before the first step (B not zero, or A's gradients are)
  curve.json     {"batches": [[example, ...], ...] one list a step, "lr": [...], "weightDecay", "clip",
                 and of the engine "loss": [...] before each update, "gradNorm": [...] before clipping}
Written beside them: reference.json {"loss", "gradNorm"} and reference-gradients.gguf, the gradients of the first
batch's mean loss per answer token, unclipped, named `<weight>.lora_a.grad` and `<weight>.lora_b.grad`.
"""

import json
import pathlib
import struct
import sys
import zlib

import torch
from llama import answer_nll, load_base, load_voice, write_adapter


def read_examples(path):
    """[(ids, index of the first answer token)], training first"""
    data = pathlib.Path(path).read_bytes()
    magic, version, train, validation, tokens, checksum = struct.unpack_from("<4s5I", data)
    if magic != b"IDEX" or version != 1 or zlib.crc32(data[24:]) != checksum:
        raise SystemExit(f"{path}: magic {magic}, version {version}, or a wrong checksum")
    count = train + validation
    heads = struct.unpack_from(f"<{count * 2}I", data, 24)
    ids = torch.tensor(struct.unpack_from(f"<{tokens}i", data, 24 + count * 8))
    examples, at = [], 0
    for length, answer_from in zip(heads[0::2], heads[1::2]):
        examples.append((ids[at : at + length], answer_from))
        at += length
    return examples


def main():
    dtype = torch.float64 if "--double" in sys.argv else torch.float32
    base, folder = load_base(sys.argv[1], dtype), pathlib.Path(sys.argv[2])
    examples, curve = read_examples(folder / "examples.bin"), json.loads((folder / "curve.json").read_text())
    voice, alpha, rank = load_voice(folder / "init.gguf", dtype)
    parameters = {f"{w}.{part}": p for w, pair in voice.items() for part, p in zip(("lora_a", "lora_b"), pair)}
    for p in parameters.values():
        p.requires_grad_()
    optimizer = torch.optim.AdamW(parameters.values(), betas=(0.9, 0.999), eps=1e-8, weight_decay=curve["weightDecay"])
    losses, norms = [], []
    for step, (batch, lr) in enumerate(zip(curve["batches"], curve["lr"])):
        answers = sum(len(examples[i][0]) - examples[i][1] for i in batch)
        loss = 0.0
        for i in batch:
            nll, _ = answer_nll(base, *examples[i], voice, alpha / rank)
            (nll / answers).backward()
            loss += float(nll.detach()) / answers
        if step == 0:
            gradients = {f"{name}.grad": p.grad.clone() for name, p in parameters.items()}
            write_adapter(folder / "reference-gradients.gguf", gradients, alpha)
        norms.append(float(torch.nn.utils.clip_grad_norm_(parameters.values(), curve["clip"])))
        losses.append(loss)
        optimizer.param_groups[0]["lr"] = lr
        optimizer.step()
        optimizer.zero_grad()
        print(f"step {step + 1}: loss {loss:.5f}, gradient norm {norms[-1]:.5f}, lr {lr:.3g}", flush=True)
    (folder / "reference.json").write_text(json.dumps({"loss": losses, "gradNorm": norms}))


if __name__ == "__main__":
    main()
