"""A client that knows nothing of the library: tells how many bytes came, their SHA-256 and how the stream ended.

Node 20 cannot be the judge of that: its sockets may report a reset as a clean end.
With a number it stops after so many bytes, in a small window, until a line comes on stdin.
"""
import hashlib
import json
import socket
import sys

host, port, *options = sys.argv[1:]
pause_at = int(options[0]) if options else 0
connection = socket.socket(socket.AF_INET)
if pause_at > 0:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
connection.connect((host, int(port)))
digest = hashlib.sha256()
length = 0
try:
    while length < pause_at:
        piece = connection.recv(min(pause_at - length, 1 << 18))
        if not piece:
            break
        digest.update(piece)
        length += len(piece)
    if pause_at > 0:
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
