"""A client that knows nothing of the library: tells how many bytes came, their SHA-256 and how the stream ended.

Node 20 cannot be the judge of that: its sockets may report a reset as a clean end.
With "pause" it waits for a line on stdin after the first byte, in a small window.
"""
import hashlib
import json
import socket
import sys

host, port, *options = sys.argv[1:]
connection = socket.socket(socket.AF_INET)
if "pause" in options:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
connection.connect((host, int(port)))
digest = hashlib.sha256()
length = 0
try:
    if "pause" in options:
        first = connection.recv(1)
        digest.update(first)
        length += len(first)
        print("paused", flush=True)
        sys.stdin.readline()
    while True:
        piece = connection.recv(1 << 18)
        if not piece:
            ending = "end"
            break
        digest.update(piece)
        length += len(piece)
except ConnectionResetError:
    ending = "reset"
print(json.dumps({"ending": ending, "length": length, "digest": digest.hexdigest()}))
