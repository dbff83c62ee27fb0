#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Print the records of a chanrec trace, one per line.

A second reader, which follows docs/trace-format.md and shares no code with
the C one, to hold against it: the lines are those of tests/unit/trace_text.h.
It needs the zstd program.

    tracedump.py [--plain | --definitions] FILE

--plain reads the output of `zstd -dc FILE` alone, without the headers;
--definitions passes over the blocks of events.
"""
import struct
import subprocess
import sys
import zlib

MAGIC = 0x184D2A5C
U64 = (1 << 64) - 1


class Bad(Exception):
    pass


def need(cond, why):
    if not cond:
        raise Bad(why)


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def unzigzag(value):
    return (value >> 1) ^ (U64 if value & 1 else 0)


class Span:
    def __init__(self, data):
        self.data, self.at = data, 0

    def left(self):
        return len(self.data) - self.at

    def take(self, n):
        need(n <= self.left(), "cut off")
        self.at += n
        return self.data[self.at - n:self.at]

    def varint(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.take(1)[0]
            need(shift < 63 or byte <= 1, "varint too long")
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise Bad("varint too long")

    def svarint(self):
        return signed(unzigzag(self.varint()))

    def number(self, bits):
        value = self.varint()
        need(value < 1 << bits, "number too large")
        return value

    def string(self):
        return self.take(self.varint())


def frames(data):
    """Yields (offset, sub-magic, frame) for a skippable frame, (offset, None, n) for a zstd frame of n bytes."""
    at = due = 0
    while at < len(data):
        if due:
            yield at, None, due
            at, due = at + due, 0
            continue
        need(len(data) - at >= 12, "cut off in a frame")
        magic, size = struct.unpack_from("<II", data, at)
        need(magic & ~0xF == 0x184D2A50, "no skippable frame at %d" % at)
        frame = data[at:at + 8 + size]
        need(len(frame) == 8 + size, "cut off in a frame")
        sub = frame[8:12] if magic == MAGIC else b""
        if sub in (b"CRTH", b"CRTB", b"CRTE"):
            need(zlib.crc32(frame[:-4]) == struct.unpack("<I", frame[-4:])[0], "CRC at %d" % at)
            yield at, sub, frame
            if sub == b"CRTB":
                due = struct.unpack_from("<I", frame, 24)[0]
        at += 8 + size


def fields(data):
    span = Span(data)
    while span.left():
        tag = span.varint()
        yield tag, span.take(span.varint())


class Reader:
    def __init__(self, out):
        self.out = out
        self.defined = {}
        self.reasons = set()

    def use(self, span, space):
        value = span.varint()
        need(value <= self.defined.get(space, 0), "%s %d is not defined" % (space, value))
        return value

    def reason(self, span):
        value = span.varint()
        need(value == 0 or value in self.reasons, "reason %d is not defined" % value)
        return value

    def relative(self, span, ref, keep=False):
        value = span.varint()
        if not value:
            return 0
        value = (self.refs[ref] + unzigzag(value - 1)) & U64
        need(0 < value < 1 << 63, "goid out of range")
        if not keep:
            self.refs[ref] = value
        return value

    def address(self, span, ref):
        self.refs[ref] = (self.refs[ref] + span.svarint()) & U64
        return self.refs[ref]

    def obj(self, span):
        tag = span.varint()
        kind, way = tag & 15, tag >> 4
        if kind in (1, 2):
            number = self.use(span, ("chan", "sync")[kind - 1])
        else:
            number = span.number(32)
        if kind > 4:
            return "0:0:0"
        return "%d:%d:%d" % (kind, way if way <= 4 else 0, number)

    def wait(self, span):
        reason, stack, count = self.reason(span), self.use(span, "stack"), span.varint()
        cut, count = count & 1, count >> 1
        need(count <= 1024, "too many cases")
        total = span.number(32) if cut else count
        return [reason, stack, count, total] + [self.obj(span) for _ in range(count)]

    def owner(self, span):
        which, thing, kind = span.number(8), self.obj(span), span.varint()
        values = [which, thing, kind if kind <= 2 else 0, span.number(32), self.use(span, "frame"),
                  self.use(span, "string"), self.address(span, "pc"), span.varint(), span.number(32)]
        count = span.varint()
        need(count <= 16, "too many steps")
        return values + [count] + ["%d:%d" % (self.address(span, "addr"), span.varint()) for _ in range(count)]

    def definition(self, kind, span):
        number = span.number(32)
        if kind == 1:
            return "string", [number, "x" + span.string().hex()]
        if kind == 2:
            return "func", [number, self.use(span, "string"), self.use(span, "string"), span.number(32), span.number(32)]
        if kind == 3:
            address, count = self.address(span, "pc"), span.varint()
            need(count <= 64, "too many lines")
            lines = ["%d:%d:%d" % (self.use(span, "func"), self.use(span, "string"), span.number(32))
                     for _ in range(count)]
            return "frame", [number, address, count] + lines
        if kind == 4:
            flags, count = span.number(32), span.varint()
            need(count <= 128, "too many frames")
            return "stack", [number, flags, count] + [self.use(span, "frame") for _ in range(count)]
        if kind == 5:
            return "chan", [number, self.address(span, "addr"), span.number(32)]
        if kind == 6:
            what = span.varint()
            return "sync", [number, what if what <= 4 else 0, self.address(span, "addr")]
        if kind == 7:
            what = span.varint()
            return "reason", [number, what if what <= 17 else 0, self.use(span, "string")]
        return None, None

    def define(self, kind, span):
        space, values = self.definition(kind, span)
        if space is None:
            return
        number = values[0]
        if space == "reason":
            need(1 <= number <= 256, "reason out of range")
            known = number in self.reasons
            self.reasons.add(number)
        else:
            last = self.defined.get(space, 0)
            need(1 <= number <= last + 1, "id does not follow")
            known = number <= last
            self.defined[space] = max(number, last)
        if not known:
            self.line("def." + space, 0, 0, values)

    def goroutine_event(self, kind, span, time):
        goid = self.relative(span, "goid")
        if kind == 16:
            name, values = "go.create", [self.relative(span, "child"), self.use(span, "frame"),
                                         self.use(span, "frame"), self.use(span, "stack"), span.number(32)]
        elif kind == 17:
            name, values = "go.exit", []
        elif kind == 18:
            name, values = "go.park", self.wait(span)
        elif kind == 19:
            name, values = "go.ready", [self.relative(span, "goid", keep=True), span.varint()]
            values[1] = values[1] if values[1] <= 12 else 0
            values += [self.obj(span), self.use(span, "stack")]
        elif kind == 20:
            name, values = "go.run", []
        elif kind == 21:
            name, values = "chan.make", [self.use(span, "chan"), span.varint(), span.number(32),
                                         self.use(span, "stack"), span.varint() & 1]
        elif kind == 22:
            name, values = "chan.close", [self.use(span, "chan"), self.use(span, "stack")]
        elif kind == 23:
            name, values = "chan.op", [self.use(span, "chan"), span.varint(), span.number(8), span.varint() & 1]
            values[1] = values[1] if values[1] <= 4 else 0
        elif kind == 37:
            name, values = "snap.unheld", [span.number(8)]
        elif kind == 38:
            name, values = "snap.lock", [span.number(8), self.use(span, "sync"), span.varint(),
                                         self.use(span, "frame"), self.use(span, "frame")]
            values[2] = values[2] if values[2] <= 3 else 0
        elif kind == 39:
            name, values = "snap.owner", self.owner(span)
        elif kind == 40:
            name, values = "snap.label", [span.number(8), self.use(span, "string"), self.use(span, "string")]
        elif kind == 42:
            name, values = "snap.use", [span.number(8), self.obj(span), span.varint(), self.use(span, "frame")]
            values[2] = values[2] if values[2] <= 5 else 0
        else:
            which, state, flags = span.number(8), span.varint(), span.number(32)
            name, values = "snap.go", [which, state if state <= 4 else 0, flags,
                                       self.relative(span, "goid", keep=True), self.use(span, "frame"),
                                       self.use(span, "frame"), span.svarint()] + self.wait(span)
        self.line(name, time, goid, values)

    def other_event(self, kind, span, time):
        if kind == 32:
            name, values = "snap.begin", [span.number(8), span.varint()]
        elif kind == 34:
            which, chan, capacity, length, size = (span.number(8), self.use(span, "chan"), span.varint(),
                                                   span.varint(), span.number(32))
            flags = span.varint()
            name, values = "snap.chan", [which, chan, capacity, length, size, flags & 1, flags >> 1 & 1,
                                         span.number(32), span.number(32)]
        elif kind == 35:
            name, values = "snap.sync", [span.number(8), self.use(span, "sync"), span.number(32), span.svarint(),
                                         span.varint()]
        elif kind == 36:
            which, written, unread, flags = span.number(8), span.varint(), span.varint(), span.varint()
            name, values = "snap.end", [which, written, unread, flags & 1, flags >> 1 & 1, flags >> 2 & 1]
        elif kind == 43:
            values = [span.number(8), span.number(32), span.varint(), span.number(32), span.number(8),
                      self.use(span, "string"), self.use(span, "string")]
            values[2] = values[2] if values[2] <= 7 else 0
            name = "snap.fd"
        elif kind == 48:
            cause, what, begin, count = span.number(8), span.number(8), span.svarint(), span.varint()
            name, values = "loss", [cause, what, signed((time + begin) & U64), count, span.number(8)]
        elif kind == 50:
            limit, count, total, begin = span.varint(), span.varint(), span.varint(), span.svarint()
            name, values = "short.waits", [limit, count, total, signed((time + begin) & U64)]
        elif kind == 51:
            state, begin = span.number(8), span.svarint()
            name, values = "proc.state", [state, signed((time + begin) & U64)]
        elif kind == 49:
            name, values = "proc.exit", [span.varint() & 1, span.svarint()]
        else:
            return
        self.line(name, time, 0, values)

    def line(self, name, time, goid, values):
        self.out.write(" ".join([name, str(time), str(goid)] + [str(v) for v in values]) + "\n")

    def block(self, span):
        """Decodes one payload of span; returns (kind, records)."""
        need(span.varint() == 0, "no block record")
        head = Span(span.take(span.varint()))
        kind, records, body, times, time = [head.varint() for _ in range(4)] + [head.svarint()]
        body, times = Span(span.take(body)), Span(span.take(times))
        self.refs = dict.fromkeys(("goid", "child", "addr", "pc"), 0)
        for _ in range(records if kind in (1, 2) else 0):
            number = body.varint()
            payload = Span(body.take(body.varint()))
            if kind == 1:
                self.define(number, payload)
                continue
            time = signed((time + times.svarint()) & U64)
            if 16 <= number <= 23 or number in (33, 37, 38, 39, 40, 42):
                self.goroutine_event(number, payload, time)
            else:
                self.other_event(number, payload, time)
        need(kind not in (1, 2) or not body.left() and not times.left(), "bytes left over")
        return kind, records


def decompress(data):
    return subprocess.run(["zstd", "-q", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout


def read_file(reader, data, events=True):
    index, ended, seq, tmin, end, block = [], False, 0, 0, 0, None
    for at, sub, frame in frames(data):
        need(not ended, "bytes after the footer")
        if at == 0:
            need(sub == b"CRTH" and struct.unpack_from("<H", frame, 12)[0] == 1, "not a trace of version 1")
            list(fields(frame[16:-4]))
        elif sub == b"CRTB":
            block = struct.unpack_from("<IIIIIqqQ", frame, 12) + (at, len(frame))
            need(block[1] == seq, "block missing")
            seq += 1
        elif sub is None:
            kind, _, raw, comp, records, low, high, lost, start, head = block
            payload = decompress(data[at:at + frame]) if events or kind == 1 else None
            if payload is not None:
                need(len(payload) == raw and comp == frame, "size of a block")
                need(reader.block(Span(payload)) == (kind, records), "block record and header differ")
            index.append((start - end, head + comp, kind, records, low - tmin, high - low, lost))
            end, tmin = start + head + comp, low
        else:
            ended = True
            need(struct.unpack("<I4s", frame[-12:-4]) == (len(frame), b"CRTE"), "tail of the footer")
            check_index(dict(fields(frame[12:-12])).get(6), index)
    need(ended, "no footer")


def check_index(field, index):
    span, found = Span(field or b""), []
    while span.left():
        found.append((span.varint(), span.varint(), span.varint(), span.varint(), span.svarint(), span.varint(),
                      span.varint()))
    need(field is None or [tuple(v & U64 for v in e) for e in found] == [tuple(v & U64 for v in e) for e in index],
         "the index is not that of the blocks")


def main(args):
    with open(args[-1], "rb") as file:
        data = file.read()
    reader = Reader(sys.stdout)
    try:
        if args[0] == "--plain":
            span = Span(decompress(data))
            while span.left():
                reader.block(span)
        else:
            read_file(reader, data, events=args[0] != "--definitions")
    except Bad as why:
        sys.exit("tracedump: %s" % why)


if __name__ == "__main__":
    main(sys.argv[1:])
