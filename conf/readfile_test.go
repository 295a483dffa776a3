package conf

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A file of the largest size is used, one byte more is too large.
func TestReadTextLimit(t *testing.T) {
	const limit = 10
	for _, test := range []struct {
		size int
		want error
	}{
		{size: 0}, {size: limit - 1}, {size: limit}, {size: limit + 1, want: errTooLarge}, {size: 10_000, want: errTooLarge},
	} {
		t.Run(fmt.Sprint(test.size), func(t *testing.T) {
			path := write(t, strings.Repeat("x", test.size))
			text, info, err := readText(path, limit)
			if !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if err == nil && (len(text) != test.size || info.Size() != int64(test.size)) {
				t.Errorf("%d bytes, info of %d bytes, want %d", len(text), info.Size(), test.size)
			}
		})
	}
}

// A file whose size is not known before, as those of /proc, is not read beyond
// the limit.
func TestReadTextLimit_unknownSize(t *testing.T) {
	const path = "/proc/self/status"
	info, err := os.Stat(path)
	if err != nil || info.Size() != 0 {
		t.Skip("no file of /proc without a size here")
	}
	if _, _, err := readText(path, 10); !errors.Is(err, errTooLarge) {
		t.Errorf("error %v, want %v", err, errTooLarge)
	}
	if text, _, err := readText(path, 1<<20); err != nil || len(text) <= 10 {
		t.Errorf("%d bytes, error %v", len(text), err)
	}
}

func TestReadTextOfFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readText(path, 10); !errors.Is(err, errNotRegular) {
		t.Errorf("error %v", err)
	}
}
