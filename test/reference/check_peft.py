"""A voice exported for PEFT, run by Transformers and PEFT, against the same voice as GGUF, run by llama.py.

python check_peft.py BASE.gguf VOICE.gguf FOLDER
"""

import pathlib
import sys

import torch
from llama import hidden, load_base, load_voice
from peft import PeftModel
from transformers import AutoModelForCausalLM

file = pathlib.Path(sys.argv[1])
base, (voice, alpha, rank) = load_base(file), load_voice(sys.argv[2])
model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
ids = torch.arange(20, 60)
head = base.weights.get("output.weight", base.weights["token_embd.weight"])
with torch.no_grad():
    plain = model(ids[None]).logits[0]
    voiced = PeftModel.from_pretrained(model, sys.argv[3])(ids[None]).logits[0]
    ours = [hidden(base, ids, v, alpha / rank) @ head.T for v in (None, voice)]
print(f"base: largest difference of logits {float((plain - ours[0]).abs().max()):.2e}")
print(f"voice: largest difference of logits {float((voiced - ours[1]).abs().max()):.2e}, "
      f"the voice itself moves them by up to {float((ours[1] - ours[0]).abs().max()):.2e}")
