package conf

import (
	"io/fs"
	"syscall"
	"time"
)

// timestampResolution is at least the resolution of file timestamps, which is a timer
// tick of at most 10 ms. Two changes within it may have the same time.
const timestampResolution = 20 * time.Millisecond

// fileVersion identifies a file and its content: equal versions have the same content if
// showsChangeAfter reported true for the time of reading.
type fileVersion struct {
	device, inode     uint64
	size              int64
	modified, changed int64 // in nanoseconds since 1970
}

// versionOf returns the version that stat(2) describes.
func versionOf(info fs.FileInfo) fileVersion {
	v := fileVersion{size: info.Size(), modified: info.ModTime().UnixNano()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		v.device, v.inode = uint64(st.Dev), uint64(st.Ino)
		// The time of the last status change reveals a change by a program that
		// resets the modification time.
		v.changed = changeTime(st).UnixNano()
	}
	return v
}

// showsChangeAfter reports whether a change after read, the time at which reading the
// file began, has a different timestamp than the last change before it. That is not
// certain for a file that changed in the future: the file system's clock is then ahead
// of ours, by an unknown time.
func (v fileVersion) showsChangeAfter(read time.Time) bool {
	return read.Sub(time.Unix(0, v.changed)) >= timestampResolution
}
