# SPDX-License-Identifier: Apache-2.0
"""A second opinion on MCUboot's swaps: what the real bootloader does to flash, by its documented
format, written apart from ours and in another language. It begins, finishes and is cut at any
operation. Images are taken as good; status partitions and encryption are not in it.
"""
import struct

TEST, PERM, REVERT = 2, 3, 4
MAGIC_8 = bytes.fromhex("77c295f360d2ef7f3552500f2cb67980")
MAGIC_REST = bytes.fromhex("2de15d29410b8d77679c110f1f8a")
IMAGE_OK, COPY_DONE, SWAP_INFO = 1, 2, 3


class Cut(Exception):
    """The power went."""


class Inconsistent(Exception):
    """What is on flash cannot be gone on with."""


class Power:
    """One operation is the erase of a sector or a write of at most 1024 bytes. Number cut_at is not
    done, or half of it if is_torn."""

    def __init__(self, cut_at=None, is_torn=False):
        self.ops, self.cut_at, self.is_torn = 0, cut_at, is_torn

    def spend(self, mem, at, data):
        if self.ops == self.cut_at:
            half = len(data) // 2 if self.is_torn else 0
            mem[at:at + half] = data[:half]
            raise Cut
        self.ops += 1
        mem[at:at + len(data)] = data


class Area:
    def __init__(self, flash, layout, name, power):
        where = layout["areas"][name]
        device = layout["devices"][where["device"]]
        self.mem, self.off, self.size = flash[where["device"]], where["offset"], where["size"]
        self.sector, self.unit = device["erase"], device["write"]
        self.erased, self.power = int(device["erased"], 16), power

    def read(self, off, size):
        return bytes(self.mem[self.off + off:self.off + off + size])

    def erase(self, begin, end, backwards=False):
        for off in sorted(range(begin, end, self.sector), reverse=backwards):
            self.power.spend(self.mem, self.off + off, bytes([self.erased]) * self.sector)

    def write(self, off, data):
        data += bytes([self.erased]) * (-len(data) % self.unit)
        for begin in range(0, len(data), 1024):
            piece = data[begin:begin + 1024]
            at = self.off + off + begin
            assert off + begin + len(piece) <= self.size, "a write leaves its area"
            assert set(self.mem[at:at + len(piece)]) <= {self.erased}, "a write to what is written"
            self.power.spend(self.mem, at, piece)

    def sector_of(self, off):
        return off - off % self.sector


def image_size(area, off=0):
    """Bytes of the image, and of its last TLV area; None without one."""
    magic, _, header, protected, size = struct.unpack("<IIHHI", area.read(off, 16))
    if magic != 0x96f3b83d:
        return None
    tlvs = off + header + size + protected
    magic, total = struct.unpack("<HH", area.read(tlvs, 4))
    return (tlvs + total - off, total) if magic == 0x6907 else None


