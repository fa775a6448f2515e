"""A real engine behind the server: llama-cpp-python with a model of random weights.

It says noise, but its chat template, its limits, its stream and its grammar are real. It compiles for ten minutes, so
these tests run only when they are asked for:

    pip install 'llama-cpp-python[server]' gguf numpy
    python -m pytest -m engine -s

or, with an engine that was started elsewhere (a model, and the context of 4096 tokens that the tests count on):

    python -m tests.engine tiny.gguf
    python -m llama_cpp.server --model tiny.gguf --model_alias tiny --n_ctx 4096 --chat_format chatml-function-calling
    TRANSLATOR_TEST_ENGINE=http://127.0.0.1:8000/v1 python -m pytest -m engine -s
"""
