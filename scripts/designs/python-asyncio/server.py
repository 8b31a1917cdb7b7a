"""A server for the message protocol with asyncio: one thread, an event loop, and a coroutine for each
client. Run it with

    python3 server.py 9090

Port 0 means any free port. The server says on standard error where it listens.
"""
import asyncio
import sys

try:
    import resource
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # as Go programs do: each client takes a descriptor
except ImportError:
    pass  # Windows has no such limit
except (ValueError, OSError):
    pass  # macOS may refuse a limit that it calls unlimited


async def serve(reader, writer):
    """Talks to one client until the client sends no more, and closes the connection."""
    in_message = False
    try:
        writer.write(b"*")
        while data := await reader.read(1024):
            answers = bytearray()
            for byte in data:
                if not in_message:
                    in_message = byte == ord("^")
                elif byte == ord("$"):
                    in_message = False
                else:
                    answers.append((byte + 1) % 256)
            writer.write(answers)
            await writer.drain()
    except ConnectionError:
        pass  # the client is gone
    finally:
        writer.close()


async def main():
    if len(sys.argv) != 2:
        sys.exit("usage: python3 server.py port")
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    print("listening on 127.0.0.1:%d" % server.sockets[0].getsockname()[1], file=sys.stderr, flush=True)
    await server.serve_forever()


asyncio.run(main())
