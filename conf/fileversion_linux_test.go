package conf

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestShowsChangeAfter(t *testing.T) {
	changed := time.Unix(1_000_000_000, 0)
	v := fileVersion{changed: changed.UnixNano()}
	for _, test := range []struct {
		name string
		read time.Duration // after the change
		want bool
	}{
		{name: "at once", read: 0, want: false},
		{name: "within a slow timer tick", read: 10 * time.Millisecond, want: false},
		{name: "just within the resolution", read: timestampResolution - 1, want: false},
		{name: "after the resolution", read: timestampResolution, want: true},
		{name: "much later", read: time.Hour, want: true},
		{name: "file system's clock ahead within the resolution", read: 1 - timestampResolution, want: false},
		{name: "file system's clock ahead by seconds", read: -time.Second, want: false},
		{name: "clock set back", read: -time.Hour, want: false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := v.showsChangeAfter(changed.Add(test.read)); got != test.want {
				t.Errorf("showsChangeAfter %v after the change = %v, want %v", test.read, got, test.want)
			}
		})
	}
}

// fakeInfo is a FileInfo whose parts a test can change one by one.
type fakeInfo struct {
	fs.FileInfo
	size     int64
	modified time.Time
	stat     syscall.Stat_t
}

func (f *fakeInfo) Size() int64        { return f.size }
func (f *fakeInfo) ModTime() time.Time { return f.modified }
func (f *fakeInfo) Sys() any           { return &f.stat }

func TestVersionOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	real := fakeInfo{size: info.Size(), modified: info.ModTime(), stat: *info.Sys().(*syscall.Stat_t)}
	if got, want := versionOf(&real), versionOf(info); got != want {
		t.Fatalf("version %+v of a copy, want %+v", got, want)
	}
	if age := time.Since(time.Unix(0, versionOf(info).changed)); age.Abs() > time.Hour {
		t.Errorf("a new file changed %v ago", age)
	}
	for _, test := range []struct {
		name   string
		change func(*fakeInfo)
	}{
		{name: "device", change: func(f *fakeInfo) { f.stat.Dev++ }},
		{name: "inode", change: func(f *fakeInfo) { f.stat.Ino++ }},
		{name: "size", change: func(f *fakeInfo) { f.size++ }},
		{name: "time of modification", change: func(f *fakeInfo) { f.modified = f.modified.Add(1) }},
		{name: "time of change", change: func(f *fakeInfo) { f.stat.Ctim.Nsec++ }},
	} {
		t.Run(test.name, func(t *testing.T) {
			other := real
			test.change(&other)
			if versionOf(&other) == versionOf(&real) {
				t.Error("the versions are equal")
			}
		})
	}
}
