package output

import (
	"strconv"

	"github.com/ebtrace/ebtrace/decode"
)

// work appends the members of an operation below the calls.
func (j *JSON) work(b []byte, w *decode.Work) []byte {
	if w.Layer == decode.LayerURing {
		return j.request(b, w)
	}
	b = appendJSONName(append(b, `,"operation":`...), w.Name)
	if !w.Untimed {
		b = append(appendJSONTime(append(b, `,"begin":"`...), int64(w.Begin)), '"')
	}
	b = append(appendJSONTime(append(b, `,"end":"`...), int64(w.End)), '"')
	if w.End >= w.Begin && !w.Moment && !w.Untimed {
		b = appendJSONUint(append(b, `,"duration":`...), w.End-w.Begin)
	}
	b = appendJSONName(append(b, `,"cause":{"context":`...), w.Context)
	b = appendJSONCause(b, w)
	if w.Request != 0 {
		b = append(appendJSONTime(append(b, `,"request":"`...), int64(w.Request)), '"')
	}
	b = appendJSONInt(append(b, `},"depth":`...), int64(w.Depth))
	if w.Layer == decode.LayerNet {
		b = j.sockets(b, w)
	} else {
		b = appendWorkFiles(b, w)
	}
	if w.Text != nil {
		b = appendJSONBytes(append(b, `,"text":`...), w.Text)
	}
	if w.Offset >= 0 {
		b = appendJSONInt(append(b, `,"offset":`...), w.Offset)
	}
	if w.Bytes > 0 {
		b = appendJSONUint(append(b, `,"bytes":`...), w.Bytes)
	}
	if len(w.Args) > 0 {
		v := jsonValues{limit: j.o.StrSize}
		b = v.list(append(b, `,"args":`...), w.Args, true)
	}
	if w.Moment {
		return b
	}
	return appendWorkResult(b, w)
}

// appendWorkFiles appends the files that the operation was about.
func appendWorkFiles(b []byte, w *decode.Work) []byte {
	if len(w.FS) > 0 {
		b = appendJSONBytes(append(b, `,"filesystem":`...), w.FS)
	}
	if w.File != nil {
		b = appendJSONFile(append(b, `,"file":`...), w.File)
	}
	if w.File2 != nil {
		b = appendJSONFile(append(b, `,"file2":`...), w.File2)
	}
	if w.Created {
		b = append(b, `,"created":true`...)
	}
	return b
}

// sockets appends what an operation of the network was about.
func (j *JSON) sockets(b []byte, w *decode.Work) []byte {
	if w.File != nil && w.File.Sock != nil {
		b = appendJSONSocketFile(append(b, `,"socket":`...), w.File)
	}
	if w.File2 != nil && w.File2.Sock != nil {
		b = appendJSONSocketFile(append(b, `,"socket2":`...), w.File2)
	}
	if len(w.Address) > 0 {
		v := jsonValues{limit: j.o.StrSize}
		b = v.node(append(b, `,"address":`...), w.Address, 0, false)
	}
	if w.NewState != "" {
		b = appendJSONName(append(b, `,"state":{"from":`...), w.OldState)
		b = append(appendJSONName(append(b, `,"to":`...), w.NewState), '}')
	}
	if p := w.Peer; p != nil {
		b = strconv.AppendUint(append(b, `,"peer":{"pid":`...), uint64(p.PID), 10)
		b = strconv.AppendUint(append(b, `,"uid":`...), uint64(p.UID), 10)
		b = appendJSONBytes(append(b, `,"name":`...), p.Comm)
		if p.Later {
			b = append(b, `,"later":true`...)
		}
		b = append(b, '}')
	}
	if w.DNS != nil {
		b = appendJSONDNS(append(b, `,"dns":`...), w.DNS)
	}
	return b
}

// appendJSONSocketFile appends what a socket is, with its inode and the name
// of its protocol.
func appendJSONSocketFile(b []byte, x *decode.File) []byte {
	b = appendJSONSocket(b, x.Sock)
	b = appendJSONUint(append(b[:len(b)-1], `,"inode":`...), x.Ino)
	if f := x.Sock.Family; f == afInet || f == afInet6 {
		if name := inetName(x.Sock); name != "" {
			b = append(append(append(b, `,"name":"`...), name...), '"')
		}
	}
	return append(b, '}')
}

// appendJSONDNS appends what a message of the domain name system says.
func appendJSONDNS(b []byte, m *decode.DNS) []byte {
	b = strconv.AppendUint(append(b, `{"id":`...), uint64(m.ID), 10)
	if m.Answer {
		b = appendJSONName(append(b, `,"kind":"answer","code":`...), m.Code)
	} else {
		b = append(b, `,"kind":"query"`...)
	}
	b = appendJSONRecords(append(b, `,"questions":`...), m.Questions, false)
	if m.Answer {
		b = appendJSONRecords(append(b, `,"answers":`...), m.Answers, true)
	}
	for _, x := range [...]struct {
		set  bool
		text string
	}{{m.Truncated, `,"truncated":true`}, {m.Cut, `,"cut":true`}, {m.Malformed, `,"malformed":true`}} {
		if x.set {
			b = append(b, x.text...)
		}
	}
	return append(b, '}')
}

func appendJSONRecords(b []byte, rs []decode.DNSRecord, data bool) []byte {
	b = append(b, '[')
	for i := range rs {
		if i > 0 {
			b = append(b, ',')
		}
		r := &rs[i]
		b = appendJSONName(append(b, `{"name":`...), r.Name)
		b = appendJSONName(append(b, `,"type":`...), r.Type)
		if data {
			b = strconv.AppendUint(append(b, `,"ttl":`...), uint64(r.TTL), 10)
			if r.Data != "" {
				b = appendJSONName(append(b, `,"data":`...), r.Data)
			}
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// appendWorkResult appends what an operation returned.
func appendWorkResult(b []byte, w *decode.Work) []byte {
	if w.Errno == 0 {
		if w.Hex {
			return append(appendAddr(append(b, `,"result":"`...), uint64(w.Ret)), '"')
		}
		return appendJSONInt(append(b, `,"result":`...), w.Ret)
	}
	b = appendJSONInt(append(b, `,"result":null,"error":{"number":`...), int64(w.Errno))
	if name := errnoName(uint64(w.Errno)); name != "" {
		b = append(append(append(b, `,"name":"`...), name...), '"')
	}
	return append(b, '}')
}
