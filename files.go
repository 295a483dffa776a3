package main

import (
	"os"
	"syscall"
)

// configFiles are the places where the configuration file of the original, or
// of one of its packages, may be.
var configFiles = [...]string{
	"/etc/python-policyd-spf/policyd-spf.conf",
	"/etc/postfix-policyd-spf-python/policyd-spf.conf",
	"/etc/policyd-spf/policyd-spf.conf",
	"/usr/local/etc/python-policyd-spf/policyd-spf.conf",
}

// findConfigFile gives the configuration file to be read if none is named: the
// distributor's, or the first of configFiles that exists, or else the first.
func findConfigFile() string {
	if configFile != "" {
		return configFile
	}
	for _, name := range configFiles {
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	return configFiles[0]
}

// silence sees to it that nothing but replies gets to Postfix: if standard
// error is where replies go, or where requests come from, it becomes /dev/null.
// The text of a crash has an empty line in it, and would be read as a reply.
func silence() {
	var stderr, other syscall.Stat_t
	if syscall.Fstat(2, &stderr) != nil {
		return
	}
	for fd := range 2 {
		if syscall.Fstat(fd, &other) == nil && other.Dev == stderr.Dev && other.Ino == stderr.Ino {
			syscall.Close(2)
			syscall.Open("/dev/null", syscall.O_WRONLY, 0) // the lowest free descriptor: 2
			return
		}
	}
}

// servesPostfix tells whether requests come over a socket. Then nobody is there
// to read what is printed for people.
func servesPostfix() bool {
	var stdin syscall.Stat_t
	return syscall.Fstat(0, &stdin) == nil && stdin.Mode&syscall.S_IFMT == syscall.S_IFSOCK
}
