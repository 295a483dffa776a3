package conf

import (
	"io/fs"
	"syscall"
	"time"
)

// changeTime returns the time of the file's last status change.
func changeTime(info fs.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Ctim.Unix())
	}
	return info.ModTime()
}
