package checkconfig

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"time"
)

// account is the user that a service runs as, with its only group: spawn(8) drops
// all others.
type account struct {
	name     string
	uid, gid uint32
}

// Host is what a check needs to know about the host besides its files.
type Host interface {
	// User returns the IDs of a user and of its primary group. Found is false if
	// there is no such user.
	User(name string) (uid, gid uint32, found bool, err error)

	// Group returns the ID of a group.
	Group(name string) (gid uint32, found bool, err error)

	// Enforcing reports whether SELinux denies what its policy does not allow.
	Enforcing() bool
}

// System is this Host.
type System struct{}

// Enforcing implements Host.
func (System) Enforcing() bool {
	text, err := os.ReadFile("/sys/fs/selinux/enforce")
	return err == nil && strings.TrimSpace(string(text)) == "1"
}

// getentTimeout is how long getent(1) may take: it may query a directory server.
const getentTimeout = 5 * time.Second

// User implements Host.
func (System) User(name string) (uid, gid uint32, found bool, err error) {
	if u, err := user.Lookup(name); err == nil {
		return parseID(u.Uid), parseID(u.Gid), true, nil
	}
	fields, found, err := getent("passwd", name, 4)
	if !found {
		return 0, 0, false, err
	}
	return parseID(fields[2]), parseID(fields[3]), true, nil
}

// Group implements Host.
func (System) Group(name string) (gid uint32, found bool, err error) {
	if g, err := user.LookupGroup(name); err == nil {
		return parseID(g.Gid), true, nil
	}
	fields, found, err := getent("group", name, 3)
	if !found {
		return 0, false, err
	}
	return parseID(fields[2]), true, nil
}

// getent looks a name up in a database other than the files in /etc, as
// nsswitch.conf(5) says. Without getent(1) there are only the files.
func getent(database, name string, atLeast int) (fields []string, found bool, err error) {
	const notFound = 2 // getent(1)
	path, err := exec.LookPath("getent")
	isID := strings.Trim(name, "0123456789") == "" // getent(1) takes IDs, but spawn(8) takes names
	if err != nil || isID || strings.HasPrefix(name, "-") {
		return nil, false, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), getentTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, database, name)
	cmd.WaitDelay = time.Second // for what it has started
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == notFound {
		return nil, false, nil
	}
	fields = strings.Split(strings.TrimSpace(string(out)), ":")
	return fields, err == nil && len(fields) >= atLeast, err
}

func parseID(text string) uint32 {
	n, _ := strconv.ParseUint(text, 10, 32)
	return uint32(n)
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

func groupName(gid uint32) string {
	id := strconv.FormatUint(uint64(gid), 10)
	if g, err := user.LookupGroupId(id); err == nil {
		return g.Name
	}
	return id
}
