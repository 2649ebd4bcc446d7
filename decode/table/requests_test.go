package table

import "testing"

// TestRequests: the table of requests has no mistakes and all operations, and
// each has a line without condition.
func TestRequests(t *testing.T) {
	if err := CheckRequests(); err != nil {
		t.Fatal(err)
	}
	names := RequestNames()
	if len(names) < 60 || names[0] != "nop" {
		t.Errorf("operations %v", names)
	}
	for _, name := range names {
		op, ok := RequestOp(name)
		list := loadedRequests().byOp[op]
		if !ok || len(list) == 0 || list[len(list)-1].when.Size != 0 {
			t.Errorf("%s has no line without condition", name)
			continue
		}
		for _, r := range list {
			if r.Row(AMD64) == nil || r.Row(ARM64) == nil {
				t.Errorf("%s has no row", name)
			}
		}
	}
}

// TestRequestMembers: values come from where the kernel takes them.
func TestRequestMembers(t *testing.T) {
	var sqe [SQESize]byte
	op, _ := RequestOp("read")
	sqe[0] = op
	copy(sqe[4:], []byte{0xfe, 0xff, 0xff, 0xff})     // fd -2
	copy(sqe[16:], []byte{0, 0x10, 0, 0, 0, 0, 0, 0}) // addr
	sqe[24] = 7                                       // len
	r := LookupRequest(&sqe)
	if r.Row(AMD64).Name != "pread64" || r.Regs(&sqe) != [6]uint64{^uint64(1), 0x1000, 7} {
		t.Errorf("%s %x", r.Row(AMD64).Name, r.Regs(&sqe))
	}
	for i := range 8 {
		sqe[8+i] = 0xff // off -1: the file's position
	}
	if r = LookupRequest(&sqe); r.Row(AMD64).Name != "read" {
		t.Error(r.Row(AMD64).Name)
	}
	sqe[0] = 255
	if LookupRequest(&sqe) != nil || RequestName(255) != "" {
		t.Error("operation 255 is known")
	}
}
