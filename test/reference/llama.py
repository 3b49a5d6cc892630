"""A llama in plain PyTorch over a GGUF's own tensors, with LoRA: the reference that the engine is measured against.

It works in the file's own layout (RoPE turns neighbouring pairs, so q and k stay permuted as they are), in one float type,
one sequence at a time without padding, and leaves the backward pass to autograd. It knows no tokenizer and no files
but GGUF.
"""

import math
from dataclasses import dataclass

import gguf
import numpy as np
import torch
import torch.nn.functional as F


@dataclass
class Base:
    weights: dict  # name -> [rows, row], or [n] for norms
    blocks: int
    heads: int
    kv_heads: int
    head: int  # length of one head
    rotated: int  # elements of a head that RoPE turns
    rope_base: float
    epsilon: float
    field: object  # metadata by key, None where missing


def read_gguf(path):
    """(metadata by key, {tensor name: float32 array, slowest dimension first})"""
    reader = gguf.GGUFReader(path)

    def field(key):
        found = reader.get_field(key)
        return None if found is None else found.contents()

    tensors = {t.name: gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32) for t in reader.tensors}
    return field, tensors


def write_adapter(path, tensors, alpha):
    """Writes {name: tensor [rows, row]} as a GGUF adapter for llama."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    for name, values in tensors.items():
        writer.add_tensor(name, np.ascontiguousarray(values.detach().float().numpy()))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def load_base(path, dtype=torch.float32):
    field, tensors = read_gguf(path)
    if field("general.architecture") != "llama":
        raise SystemExit(f"{path}: architecture {field('general.architecture')}, only llama is written here")
    heads = field("llama.attention.head_count")
    head = field("llama.attention.key_length") or field("llama.embedding_length") // heads
    return Base(
        weights={name: torch.from_numpy(np.array(values)).to(dtype) for name, values in tensors.items()},
        blocks=field("llama.block_count"),
        heads=heads,
        kv_heads=field("llama.attention.head_count_kv") or heads,
        head=head,
        rotated=field("llama.rope.dimension_count") or head,
        rope_base=field("llama.rope.freq_base") or 10000.0,
        epsilon=field("llama.attention.layer_norm_rms_epsilon"),
        field=field,
    )


def load_voice(path, dtype=torch.float32):
    """({weight: (A [r, row], B [rows, r])}, alpha, rank) of a GGUF LoRA."""
    field, tensors = read_gguf(path)
    pairs = {}
    for name in tensors:
        if name.endswith(".lora_a"):
            weight = name.removesuffix(".lora_a")
            pairs[weight] = tuple(torch.from_numpy(np.array(tensors[weight + end])).to(dtype) for end in (".lora_a", ".lora_b"))
    rank = next(iter(pairs.values()))[0].shape[0]
    return pairs, field("adapter.lora.alpha"), rank


def rms_norm(x, weight, epsilon):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weight


def rotate(base, x):
    """RoPE on x [tokens, heads, head], pairs (0, 1), (2, 3), ...; positions from 0."""
    pairs = base.rotated // 2
    frequencies = base.rope_base ** (-torch.arange(pairs, dtype=torch.float64) * 2 / base.rotated)
    if "rope_freqs.weight" in base.weights:
        frequencies = frequencies / base.weights["rope_freqs.weight"].double()
    angles = torch.arange(x.shape[0], dtype=torch.float64)[:, None] * frequencies[None, :]
    cos, sin = angles.cos().to(x.dtype)[:, None, :], angles.sin().to(x.dtype)[:, None, :]
    turned, rest = x[..., : base.rotated], x[..., base.rotated :]
    even, odd = turned[..., 0::2], turned[..., 1::2]
    both = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)
    return torch.cat((both, rest), dim=-1)


def hidden(base, ids, voice=None, scale=0.0, dropout=0.0):
    """Final normed states [tokens, width]. `voice` {weight: (A, B)} adds scale * B A x."""

    def linear(name, x):
        y = x @ base.weights[name].T
        if voice and name in voice:
            a, b = voice[name]
            y = y + scale * (F.dropout(x, dropout, training=dropout > 0) @ a.T @ b.T)
        return y

    n = len(ids)
    x = base.weights["token_embd.weight"][ids]
    for i in range(base.blocks):
        p = f"blk.{i}."
        h = rms_norm(x, base.weights[p + "attn_norm.weight"], base.epsilon)
        q = rotate(base, linear(p + "attn_q.weight", h).view(n, base.heads, base.head)).transpose(0, 1)
        k = rotate(base, linear(p + "attn_k.weight", h).view(n, base.kv_heads, base.head)).transpose(0, 1)
        v = linear(p + "attn_v.weight", h).view(n, base.kv_heads, base.head).transpose(0, 1)
        group = base.heads // base.kv_heads
        k, v = k.repeat_interleave(group, 0), v.repeat_interleave(group, 0)
        o = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True, scale=1 / math.sqrt(base.head))
        x = x + linear(p + "attn_output.weight", o[0].transpose(0, 1).reshape(n, -1))
        h = rms_norm(x, base.weights[p + "ffn_norm.weight"], base.epsilon)
        s = F.silu(linear(p + "ffn_gate.weight", h)) * linear(p + "ffn_up.weight", h)
        x = x + linear(p + "ffn_down.weight", s)
    return rms_norm(x, base.weights["output_norm.weight"], base.epsilon)


def answer_nll(base, ids, answer_from, voice=None, scale=0.0, dropout=0.0):
    """(sum of the NLL over ids[answer_from:], nats; how many they are)"""
    states = hidden(base, ids[:-1], voice, scale, dropout)[answer_from - 1 :]
    head = base.weights.get("output.weight", base.weights["token_embd.weight"])
    return F.cross_entropy(states @ head.T, ids[answer_from:], reduction="sum"), len(ids) - answer_from
