"""Raw TCP clients, to be asked how their connections ended.

node:net of Node 20 does not do for that: it takes a short read and a hang-up for a clean end.
Arguments: host, port, number of connections, SO_RCVBUF (0: the kernel's own). Prints "connected". Then commands on stdin, one per line:
"send TEXT" on each connection; "read": everything to the end, then prints a JSON array of {bytes, end, head}.
"""
import errno
import json
import selectors
import socket
import sys

host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
head_bytes = 1000
receive_bytes = int(sys.argv[4])


def connected():
    peer = socket.socket()
    if receive_bytes > 0:
        # Before connecting: the window that is announced depends on it.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    peer.connect((host, port))
    return peer


peers = [connected() for _ in range(count)]
print("connected", flush=True)


def read_all():
    results = [{"bytes": 0, "end": None, "head": ""} for _ in peers]
    selector = selectors.DefaultSelector()
    for index, peer in enumerate(peers):
        peer.setblocking(False)
        selector.register(peer, selectors.EVENT_READ, index)
    left = len(peers)
    while left > 0:
        for key, _ in selector.select():
            result = results[key.data]
            try:
                chunk = key.fileobj.recv(1 << 20)
            except BlockingIOError:
                continue
            except OSError as error:
                chunk = b""
                result["end"] = errno.errorcode[error.errno]
            if chunk:
                result["bytes"] += len(chunk)
                if len(result["head"]) < head_bytes:
                    result["head"] += chunk[:head_bytes].decode("latin1")
                continue
            result["end"] = result["end"] or "end"
            selector.unregister(key.fileobj)
            key.fileobj.close()
            left -= 1
    print(json.dumps(results), flush=True)


for line in sys.stdin:
    command, _, text = line.rstrip("\n").partition(" ")
    if command == "send":
        for peer in peers:
            peer.sendall(text.encode())
        print("sent", flush=True)
    elif command == "read":
        read_all()
