package workload

import (
	"fmt"
	"io"
	"net"
	"sync"
)

// GoConnections is how many connections the workload "gonet" makes.
const GoConnections = 20

// gonet moves 100 bytes there and 1000 back over each of GoConnections, as Go
// programs do: without waiting, by threads as they come, and its listeners are
// of MPTCP where the kernel has it.
func gonet(string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fatal(err.Error(), 0)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.ReadFull(c, make([]byte, 100))
				_, _ = c.Write(make([]byte, 1000))
				_ = c.Close()
			}()
		}
	}()
	var all sync.WaitGroup
	for range GoConnections {
		all.Go(func() {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				fatal(err.Error(), 0)
			}
			_, _ = c.Write(make([]byte, 100))
			if b, err := io.ReadAll(c); err != nil || len(b) != 1000 {
				fatal(fmt.Sprint("read ", len(b), " bytes: ", err), 0)
			}
			_ = c.Close()
		})
	}
	all.Wait()
}
