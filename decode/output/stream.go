package output

import "io"

// flushSize is how much a stream holds before it is written.
const flushSize = 64 << 10

// stream is a buffered stream of lines, the last of which may be open.
type stream struct {
	w    io.Writer
	buf  []byte
	line int     // where in buf the open line begins; negative: part of it is written
	open *thread // whose call the last line shows, as far as it is known
	late []byte  // messages, to be written when no line is open
	err  error
}

// flush writes what is buffered, whole lines or not.
func (s *stream) flush() error {
	if s.err != nil || len(s.buf) == 0 {
		return s.err
	}
	_, s.err = s.w.Write(s.buf)
	s.line -= len(s.buf)
	s.buf = s.buf[:0]
	return s.err
}

// end makes b, which is buf with more appended, end its line.
func (s *stream) end(b []byte) {
	s.buf = append(b, '\n')
	s.open = nil
	if len(s.late) > 0 {
		s.buf = append(s.buf, s.late...)
		s.late = s.late[:0]
	}
	s.line = len(s.buf)
}

// message writes a line between the lines of the stream.
func (s *stream) message(line []byte) {
	if s.open != nil {
		s.late = append(append(s.late, line...), '\n')
		return
	}
	s.end(append(s.buf, line...))
}

// spill flushes a buffer that has grown large.
func (s *stream) spill() error {
	if len(s.buf) >= flushSize {
		return s.flush()
	}
	return s.err
}
