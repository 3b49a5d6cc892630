"""One training with Transformers + PEFT, as people run it: what the engine is compared with.

python peft_train.py BASE.gguf JOB.json

JOB holds `examples`, `held_out` (each {"tokens": [...], "answer_from": n}), and lr, epochs, batch, rank, alpha, targets,
dropout, warmup, weight_decay, clip, seed, threads, optionally `steps` (stop after so many; then nothing is scored) and
`save` (a folder for the adapter) and `type` (bf16 or f32). The base is the GGUF dequantized to that type; batches are padded to their longest.

Prints one JSON line: seconds of training alone (Python's start, loading and scoring are not in it), tokens a second
(padding not counted), peak resident bytes while training and of the whole process, held-out NLL per answer token in nats
before and after.
"""

import gc
import json
import math
import os
import resource
import sys
import time


TYPES = {"bf16": lambda torch: torch.bfloat16, "f32": lambda torch: torch.float32}


def high_water():
    """Most resident bytes of this process since its start, or since `forget_high_water`."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def forget_high_water():
    """Loading must not count as training: on Linux the mark begins anew; elsewhere it stays."""
    try:
        with open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")
    except OSError:
        pass


def collate(torch, batch, pad):
    longest = max(len(e["tokens"]) for e in batch)
    ids = torch.full((len(batch), longest), pad)
    labels = torch.full((len(batch), longest), -100)
    mask = torch.zeros((len(batch), longest), dtype=torch.long)
    for row, example in enumerate(batch):
        tokens = torch.tensor(example["tokens"])
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
        labels[row, example["answer_from"] : len(tokens)] = tokens[example["answer_from"] :]
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def score(torch, model, examples):
    model.eval()
    nll, count = 0.0, 0
    with torch.no_grad():
        for example in examples:
            batch = collate(torch, [example], 0)
            answers = int((batch["labels"] != -100).sum())
            nll += float(model(**batch).loss) * answers
            count += answers
    return nll / count


def main():
    base, job = sys.argv[1], json.load(open(sys.argv[2]))
    os.environ["OMP_NUM_THREADS"] = str(job["threads"])
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, get_linear_schedule_with_warmup

    torch.set_num_threads(job["threads"])
    torch.manual_seed(job["seed"])
    folder, name = os.path.split(os.path.abspath(base))
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=TYPES[job["type"]](torch))
    names = {"q": "q_proj", "k": "k_proj", "v": "v_proj", "o": "o_proj", "gate": "gate_proj", "up": "up_proj", "down": "down_proj"}
    config = LoraConfig(
        r=job["rank"],
        lora_alpha=job["alpha"],
        lora_dropout=job["dropout"],
        target_modules=[names[t] for t in job["targets"]],
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(model, config)
    before = score(torch, model, job["held_out"]) if job["held_out"] else None

    gc.collect()
    loading_peak = high_water()
    forget_high_water()
    examples, batch_size = job["examples"], job["batch"]
    steps = math.ceil(len(examples) / batch_size) * job["epochs"]
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=job["lr"], weight_decay=job["weight_decay"])
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(steps * job["warmup"]), steps)
    model.train()
    tokens, step, step_seconds = 0, 0, []
    started = time.monotonic()
    for _ in range(job["epochs"]):
        order = torch.randperm(len(examples)).tolist()
        for at in range(0, len(order), batch_size):
            if step == job.get("steps", -1):
                break
            began = time.monotonic()
            batch = [examples[i] for i in order[at : at + batch_size]]
            loss = model(**collate(torch, batch, 0)).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, job["clip"])
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            tokens += sum(len(e["tokens"]) for e in batch)
            step += 1
            step_seconds.append(time.monotonic() - began)
            print(f"step {step} of {steps}: {float(loss.detach()):.4f}", file=sys.stderr, flush=True)
    seconds = time.monotonic() - started
    training_peak = high_water()
    if "save" in job:
        model.save_pretrained(job["save"])
    after = score(torch, model, job["held_out"]) if job["held_out"] and "steps" not in job else None
    print(json.dumps({
        "seconds": seconds, "tokens": tokens, "tokensPerSecond": tokens / seconds, "stepSeconds": step_seconds,
        "peakBytes": training_peak, "processPeakBytes": max(loading_peak, high_water()), "before": before, "after": after,
    }))


main()
