"""The small protocol's examples: headline prompts as token ids of the GGUF's own tokenizer (byte-level BPE)."""

import json

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

USERS = ("nullprogram:skeeto", "digitalgov:bbrantley", "ropensci:maelle-salmon")
ARTICLE_TOKENS = 160


def gguf_tokenizer(field):
    """(text -> ids, ids -> text) from the file's metadata; special tokens are never parsed out of text."""
    if field("tokenizer.ggml.pre") != "smollm":
        raise SystemExit(f"pre-tokenizer {field('tokenizer.ggml.pre')}, only smollm's is written here")
    vocabulary = {token: i for i, token in enumerate(field("tokenizer.ggml.tokens"))}
    merges = [tuple(merge.split(" ", 1)) for merge in field("tokenizer.ggml.merges")]
    tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = ByteLevelDecoder()
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids, tokenizer.decode


def headline_example(codec, end, text, title):
    """(ids, index of the first answer token); the prompt is one text, so that its ids do not depend on the cut's seams"""
    encode, decode = codec
    article = decode(encode(text)[:ARTICLE_TOKENS])
    prompt = encode(f"Generate a headline for the following article.\narticle: {article}\nheadline:")
    return torch.tensor(prompt + encode(" " + title) + [end]), len(prompt)


def load_users(path):
    users = json.load(open(path, encoding="utf-8"))["users"]
    return {user["user_id"]: user for user in users}
