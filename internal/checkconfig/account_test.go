package checkconfig

import (
	"os"
	"path/filepath"
	"testing"
)

// withGetent puts a getent(1) into PATH.
func withGetent(t *testing.T, script string) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "getent"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":/bin:/usr/bin")
}

// directory is a getent(1) of a directory server with one user and one group.
const directory = `case "$1 $2" in
'passwd remote'|'passwd 70001') echo 'remote:x:70001:70002:A user elsewhere:/:/bin/sh' ;;
'group remotes'|'group 70002') echo 'remotes:x:70002:remote' ;;
'passwd broken') exit 1 ;;
*) exit 2 ;;
esac
`

func TestSystem_user(t *testing.T) {
	withGetent(t, directory)
	for _, test := range []struct {
		name     string
		uid, gid uint32
		found    bool
		isError  bool
	}{
		{name: "root", found: true},
		{name: "remote", uid: 70001, gid: 70002, found: true},
		{name: "no-such-user"},
		{name: "-x"},
		{name: "70001"},
		{name: "broken", isError: true},
	} {
		uid, gid, found, err := System{}.User(test.name)
		if uid != test.uid || gid != test.gid || found != test.found || (err != nil) != test.isError {
			t.Errorf("%s: %d, %d, %v, %v, want %+v", test.name, uid, gid, found, err, test)
		}
	}
}

func TestSystem_group(t *testing.T) {
	withGetent(t, directory)
	for _, test := range []struct {
		name  string
		gid   uint32
		found bool
	}{
		{name: "remotes", gid: 70002, found: true},
		{name: "no-such-group"},
		{name: "70002"},
	} {
		gid, found, err := System{}.Group(test.name)
		if gid != test.gid || found != test.found || err != nil {
			t.Errorf("%s: %d, %v, %v, want %+v", test.name, gid, found, err, test)
		}
	}
}
