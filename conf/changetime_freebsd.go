package conf

import (
	"syscall"
	"time"
)

// changeTime returns the time of a file's last status change.
func changeTime(st *syscall.Stat_t) time.Time { return time.Unix(st.Ctimespec.Unix()) }
