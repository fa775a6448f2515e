"""A language model of half a megabyte with random weights, for engines that read GGUF."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

_WIDTH, _LAYERS, _HEADS, _INNER = 64, 2, 4, 128
_CONTEXT = 8192
_TEMPLATE = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}\n{% endfor %}<|assistant|>"


def write_model(path: Path) -> None:
    """Write it; needs gguf and numpy. Each printable character is a token, and so is each byte."""
    gguf, numpy = import_module("gguf"), import_module("numpy")  # neither is among the tests' dependencies
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    size = _add_tokens(writer, gguf.TokenType)
    random = numpy.random.default_rng(7)

    def add(name: str, *shape: int) -> None:
        writer.add_tensor(f"{name}.weight", (random.standard_normal(shape) * 0.3).astype(numpy.float32))

    def add_ones(name: str) -> None:
        writer.add_tensor(f"{name}.weight", numpy.ones(_WIDTH, numpy.float32))

    add("token_embd", size, _WIDTH)
    add("output", size, _WIDTH)
    add_ones("output_norm")
    for layer in range(_LAYERS):
        for name in ("attn_norm", "ffn_norm"):
            add_ones(f"blk.{layer}.{name}")
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{name}", _WIDTH, _WIDTH)
        for name in ("ffn_gate", "ffn_up"):
            add(f"blk.{layer}.{name}", _INNER, _WIDTH)
        add(f"blk.{layer}.ffn_down", _WIDTH, _INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokens(writer: Any, kinds: Any) -> int:
    control = [(b"<unk>", kinds.UNKNOWN), (b"<s>", kinds.CONTROL), (b"</s>", kinds.CONTROL)]
    every_byte = [(b"<0x%02X>" % value, kinds.BYTE) for value in range(256)]
    printable = [(chr(code).replace(" ", "\u2581").encode(), kinds.NORMAL) for code in range(32, 127)]
    tokens = [*control, *every_byte, *printable]
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([token for token, _ in tokens])
    writer.add_token_types([kind for _, kind in tokens])
    # characters before bytes, so that text is made of them wherever it can be
    writer.add_token_scores([0.0] * 3 + [-1000.0] * 256 + [-float(place) for place in range(len(printable))])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(_TEMPLATE)
    return len(tokens)
