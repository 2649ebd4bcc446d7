package kernels

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

func TestSelect(t *testing.T) {
	for list, want := range map[string]string{
		"6.12":             "6.12-amd64",
		"5.10, 6.12/arm64": "5.10-amd64 6.12-arm64",
		"6.12/arm64":       "6.12-arm64",
	} {
		found, err := Select(list)
		var got []string
		for i := range found {
			got = append(got, found[i].Name())
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %v %v", list, got, err)
		}
	}
	if _, err := Select("6.13"); err == nil {
		t.Error("6.13 is not in the matrix")
	}
	all, _ := Select("all")
	quick, _ := Select("")
	if len(all) != len(Matrix) || len(quick) == 0 || len(quick) >= len(all) {
		t.Errorf("%d of %d, %d quick", len(all), len(Matrix), len(quick))
	}
}

// block is BTF's header with so many bytes of types and strings.
func block(types, strs uint32) []byte {
	b := append([]byte(nil), btfStart...)
	b = binary.LittleEndian.AppendUint32(b, types)
	b = binary.LittleEndian.AppendUint32(b, types)
	b = binary.LittleEndian.AppendUint32(b, strs)
	return append(b, bytes.Repeat([]byte{0xaa}, int(types+strs))...)
}

// TestFindBTF: the kernel's is found among other bytes; a small one, one that
// is cut and none are not.
func TestFindBTF(t *testing.T) {
	small, large := block(100, 10), block(2<<20, 1<<10)
	image := append(append(bytes.Repeat([]byte("code"), 99), small...), large...)
	if got := findBTF(append(image, "more"...)); !bytes.Equal(got, large) {
		t.Errorf("found %d bytes, not %d", len(got), len(large))
	}
	for _, b := range [][]byte{nil, small, large[:len(large)-1], large[:20]} {
		if findBTF(b) != nil {
			t.Errorf("found BTF in %d bytes", len(b))
		}
	}
}

// TestUnpack: images that lie about their size are refused.
func TestUnpack(t *testing.T) {
	b := make([]byte, 4096)
	copy(b[bzMagic:], "HdrS")
	binary.LittleEndian.PutUint32(b[bzPayloadLength:], 1<<30)
	for _, image := range [][]byte{nil, b[:100], b} {
		if _, err := unpack(image); err == nil {
			t.Errorf("unpacked an image of %d bytes", len(image))
		}
	}
	binary.LittleEndian.PutUint32(b[bzPayloadLength:], 100)
	b[bzSetupSects] = 1
	if got, err := unpack(b); err != nil || len(got) != 96 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
