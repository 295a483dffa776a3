package checkconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Rights to a file, or to search a folder.
const (
	mayRead    fs.FileMode = 4
	mayExecute fs.FileMode = 1
)

// access is whether a user has a right.
type access uint8

const (
	allowed access = iota
	denied
	missing // there is no such file
	unknown // mode bits do not decide, or they cannot be seen
)

// verdict is an access, the file or folder that decides it, and why.
type verdict struct {
	access access
	at     string
	why    string
}

// maxLinks limits the symbolic links of a path, as Linux does.
const maxLinks = 40

// may reports whether a has a right to the file at path below the folder root. Each
// folder on the way, also by symbolic links, must be searchable.
func (a account) may(root, path string, want fs.FileMode) verdict {
	names, at, links := pathNames(path), "/", 0
	for {
		full := filepath.Join(root, at)
		info, err := os.Lstat(full)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return verdict{missing, full, filepath.Join(root, path) + " does not exist"}
		case err != nil:
			return verdict{unknown, full, systemError(err)}
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(full)
			if links++; err != nil || links > maxLinks {
				return verdict{missing, full, full + " is a symbolic link that leads nowhere"}
			}
			names = append(pathNames(target), names...)
			if at = filepath.Dir(at); filepath.IsAbs(target) {
				at = "/"
			}
			continue
		case len(names) == 0 && want&mayExecute != 0 && info.IsDir():
			return verdict{denied, full, full + " is a folder, not a program"}
		case len(names) == 0:
			return a.has(full, info, want)
		case !info.IsDir():
			return verdict{missing, full, filepath.Join(root, path) + " does not exist"}
		}
		if v := a.has(full, info, mayExecute); v.access != allowed {
			return v
		}
		at, names = filepath.Join(at, names[0]), names[1:]
	}
}

func pathNames(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// has reports whether a has a right by the owner, the group and the mode of a file.
func (a account) has(path string, info fs.FileInfo, want fs.FileMode) verdict {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return verdict{unknown, path, "its owner is unknown"}
	}
	granted := info.Mode().Perm()
	switch {
	case stat.Uid == a.uid:
		granted >>= 6
	case hasACL(path):
		return verdict{unknown, path, path + " has an access control list, which decides"}
	case stat.Gid == a.gid:
		granted >>= 3
	}
	if granted&want == want {
		return verdict{allowed, path, ""}
	}
	right := "not readable"
	switch {
	case want == mayRead|mayExecute:
		right = "not readable and executable"
	case want == mayExecute && info.IsDir():
		right = "a folder that is not searchable"
	case want == mayExecute:
		right = "not executable"
	}
	return verdict{denied, path, fmt.Sprintf("%s is %s for %s: owner %s, group %s, mode %04o", path, right, a.name,
		userName(stat.Uid), groupName(stat.Gid), info.Mode().Perm())}
}

// hasACL reports whether a file has an access control list beyond its mode bits
// (acl(5)).
func hasACL(path string) bool {
	size, err := unix.Getxattr(path, "system.posix_acl_access", nil)
	return err == nil && size > 0
}

// systemError returns the system's message, without the call and the path.
func systemError(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return err.Error()
}
