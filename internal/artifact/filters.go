package artifact

import (
	"encoding/binary"
	"errors"
	"io"
)

// codeFilter is one of the filters that archivers put before LZMA so that it packs programs
// better: they change bytes, so that what is unpacked is not the content before they are undone.
type codeFilter int

const (
	filterX86 codeFilter = iota
	filterPowerPC
	filterARM
	filterThumb
	filterSPARC
	filterARM64
)

// xzFilters and szFilters are their numbers in .xz and in 7z files.
var (
	xzFilters = map[uint64]codeFilter{4: filterX86, 5: filterPowerPC, 7: filterARM, 8: filterThumb, 9: filterSPARC, 10: filterARM64}
	szFilters = map[string]codeFilter{
		"\x04": filterX86, "\x03\x03\x01\x03": filterX86, "\x05": filterPowerPC, "\x03\x03\x02\x05": filterPowerPC, "\x07": filterARM, "\x03\x03\x05\x01": filterARM,
		"\x08": filterThumb, "\x03\x03\x07\x01": filterThumb, "\x09": filterSPARC, "\x03\x03\x08\x05": filterSPARC, "\x0a": filterARM64,
	}
)

var errFilter = errors.New("a filter of the compressed data has no such settings")

// undoDelta undoes the filter that stores differences to the byte a distance before.
func undoDelta(r io.Reader, props []byte) (io.Reader, error) {
	if len(props) != 1 {
		return nil, errFilter
	}
	return &deltaReader{r: r, last: make([]byte, int(props[0])+1)}, nil
}

type deltaReader struct {
	r    io.Reader
	last []byte
	at   int
}

func (d *deltaReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	for i := range p[:n] {
		p[i] += d.last[d.at]
		d.last[d.at] = p[i]
		d.at = (d.at + 1) % len(d.last)
	}
	return n, err
}

// undoCode undoes a filter for the code of a processor, which makes addresses of jumps absolute.
// props is where the code begins, in four bytes, or nothing.
func undoCode(r io.Reader, kind codeFilter, props []byte) (io.Reader, error) {
	c := &codeReader{r: r, kind: kind, buf: make([]byte, 0, 4<<10)}
	switch len(props) {
	case 0:
	case 4:
		c.at = binary.LittleEndian.Uint32(props)
	default:
		return nil, errFilter
	}
	return c, nil
}

type codeReader struct {
	r    io.Reader
	kind codeFilter
	// buf holds what was read; its first ready bytes are undone. at is the address of the first
	// byte behind them.
	buf   []byte
	ready int
	at    uint32
	mask  uint32 // of filterX86: which of the bytes before were opcodes of jumps
	err   error
}

func (c *codeReader) Read(p []byte) (int, error) {
	for c.ready == 0 {
		if c.err != nil {
			if len(c.buf) == 0 {
				return 0, c.err
			}
			c.ready = len(c.buf) // too short for an instruction
			break
		}
		n, err := c.r.Read(c.buf[len(c.buf):cap(c.buf)])
		c.buf, c.err = c.buf[:len(c.buf)+n], err
		c.ready = c.undo(c.buf)
		c.at += uint32(c.ready)
		if n == 0 && err == nil {
			return 0, nil
		}
	}
	n := copy(p, c.buf[:c.ready])
	c.buf = c.buf[:copy(c.buf, c.buf[n:])]
	c.ready -= n
	return n, nil
}

// undo undoes the filter on bytes as far as whole instructions go.
func (c *codeReader) undo(b []byte) int {
	if c.kind == filterX86 {
		return c.undoX86(b)
	}
	step, size := 4, 4
	if c.kind == filterThumb {
		step = 2
	}
	i := 0
	for ; i+size <= len(b); i += step {
		if c.instruction(b[i:i+4], c.at+uint32(i)) && step == 2 {
			i += 2
		}
	}
	return i
}

// instruction undoes the filter on one instruction, and tells whether it was a jump.
func (c *codeReader) instruction(b []byte, at uint32) bool {
	little, big := binary.LittleEndian.Uint32(b), binary.BigEndian.Uint32(b)
	switch c.kind {
	case filterPowerPC:
		if big&0xfc000003 == 0x48000001 {
			binary.BigEndian.PutUint32(b, (big-at)&0x03fffffc|0x48000001)
			return true
		}
	case filterARM:
		if b[3] == 0xeb {
			binary.LittleEndian.PutUint32(b, (little<<2-at-8)>>2&0xffffff|0xeb000000)
			return true
		}
	case filterThumb:
		if b[1]&0xf8 == 0xf0 && b[3]&0xf8 == 0xf8 {
			to := uint32(b[1]&7)<<19 | uint32(b[0])<<11 | uint32(b[3]&7)<<8 | uint32(b[2])
			to = (to<<1 - at - 4) >> 1
			b[0], b[1], b[2], b[3] = byte(to>>11), 0xf0|byte(to>>19)&7, byte(to), 0xf8|byte(to>>8)&7
			return true
		}
	case filterSPARC:
		if big>>22 == 0x100 || big>>22 == 0x1ff {
			to := (big<<2 - at) >> 2
			binary.BigEndian.PutUint32(b, (0x40000000-to&0x400000)|0x40000000|to&0x3fffff)
			return true
		}
	case filterARM64:
		switch {
		case little>>26 == 0x25:
			binary.LittleEndian.PutUint32(b, 0x94000000|(little-at>>2)&0x03ffffff)
			return true
		case little&0x9f000000 == 0x90000000:
			to := little>>29&3 | little>>3&0x1ffffc
			if (to+0x020000)&0x1c0000 != 0 {
				return false
			}
			to -= at >> 12
			binary.LittleEndian.PutUint32(b, little&0x9000001f|to&3<<29|to&0x3fffc<<3|-(to&0x020000)&0xe00000)
			return true
		}
	}
	return false
}

// undoX86 undoes the filter for x86. What looks like the opcode of a call or jump is one unless
// the bytes before it make that unlikely, as the filter itself decided.
func (c *codeReader) undoX86(b []byte) int {
	const opcodeAndAddress = 5
	if len(b) < opcodeAndAddress {
		return 0
	}
	extreme := func(x byte) bool { return x == 0 || x == 0xff }
	shift := [...]uint32{0, 1, 2, 2, 3, 3, 3, 3}
	allowed := [...]bool{true, true, true, false, true, false, false, false}
	last, mask, i := -1, c.mask, 0
	for ; i < len(b)-4; i++ {
		if b[i]&0xfe != 0xe8 {
			continue
		}
		gap := i - last
		last = i
		if gap > 3 {
			mask = 0
		} else if mask = mask << (gap - 1) & 7; mask != 0 && (!allowed[mask] || extreme(b[i+4-int(shift[mask])])) {
			mask = mask<<1 | 1
			continue
		}
		if !extreme(b[i+4]) {
			mask = mask<<1 | 1
			continue
		}
		from := binary.LittleEndian.Uint32(b[i+1:])
		to := uint32(0)
		for {
			to = from - (c.at + uint32(i) + opcodeAndAddress)
			if mask == 0 {
				break
			}
			bits := shift[mask] * 8
			if !extreme(byte(to >> (24 - bits))) {
				break
			}
			from = to ^ (1<<(32-bits) - 1)
		}
		to = to&0x01ffffff | -(to & 0x01000000)
		binary.LittleEndian.PutUint32(b[i+1:], to)
		i += 4
	}
	if gap := i - last; gap > 3 {
		c.mask = 0
	} else {
		c.mask = mask << (gap - 1)
	}
	return i
}
