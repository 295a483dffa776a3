package checkconfig

import (
	endian "encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMay_modes: the owner's bits count for the owner, the group's for members of the
// group, and the others' for nobody else (POSIX.1-2017, 4.5).
func TestMay_modes(t *testing.T) {
	uid, gid := uint32(os.Getuid()), uint32(os.Getgid())
	others := account{name: "others", uid: uid + 70000, gid: gid + 70000}
	group := account{name: "group", uid: uid + 70000, gid: gid}
	owner := account{name: "owner", uid: uid, gid: gid + 70000}
	for _, test := range []struct {
		name string
		user account
		mode os.FileMode
		want rights
	}{
		{name: "others, yes", user: others, mode: 0o004, want: rights{read: allowed, execute: denied}},
		{name: "others, no", user: others, mode: 0o770, want: rights{read: denied, execute: denied}},
		{name: "group, yes", user: group, mode: 0o050, want: rights{read: allowed, execute: allowed}},
		{name: "group, although others may", user: group, mode: 0o705, want: rights{read: denied, execute: denied}},
		{name: "owner, yes", user: owner, mode: 0o500, want: rights{read: allowed, execute: allowed}},
		{name: "owner, although others may", user: owner, mode: 0o077, want: rights{read: denied, execute: denied}},
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := newTree(t)
			tr.write(t, "bin/file", "", test.mode)
			path := filepath.Join(tr.dir, "bin/file")
			if got := test.user.may("/", path, mayRead); got.access != test.want.read {
				t.Errorf("read: %+v, want %v", got, test.want.read)
			}
			if got := test.user.may("/", path, mayExecute); got.access != test.want.execute {
				t.Errorf("execute: %+v, want %v", got, test.want.execute)
			}
		})
	}
}

// rights are what a user may do with a file.
type rights struct{ read, execute access }

func TestMay_paths(t *testing.T) {
	user := account{name: "nobody", uid: 64001, gid: 64001}
	tr := newTree(t)
	tr.write(t, "a/b/file", "", 0o644)
	tr.write(t, "closed/file", "", 0o644)
	tr.chmod(t, "closed", 0o700)
	for link, target := range map[string]string{
		"relative": "a/b", "up": "a/../a/b/file", "absolute": tr.dir + "/a", "inside": "/a/b/file",
		"loop": "loop", "dangling": "none", "through": "closed/../a/b/file",
	} {
		if err := os.Symlink(target, filepath.Join(tr.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name, root, path string
		want             access
		at               string
	}{
		{name: "file", path: "$DIR/a/b/file", want: allowed, at: "$DIR/a/b/file"},
		{name: "dots", path: "$DIR/a/./../a//b/file", want: allowed, at: "$DIR/a/b/file"},
		{name: "relative link", path: "$DIR/relative/file", want: allowed, at: "$DIR/a/b/file"},
		{name: "link with dots", path: "$DIR/up", want: allowed, at: "$DIR/a/b/file"},
		{name: "absolute link", path: "$DIR/absolute/b/file", want: allowed, at: "$DIR/a/b/file"},
		{name: "closed folder", path: "$DIR/closed/file", want: denied, at: "$DIR/closed"},
		{name: "link through a closed folder", path: "$DIR/through", want: denied, at: "$DIR/closed"},
		{name: "loop", path: "$DIR/loop", want: missing, at: "$DIR/loop"},
		{name: "dangling link", path: "$DIR/dangling", want: missing, at: "$DIR/none"},
		{name: "no file", path: "$DIR/a/none", want: missing, at: "$DIR/a/none"},
		{name: "below a file", path: "$DIR/a/b/file/x", want: missing, at: "$DIR/a/b/file"},
		{name: "in a root folder", root: "$DIR", path: "/a/b/file", want: allowed, at: "$DIR/a/b/file"},
		{name: "absolute link in a root folder", root: "$DIR", path: "/inside", want: allowed, at: "$DIR/a/b/file"},
		{name: "out of a root folder", root: "$DIR/a", path: "/../b/file", want: allowed, at: "$DIR/a/b/file"},
		{name: "absolute link out of a root folder", root: "$DIR", path: "/absolute/b/file", want: missing},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := tr.expand(test.root)
			if root == "" {
				root = "/"
			}
			got := user.may(root, tr.expand(test.path), mayRead)
			if got.access != test.want || test.at != "" && got.at != tr.expand(test.at) {
				t.Errorf("%+v, want %v at %s", got, test.want, tr.expand(test.at))
			}
		})
	}
}

// acl returns an access control list in the form of Linux: rw for the owner, r for a
// user, nothing for the group and for others.
func acl(uid uint32) []byte {
	b := endian.LittleEndian.AppendUint32(nil, 2) // version
	for _, entry := range []struct {
		tag, rights uint16
		id          uint32
	}{{tag: 0x01, rights: 6, id: ^uint32(0)}, {tag: 0x02, rights: 4, id: uid}, {tag: 0x04, id: ^uint32(0)}, {tag: 0x10, rights: 4, id: ^uint32(0)}, {tag: 0x20, id: ^uint32(0)}} {
		b = endian.LittleEndian.AppendUint16(b, entry.tag)
		b = endian.LittleEndian.AppendUint16(b, entry.rights)
		b = endian.LittleEndian.AppendUint32(b, entry.id)
	}
	return b
}

// TestProblems_accessControlList: mode bits do not tell what an access control list
// allows.
func TestProblems_accessControlList(t *testing.T) {
	tr := newTree(t)
	tr.write(t, "etc/policyd-spf.conf", tr.config, 0o600)
	path := filepath.Join(tr.dir, "etc/policyd-spf.conf")
	if err := unix.Setxattr(path, "system.posix_acl_access", acl(64001), 0); errors.Is(err, unix.ENOTSUP) {
		t.Skip("the file system has no access control lists")
	} else if err != nil {
		t.Fatal(err)
	}
	want := "$DIR/etc/policyd-spf.conf: hint: cannot tell whether the user of policy-spf has access: " +
		"$DIR/etc/policyd-spf.conf has an access control list, which decides; expected a file that nobody can read"
	if got := tr.problems(t); len(got) != 1 || got[0] != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestProblems_cannotLook: a user who may not look at a file cannot tell who may.
func TestProblems_cannotLook(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may look everywhere")
	}
	tr := newTree(t)
	tr.chmod(t, "bin", 0)
	t.Cleanup(func() { tr.chmod(t, "bin", 0o755) })
	got := tr.problems(t)
	// What others may not search is known from the folder itself.
	if len(got) != 1 || !strings.Contains(got[0], "$DIR/bin is a folder that is not searchable for nobody") {
		t.Errorf("%q", got)
	}
	tr.chmod(t, "bin", 0o711)
	tr.write(t, "bin/closed/policyd-spf", "", 0o755)
	tr.chmod(t, "bin/closed", 0o001) // others may, the owner may not
	t.Cleanup(func() { tr.chmod(t, "bin/closed", 0o755) })
	tr.replace(t, "$DIR/bin/policyd-spf", "$DIR/bin/closed/policyd-spf")
	got = tr.problems(t)
	if len(got) != 1 || !strings.Contains(got[0], "has access: permission denied") || !strings.Contains(got[0], "--check-config as root") {
		t.Errorf("%q", got)
	}
}