class Boot:
    """One boot of slots in a mode of MCUboot 2.4.0 (with "version" 1.7.2: its scratch trailer)."""

    def __init__(self, flash, layout, power):
        boot = layout["boot"]
        self.mode, self.align, self.sectors = boot["mode"], boot["align"], boot["max_sectors"]
        self.is_old = boot["version"].startswith("1.7")
        names = ["primary", "secondary"] + ["scratch"] * (self.mode == "swap-scratch")
        for name in names:
            setattr(self, name, Area(flash, layout, name, power))
        self.need = (1 << 32, 1 << 32)  # bytes of the primary's and the secondary's image, if known
        self.status_unit = max(getattr(self, n).unit for n in names if n != "secondary")

    # Trailers.

    def field(self, number):
        """Offset of a field from the end of its area: 0 is the magic."""
        last = max(16, self.align)
        return 16 if number == 0 else last + number * self.align

    @property
    def size_field(self):
        return SWAP_INFO + (2 if self.mode == "swap-offset" else 1)

    def magic(self):
        return MAGIC_8 if self.align == 8 else struct.pack("<H", self.align) + MAGIC_REST

    def magic_state(self, area):
        found = area.read(area.size - 16, 16)
        return "good" if found == self.magic() else "unset" if set(found) == {area.erased} else "bad"

    def flag(self, area, number):
        value = area.read(area.size - self.field(number), 1)[0]
        return "set" if value == 1 else "unset" if value == area.erased else "bad"

    def put(self, area, number, data):
        area.write(area.size - self.field(number), data)

    def put_magic(self, area):
        lead = max(16, self.align) - 16
        area.write(area.size - 16 - lead, bytes([area.erased]) * lead + self.magic())

    def trailer(self, area):
        """Where the trailer, with its status entries, begins."""
        entries = 2 if self.mode == "swap-offset" else 3
        n = 3 if self.mode == "swap-scratch" and area is self.scratch and not self.is_old \
            else entries * self.sectors
        return area.size - self.field(self.size_field) - n * self.status_unit

    def erase_trailer(self, area, backwards=False):
        begin = self.trailer(area) if area is self.primary else area.size - self.field(
            self.size_field)
        area.erase(area.sector_of(begin), area.size, backwards)

    def write_trailer(self, area):
        self.put(area, SWAP_INFO, bytes([self.type]))
        if self.type == PERM or (self.type == REVERT and self.mode == "swap-move"):
            self.put(area, IMAGE_OK, b"\1")
        self.put(area, self.size_field, struct.pack("<I", self.swap_size))
        if self.mode == "swap-offset":
            self.put(area, SWAP_INFO + 1, struct.pack("<I", self.tlv_sizes))
        self.put_magic(area)

    def read_swap(self, area):
        self.type = area.read(area.size - self.field(SWAP_INFO), 1)[0] & 15
        self.swap_size, = struct.unpack(
            "<I", area.read(area.size - self.field(self.size_field), 4))

    # Status.

    def is_written(self, area, n):
        off = self.trailer(area) + n * self.status_unit
        return area.read(off, 1)[0] != area.erased

    def note(self, area, n, value):
        area.write(self.trailer(area) + n * self.status_unit, bytes([value]))

    def last_written(self):
        """Position after the highest written entry of the primary's status."""
        n = (2 if self.mode == "swap-offset" else 3) * self.sectors
        while n > 0 and not self.is_written(self.primary, n - 1):
            n -= 1
        return n

    # One boot.

    def swap_type(self):
        p, s = self.primary, self.secondary
        if self.magic_state(s) == "good":
            ok, done = self.flag(s, IMAGE_OK), self.flag(s, COPY_DONE)
            if self.mode == "swap-offset" and (ok, done) == ("unset", "set"):
                return REVERT
            if ok in ("unset", "set"):
                return TEST if ok == "unset" else PERM
        if self.magic_state(p) == "good" and self.flag(p, COPY_DONE) == "set" and \
                self.flag(p, IMAGE_OK) == "unset" and \
                (not self.is_old or self.magic_state(s) == "unset"):
            return REVERT
        return None

    def sizes(self):
        p = image_size(self.primary) or (0, 0)
        up = self.mode == "swap-offset" and self.type != REVERT
        s = image_size(self.secondary, self.secondary.sector if up else 0)
        if s is None:
            raise Inconsistent("no image to install")
        self.swap_size, self.tlv_sizes = max(p[0], s[0]), p[1] | s[1] << 16
        self.need = (p[0], s[0])

    def run(self):
        modes = {"swap-scratch": Scratch, "swap-move": Move, "swap-offset": Offset}
        swap = modes[self.mode](self)
        if not swap.resume():
            self.type = self.swap_type()
            if self.type is None:
                return
            self.sizes()
            swap.start()
        p = self.primary
        if self.type != TEST and self.flag(p, IMAGE_OK) == "unset":
            self.put(p, IMAGE_OK, b"\1")
        if self.flag(p, COPY_DONE) == "unset":
            self.put(p, COPY_DONE, b"\1")


def copy(source, target, begin, end, at):
    target.write(at, source.read(begin, end - begin))


