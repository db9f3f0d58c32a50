package archive

import (
	"fmt"
	"io"
)

// Read implements io.Reader.
func (d *lzmaDecoder) Read(p []byte) (n int, err error) {
	if d.size >= 0 && int64(len(p)) > d.size {
		p = p[:d.size]
		if len(p) == 0 {
			return 0, io.EOF
		}
	}
	for n < len(p) && !d.ended {
		if d.err != nil {
			return n, d.err
		}
		if d.left > 0 {
			b := d.back(d.rep[0])
			d.put(b)
			p[n] = b
			n++
			d.left--
			continue
		}
		b, literal, err := d.symbol()
		if err == nil {
			err = d.err
		}
		if err != nil {
			d.err, d.left = err, 0 // for whoever reads on
			return n, err
		}
		if literal {
			d.put(b)
			p[n] = b
			n++
		}
	}
	if d.size >= 0 {
		d.size -= int64(n)
	}
	if n == 0 && d.ended {
		return 0, io.EOF
	}
	return n, nil
}

// symbol decodes a literal, or the length and the distance of a match.
func (d *lzmaDecoder) symbol() (b byte, literal bool, err error) {
	p := &d.p
	if d.state >= 7 && int64(d.rep[0]) >= int64(len(d.win)) { // the window began anew, and the state did not
		return 0, false, errDamaged
	}
	pos := uint(d.total) & (1<<d.pb - 1)
	if d.bit(&p.match[d.state<<4+pos]) == 0 {
		return d.literal(), true, nil
	}
	if d.bit(&p.isRep[d.state]) == 0 {
		d.rep[3], d.rep[2], d.rep[1] = d.rep[2], d.rep[1], d.rep[0]
		length := d.length(&p.length, pos)
		d.state = later(d.state, 7, 10)
		if d.rep[0] = d.distance(length); d.rep[0] == 1<<32-1 {
			d.ended = true
			return 0, false, nil
		}
		d.left = length + 2
		return 0, false, d.checkDistance()
	}
	if len(d.win) == 0 {
		return 0, false, errDamaged
	}
	if d.bit(&p.isRep0[d.state]) == 0 {
		if d.bit(&p.rep0Long[d.state<<4+pos]) == 0 {
			d.state = later(d.state, 9, 11)
			d.left = 1
			return 0, false, d.checkDistance()
		}
	} else {
		i := 1
		if d.bit(&p.isRep1[d.state]) == 1 {
			i = 2 + int(d.bit(&p.isRep2[d.state]))
		}
		dist := d.rep[i]
		copy(d.rep[1:i+1], d.rep[:i])
		d.rep[0] = dist
	}
	d.left = d.length(&p.repLength, pos) + 2
	d.state = later(d.state, 8, 11)
	return 0, false, d.checkDistance()
}

func (d *lzmaDecoder) checkDistance() error {
	if int64(d.rep[0]) >= int64(len(d.win)) {
		return fmt.Errorf("distance in LZMA: %w", errDamaged)
	}
	return nil
}

func later(state, a, b uint) uint {
	if state < 7 {
		return a
	}
	return b
}
