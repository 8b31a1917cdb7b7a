"""A server for the message protocol with a ThreadPoolExecutor, as in part 2 of Bendersky's Concurrent
Servers. Run it with

    python3 server.py -n 2 9090

for two threads. Port 0 means any free port. The server says on standard error where it listens.
"""
import argparse
import socket
import sys
from concurrent.futures import ThreadPoolExecutor


def serve(client):
    """Talks to one client until the client sends no more, and closes the connection."""
    in_message = False
    with client:
        try:
            client.sendall(b"*")
            while data := client.recv(1024):
                answers = bytearray()
                for byte in data:
                    if not in_message:
                        in_message = byte == ord("^")
                    elif byte == ord("$"):
                        in_message = False
                    else:
                        answers.append((byte + 1) % 256)
                client.sendall(answers)
        except ConnectionError:
            pass  # the client is gone


parser = argparse.ArgumentParser(description="Serves the message protocol with a pool of threads.")
parser.add_argument("-n", type=int, default=2, help="the number of threads")
parser.add_argument("port", type=int)
args = parser.parse_args()
listener = socket.create_server(("127.0.0.1", args.port), backlog=1024)
print("listening on 127.0.0.1:%d" % listener.getsockname()[1], file=sys.stderr, flush=True)
with ThreadPoolExecutor(args.n) as pool:
    while True:
        client, _ = listener.accept()
        pool.submit(serve, client)
