package kernels

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// SaveBTF takes the kernel's types out of its image into f.BTF, unless they
// are there. Nothing is booted.
func (f *Files) SaveBTF() error {
	if _, err := os.Stat(f.BTF); err == nil {
		return nil
	}
	image, err := os.ReadFile(f.Image)
	if err != nil {
		return err
	}
	kernel, err := unpack(image)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Image, err)
	}
	types := findBTF(kernel)
	if types == nil {
		return fmt.Errorf("%s: holds no BTF", f.Image)
	}
	if err := os.WriteFile(f.BTF+".new", types, 0o644); err != nil {
		return err
	}
	return os.Rename(f.BTF+".new", f.BTF)
}

// Offsets in a bzImage, Documentation/arch/x86/boot.rst.
const (
	bzSetupSects    = 0x1f1 // u8, 512 bytes each, 0 means 4
	bzMagic         = 0x202 // "HdrS"
	bzPayloadOffset = 0x248 // u32, from the end of the setup part
	bzPayloadLength = 0x24c // u32
	bzMinimum       = 0x250
)

// unpack returns the kernel proper of a bootable image. An arm64 Image is not
// packed.
func unpack(image []byte) ([]byte, error) {
	if len(image) < bzMinimum {
		return nil, errors.New("is no kernel image")
	}
	if string(image[bzMagic:bzMagic+4]) != "HdrS" {
		return decompress(image)
	}
	sects := int(image[bzSetupSects])
	if sects == 0 {
		sects = 4
	}
	from := (sects+1)*512 + int(binary.LittleEndian.Uint32(image[bzPayloadOffset:]))
	size := int(binary.LittleEndian.Uint32(image[bzPayloadLength:]))
	if size < 8 || from > len(image)-size {
		return nil, errors.New("its payload lies beyond its end")
	}
	return decompress(image[from : from+size-4]) // four bytes of length follow what is packed
}

// decompress runs the program that unpacks b, by b's first bytes; what none
// knows is returned as it is.
func decompress(b []byte) ([]byte, error) {
	for _, c := range []struct{ magic, tool string }{
		{"\x1f\x8b", "gzip"}, {"\xfd7zXZ", "xz"}, {"\x28\xb5\x2f\xfd", "zstd"}, {"\x02\x21\x4c\x18", "lz4"}, {"BZh", "bzip2"},
	} {
		if !bytes.HasPrefix(b, []byte(c.magic)) {
			continue
		}
		var out bytes.Buffer
		cmd := exec.Command(c.tool, "-dc")
		cmd.Stdin, cmd.Stdout = bytes.NewReader(b), &out
		if err := cmd.Run(); err != nil && out.Len() == 0 {
			return nil, fmt.Errorf("unpack with %s: %w", c.tool, err)
		}
		return out.Bytes(), nil
	}
	return b, nil
}

// btfStart is how BTF begins (include/uapi/linux/btf.h, struct btf_header):
// magic 0xeb9f, version 1, no flags, a header of 24 bytes, types at once.
var btfStart = []byte{0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0}

// findBTF returns the kernel's BTF: the first block in b with its header that
// has more than a mebibyte of types.
func findBTF(b []byte) []byte {
	for {
		at := bytes.Index(b, btfStart)
		if at < 0 || len(b)-at < 24 {
			return nil
		}
		b = b[at:]
		typeLen := uint64(binary.LittleEndian.Uint32(b[12:]))
		strOff := uint64(binary.LittleEndian.Uint32(b[16:]))
		strLen := uint64(binary.LittleEndian.Uint32(b[20:]))
		end := 24 + strOff + strLen
		if typeLen > 1<<20 && strOff >= typeLen && end <= uint64(len(b)) {
			return b[:end]
		}
		b = b[1:]
	}
}
