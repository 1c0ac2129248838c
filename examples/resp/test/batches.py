"""Sends batches of requests, each in one segment, and prints in how many segments the answers came: PORT ROUNDS."""
import socket
import struct
import sys

DATA_SEGMENTS_IN = 152  # tcpi_data_segs_in of struct tcp_info, linux/tcp.h
port, rounds = int(sys.argv[1]), int(sys.argv[2])
batch = b'*1\r\n$4\r\nPING\r\n' * 16
answers = b'+PONG\r\n' * 16
peer = socket.create_connection(('127.0.0.1', port))
for _ in range(rounds):
    peer.sendall(batch)
    received = b''
    while len(received) < len(answers):
        received += peer.recv(65536)
    assert received == answers, received
info = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
print(struct.unpack_from('I', info, DATA_SEGMENTS_IN)[0])
