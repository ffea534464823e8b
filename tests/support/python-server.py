"""Python with PyTorch, transformers and peft already imported, which takes ten seconds: every request runs in a fork of its own, as `python -c` would run it.

argv: a Unix socket to listen at, and the process with whose end this one ends. A client sends its standard output and error, then JSON {source, args, cwd}.
"""
import json, os, signal, socket, sys, traceback

place, owner = sys.argv[1], int(sys.argv[2])


def answer(client, outputs):
    chunks = []
    while chunk := client.recv(1 << 16):
        chunks.append(chunk)
    request = json.loads(b"".join(chunks))
    for number, output in enumerate(outputs, 1):
        os.dup2(output, number)
    os.chdir(request["cwd"])
    sys.argv = ["-c", *request["args"]]
    status = 0
    try:
        exec(compile(request["source"], "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit as exit:
        status = exit.code if isinstance(exit.code, int) else 0 if exit.code is None else 1
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    client.sendall(bytes([status & 255]))


listener = socket.socket(socket.AF_UNIX)
listener.bind(f"{place}.new")
listener.listen(64)

import peft, torch, transformers  # noqa: E401
import transformers.models.auto.modeling_auto, transformers.models.bert.modeling_bert, transformers.models.llama.modeling_llama  # noqa: E401
from transformers import AutoTokenizer  # noqa: F401

# Whoever finds the socket is answered at once.
os.rename(f"{place}.new", place)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
listener.settimeout(1)
while True:
    try:
        client, _ = listener.accept()
    except TimeoutError:
        os.kill(owner, 0)  # an error where it is gone
        continue
    client.setblocking(True)
    _, outputs, _, _ = socket.recv_fds(client, 1, 2)
    if os.fork() == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        answer(client, outputs)
        os._exit(0)
    client.close()
    for output in outputs:
        os.close(output)
