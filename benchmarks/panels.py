"""Transmission devices on TCP links, many in one process: ``python -m benchmarks.panels PORT LINKS FRAMES WINDOW``.

Every device sends its next frame when one of its last ``WINDOW`` is confirmed. Each frame changes the condition of one
point, so it is one event: nothing can be left out. With ``FRAMES`` 0 the links are opened and held until a line comes
in.
"""

from __future__ import annotations

import json
import resource
import select
import socket
import struct
import sys
import time

#: Bits of a component's status, in the mix that is sent: mostly states, some faults, now and then a fire.
_BITS = (5, 6, 5, 6, 3, 5, 6, 4, 2, 6, 5, 6, 5, 6, 3, 5, 6, 4, 2, 1)
#: Points of a device: a frame sets a bit of one, the frame POINTS later clears it.
POINTS = 4


def frame(device: int, number: int, moment: float) -> bytes:
    """Frame ``number`` of a device, type 2: a point's bit is set by one frame and cleared by the next round."""
    turn, point = divmod(number, POINTS)
    word = 1 | (1 << _BITS[(turn // 2 * POINTS + point) % len(_BITS)]) * (turn % 2 == 0)
    local = time.gmtime(moment + 8 * 3600)
    tag = bytes((local.tm_sec, local.tm_min, local.tm_hour, local.tm_mday, local.tm_mon, local.tm_year - 2000))
    unit = (bytes([2, 1, 1, 1, 42]) + struct.pack("<HHH", 1, point + 1, word)
            + "三层东侧走廊烟感".encode("gb18030").ljust(31, b"\0") + tag)
    body = (struct.pack("<H", number & 0xFFFF) + b"\x01\x01" + tag + (device + 1).to_bytes(6, "little")
            + b"\x01" + bytes(5) + struct.pack("<H", len(unit)) + b"\x02" + unit)
    return b"@@" + body + bytes([sum(body) & 0xFF]) + b"##"


def main(port: int, links: int, frames: int, window: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    opened = [_connect(port) for _ in range(links)]
    print(json.dumps({"links": len(opened)}), flush=True)
    if frames:
        sys.stdin.readline()
        print(json.dumps(_send(opened, frames, window)), flush=True)
    sys.stdin.readline()


def _connect(port: int) -> socket.socket:
    for attempt in range(50):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=30)
        except (ConnectionError, TimeoutError):
            time.sleep(0.1 * (attempt + 1))
    raise SystemExit("the listener takes no more links")


def _send(links: list[socket.socket], frames: int, window: int) -> dict[str, object]:
    """Send so many frames over each link; how long it took, and how long each waited for its confirm."""
    poll = select.epoll()
    places = {link.fileno(): place for place, link in enumerate(links)}
    sent = [0] * len(links)
    confirmed = [0] * len(links)
    half = [b""] * len(links)
    moments: list[list[float]] = [[] for _ in links]
    waits: list[float] = []
    # Each frame under a second of its own: within one second the same news of a point is one event.
    clock = time.time() - 3600
    began = time.monotonic()
    for place, link in enumerate(links):
        link.setblocking(True)
        poll.register(link.fileno(), select.EPOLLIN)
        while sent[place] < min(window, frames):
            moments[place].append(time.monotonic())
            link.sendall(frame(place, sent[place], clock + sent[place]))
            sent[place] += 1
    left = len(links)
    while left:
        for number, _ in poll.poll(30):
            place = places[number]
            data = half[place] + links[place].recv(4096)
            if len(data) == len(half[place]):
                raise SystemExit("the listener closed a link")
            count = len(data) // 30  # confirms are 30 bytes each
            half[place] = data[count * 30:]
            now = time.monotonic()
            for at in range(0, count * 30, 30):
                if data[at + 26] == 3:
                    waits.append(now - moments[place].pop(0))
                    confirmed[place] += 1
            out = b""
            while sent[place] < frames and sent[place] - confirmed[place] < window:
                moments[place].append(now)
                out += frame(place, sent[place], clock + sent[place])
                sent[place] += 1
            if out:
                links[place].sendall(out)
            if confirmed[place] == frames:
                poll.unregister(number)
                left -= 1
    return {"seconds": time.monotonic() - began, "frames": frames * len(links), "waits": sorted(waits)[::10]}


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:5]))
