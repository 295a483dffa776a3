package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// unprivileged runs f as a user who is not root, because root may search every
// directory and read every file. A process that is not root already is one.
func unprivileged(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		f()
		return
	}
	const nobody = 65534
	done := make(chan error)
	go func() {
		// The user of file system calls belongs to a thread. This one ends with
		// the goroutine, because it stays locked.
		runtime.LockOSThread()
		syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0)
		if uid, _, _ := syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0); uid != nobody {
			done <- fmt.Errorf("the user of file system calls is %d, want %d", int32(uid), nobody)
			return
		}
		f()
		done <- nil
	}()
	if err := <-done; err != nil {
		t.Skip(err)
	}
}

// publicDir returns a temporary directory that every user may search, unlike
// t.TempDir.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "conf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// secretFile creates the file folder/file in dir, and removes all permissions of
// closed, which is the file or the folder.
func secretFile(t *testing.T, dir, closed, text string) string {
	t.Helper()
	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "file")
	rewrite(t, path, text, time.Hour)
	closed = filepath.Join(dir, closed)
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(closed, 0o700) }) // so that the owner may remove it
	return path
}

func TestLoadUnreadable(t *testing.T) {
	for _, test := range []struct{ name, closed, want string }{
		{name: "file", closed: "folder/file", want: `ERROR opening "%s": Permission denied`},
		{name: "directory", closed: "folder", want: `ERROR stating "%s": Permission denied`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := secretFile(t, publicDir(t), test.closed, "HELO_reject = False\n")
			var err error
			unprivileged(t, func() { _, err = Load(path) })
			if want := fmt.Sprintf(test.want, path); err == nil || err.Error() != want {
				t.Errorf("Load's error is %v, want %s", err, want)
			}
		})
	}
}

// A directory that may be searched but not listed does not hide the file.
func TestLoadInUnlistableDirectory(t *testing.T) {
	dir := publicDir(t)
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("HELO_reject = False\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	unprivileged(t, func() {
		if l, err := Load(path); err != nil || l.Settings.HELOReject != "False" {
			t.Errorf("HELO_reject is %q, error %v", l.Settings.HELOReject, err)
		}
	})
}

// A per-user file that cannot be read does not change the settings, and is reported
// for each request.
func TestPerUserUnreadable(t *testing.T) {
	for _, test := range []struct{ name, closed, want string }{
		{name: "file", closed: "folder/file", want: `ERROR opening "PATH": Permission denied`},
		{name: "directory", closed: "folder", want: `ERROR stating "PATH": Permission denied`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := secretFile(t, publicDir(t), test.closed, "u,HELO_reject=False\n")
			p := NewPerUser("text," + path)
			unprivileged(t, func() {
				for range 2 {
					u := p.Lookup("u", Default())
					if u.Found || u.Settings.HELOReject != "Fail" {
						t.Errorf("found: %v, HELO_reject = %s", u.Found, u.Settings.HELOReject)
					}
					if want := strings.ReplaceAll(test.want, "PATH", path); len(u.Diagnostics) != 1 || u.Diagnostics[0].Text != want {
						t.Errorf("diagnostics %+v, want one of text %s", u.Diagnostics, want)
					}
				}
			})
		})
	}
}