class Scratch:
    def __init__(self, boot):
        self.b = boot

    def source(self):
        """The area whose trailer tells of an interrupted swap, or None."""
        b = self.b
        primary, scratch = b.magic_state(b.primary), b.magic_state(b.scratch)
        done = b.flag(b.primary, COPY_DONE)
        if primary == "good" and scratch != "good" and done in ("set", "unset"):
            return None if done == "set" else b.primary
        if scratch == "good":
            return b.scratch
        return b.primary if (primary, done) == ("unset", "unset") else None

    def resume(self):
        b, area, n = self.b, self.source(), 0
        if area is None:
            return False
        while n < (3 if area is b.scratch else 3 * b.sectors) and b.is_written(area, n):
            n += 1
        b.read_swap(area)
        if n == 0:
            if b.type not in (TEST, PERM, REVERT):
                return False
            if area is b.primary and b.magic_state(area) != "good":
                return False
            b.sizes()
        self.exchange(n)
        return True

    def start(self):
        self.exchange(0)

    def chunks(self):
        """[(begin, end)] from the end of the larger image down."""
        b = self.b
        step = max(b.primary.sector, b.secondary.sector)
        most = b.scratch.size - b.scratch.size % step
        end, out = -(-b.swap_size // step) * step, []
        while end > 0:
            out.append((max(0, end - most), end))
            end = out[-1][0]
        return out

    def exchange(self, n):
        b = self.b
        limit = b.primary.sector_of(b.trailer(b.primary))
        for index, (begin, end) in enumerate(self.chunks()):
            is_big = index == 0 and end > limit
            data_end = b.trailer(b.primary) if is_big else end
            for state in (1, 2, 3):
                if index * 3 + state <= n:
                    continue
                (self.fill, self.move_old, self.move_new)[state - 1](begin, end, data_end, index,
                                                                     is_big)
                area = b.scratch if is_big and state < 3 else b.primary
                b.note(area, index * 3 + state - 1, state)
                if is_big and state == 3:
                    b.scratch.erase(0, b.scratch.size, backwards=True)

    def fill(self, begin, _end, data_end, index, is_big):
        b = self.b
        b.scratch.erase(0, b.scratch.size)
        if index == 0:
            b.write_trailer(b.scratch)
            if not is_big:
                b.erase_trailer(b.primary)
                b.write_trailer(b.primary)
                b.scratch.erase(0, b.scratch.size)
        copy(b.secondary, b.scratch, begin, data_end, 0)

    def move_old(self, begin, end, data_end, index, _is_big):
        b = self.b
        b.secondary.erase(begin, end)
        last = b.secondary.sector_of(b.secondary.size - b.field(b.size_field))
        if index == 0 and not b.is_old:
            b.secondary.erase(max(last, end), b.secondary.size)
        copy(b.primary, b.secondary, begin, data_end, begin)
        if index == 0 and b.is_old:
            b.secondary.erase(max(last, end), b.secondary.size)

    def move_new(self, begin, end, data_end, _index, is_big):
        b = self.b
        b.primary.erase(begin, b.primary.size if is_big else end)
        copy(b.scratch, b.primary, 0, data_end - begin, begin)
        if is_big:
            lead = bytes([b.primary.erased]) * (b.status_unit - 1)
            b.primary.write(b.trailer(b.primary), b"\1" + lead + b"\2" + lead)
            if b.flag(b.scratch, IMAGE_OK) == "set":
                b.put(b.primary, IMAGE_OK, b"\1")
            b.read_swap(b.scratch)
            b.put(b.primary, SWAP_INFO, bytes([b.type]))
            b.put(b.primary, b.size_field, struct.pack("<I", b.swap_size))
            b.put_magic(b.primary)


class Units:
    """What move and offset have in common: the primary's trailer tells all."""

    def __init__(self, boot):
        self.b = boot

    def resume(self):
        b = self.b
        if b.magic_state(b.primary) != "good" or b.magic_state(b.secondary) == "good" or \
                b.flag(b.primary, COPY_DONE) != "unset":
            return False
        b.read_swap(b.primary)
        n = b.last_written()
        if n == 0 and b.type not in (TEST, PERM, REVERT):
            return False
        self.exchange(n)
        return True

    def start(self):
        b = self.b
        if b.type == REVERT and b.magic_state(b.secondary) != "good":
            b.erase_trailer(b.secondary)
            self.announce()
        b.erase_trailer(b.primary)
        b.write_trailer(b.primary)
        b.erase_trailer(b.secondary)
        self.exchange(0)

    @property
    def count(self):
        return -(-self.b.swap_size // self.b.primary.sector)


class Move(Units):
    def announce(self):
        b = self.b
        b.put(b.secondary, IMAGE_OK, b"\1")
        b.put(b.secondary, b.size_field, struct.pack("<I", b.swap_size))
        b.put_magic(b.secondary)

    def exchange(self, n):
        b, size = self.b, self.b.primary.sector
        for k, i in enumerate(range(self.count, 0, -1)):
            if k < n:
                continue
            b.primary.erase(i * size, (i + 1) * size)
            copy(b.primary, b.primary, (i - 1) * size, i * size, i * size)
            b.note(b.primary, k, 1)
        for i in range(1, self.count + 1):
            at = (i - 1) * size
            for state, source, off, target in ((1, b.secondary, at, b.primary),
                                               (2, b.primary, at + size, b.secondary)):
                entry = b.sectors + (i - 1) * 2 + state - 1
                if entry < n:
                    continue
                target.erase(at, at + size)
                copy(source, target, off, off + size, at)
                b.note(b.primary, entry, state)


class Offset(Units):
    def announce(self):
        b = self.b
        b.put(b.secondary, SWAP_INFO, bytes([b.type]))
        b.put(b.secondary, COPY_DONE, b"\1")
        b.put(b.secondary, b.size_field, struct.pack("<I", b.swap_size))
        b.put(b.secondary, SWAP_INFO + 1, struct.pack("<I", b.tlv_sizes))
        b.put_magic(b.secondary)

    def exchange(self, n):
        b, size, back = self.b, self.b.primary.sector, self.b.type == REVERT
        order = range(self.count - 1, -1, -1) if back else range(self.count)
        for k, i in enumerate(order):
            up, at = (i + 1) * size, i * size
            steps = ((b.primary, at, b.secondary, up), (b.secondary, at, b.primary, at)) if back \
                else ((b.primary, at, b.secondary, at), (b.secondary, up, b.primary, at))
            for state, (source, off, target, to) in enumerate(steps, 1):
                if k * 2 + state <= n:
                    continue
                if at < b.need[state - 1] + size:  # what lies behind an image is only noted
                    target.erase(to, to + size)
                    copy(source, target, off, off + size, to)
                b.note(b.primary, k * 2 + state - 1, state)
        if back:
            b.secondary.erase(0, size)
            b.erase_trailer(b.secondary)
