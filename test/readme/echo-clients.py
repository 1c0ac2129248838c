"""Clients of the echo server in the README, on Python's sockets, which share nothing with cotcp.

Arguments: what to do, the port, a number. Prints one line of JSON for each fact. A byte that is wrong, or missing, ends
it with an exception.
"""
import hashlib
import json
import os
import resource
import select
import socket
import sys

host = "127.0.0.1"
chunk_bytes = 1 << 20
# So many seconds without room for one byte: the other side takes nothing any more.
stalled_after = 2


def tell(**fact):
    print(json.dumps(fact), flush=True)


def random_source():
    """Endless random bytes, in a cycle whose length is no multiple of anything that a buffer might have."""
    block = os.urandom(chunk_bytes + 7)
    position = 0
    while True:
        count = yield memoryview(block)[position : position + chunk_bytes // 8]
        position = (position + count) % len(block)


class Sender:
    """Sends a total of random bytes as the kernel takes them, and hashes those that it took."""

    def __init__(self, peer, total):
        self.peer = peer
        self.left = total
        self.sent = 0
        self.digest = hashlib.sha256()
        self.source = random_source()
        self.view = next(self.source)

    def send(self):
        try:
            count = self.peer.send(self.view[: self.left])
        except BlockingIOError:
            return
        self.digest.update(self.view[:count])
        self.sent += count
        self.left -= count
        self.view = self.source.send(count)


def read_to_end(peer, digest, count):
    peer.setblocking(True)
    while chunk := peer.recv(chunk_bytes):
        digest.update(chunk)
        count += len(chunk)
    return count


def volume(port, total):
    """All bytes there and back through one connection."""
    peer = socket.create_connection((host, port))
    peer.setblocking(False)
    sender = Sender(peer, total)
    received = hashlib.sha256()
    count = 0
    while sender.left > 0:
        readable, writable, _ = select.select([peer], [peer], [])
        if writable:
            sender.send()
        if readable:
            chunk = peer.recv(chunk_bytes)
            assert chunk, "the server has ended the stream too early"
            received.update(chunk)
            count += len(chunk)
    peer.shutdown(socket.SHUT_WR)
    count = read_to_end(peer, received, count)
    tell(sent=sender.sent, received=count, equal=received.digest() == sender.digest.digest())


def many(port, connections):
    """All connections open at once; 64 bytes there and back on each, no two alike; then the end on each."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    peers = [socket.create_connection((host, port)) for _ in range(connections)]
    messages = [hashlib.sha512(str(index).encode()).digest() for index in range(connections)]
    poll = select.epoll()
    answers = {}
    for index, peer in enumerate(peers):
        answers[peer.fileno()] = (index, bytearray())
        poll.register(peer, select.EPOLLIN)
        peer.sendall(messages[index])
    left = connections
    while left > 0:
        for descriptor, _ in poll.poll():
            index, answer = answers[descriptor]
            chunk = peers[index].recv(64)
            assert chunk, f"connection {index} has ended after {len(answer)} bytes"
            answer += chunk
            left -= len(answer) == 64
    equal = sum(bytes(answer) == messages[index] for index, answer in answers.values())
    tell(open=connections, equal=equal)
    sys.stdin.readline()
    for peer in peers:
        peer.shutdown(socket.SHUT_WR)
    ends = sum(peer.recv(1) == b"" for peer in peers)
    tell(ends=ends)


def stall(port, total):
    """Sends and reads nothing, until nothing more can be sent. When it is told to, it reads all that is due."""
    peer = socket.create_connection((host, port))
    peer.setblocking(False)
    sender = Sender(peer, total)
    while sender.left > 0 and select.select([], [peer], [], stalled_after)[1]:
        sender.send()
    tell(sent=sender.sent)
    sys.stdin.readline()
    peer.shutdown(socket.SHUT_WR)
    received = hashlib.sha256()
    count = read_to_end(peer, received, 0)
    tell(received=count, equal=received.digest() == sender.digest.digest())


{"volume": volume, "many": many, "stall": stall}[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
