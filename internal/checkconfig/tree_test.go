package checkconfig

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policyd-spf/internal/postfix/postfixtest"
)

// host is a Host with a few users and groups. No test runs as one of them.
type host struct{ enforcing bool }

func (h host) Enforcing() bool { return h.enforcing }

func (host) User(name string) (uid, gid uint32, found bool, err error) {
	switch name {
	case "nobody":
		return 64001, 64001, true, nil
	case "spf":
		return 64002, 64002, true, nil
	case "postfix":
		return 64003, 64003, true, nil
	case "toor":
		return 0, 64004, true, nil
	case "admin":
		return 64005, 0, true, nil
	}
	return 0, 0, false, nil
}

func (host) Group(name string) (gid uint32, found bool, err error) {
	switch name {
	case "nogroup":
		return 64001, true, nil
	case "postfix":
		return 64003, true, nil
	}
	return 0, false, nil
}

// tree is a host in a temporary directory: a program, a configuration and a queue
// directory. In its files $DIR is the directory.
type tree struct {
	dir                     string
	main, master, overrides string // as postconf(1) shows them
	config                  string
	host                    host
}

const (
	goodMain = `compatibility_level = 3.6
config_directory = $DIR/postfix
mail_owner = postfix
mail_version = 3.7.11
mynetworks = 127.0.0.0/8 [::1]/128
policy-spf_time_limit = 3600s
queue_directory = $DIR/queue
smtpd_client_restrictions =
smtpd_delay_reject = yes
smtpd_policy_service_default_action = 451 4.3.5 Server configuration problem
smtpd_policy_service_timeout = 100s
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_policy_service unix:private/policy-spf
smtpd_relay_before_recipient_restrictions = yes
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination
smtpd_restriction_classes =
smtpd_sasl_auth_enable = no
`
	goodMaster = `smtp       inet  n       -       y       -       -       smtpd
submission inet  n       -       y       -       -       smtpd -o syslog_name=postfix/submission
policy-spf unix  -       n       n       -       0       spawn user=nobody argv=$DIR/bin/policyd-spf $DIR/etc/policyd-spf.conf
uucp       unix  -       n       n       -       -       pipe flags=Fqhu user=uucp argv=uux -r -n -z -a$sender - $nexthop!rmail ($recipient)
`
	goodOverrides = `submission/inet/smtpd_sasl_auth_enable = yes
submission/inet/smtpd_recipient_restrictions = permit_sasl_authenticated, reject
`
	goodConfig = "Reason_URL =\n"
)

// newTree returns a tree without problems.
func newTree(t *testing.T) *tree {
	t.Helper()
	tr := &tree{dir: t.TempDir(), main: goodMain, master: goodMaster, overrides: goodOverrides, config: goodConfig}
	if err := os.Chmod(filepath.Dir(tr.dir), 0o755); err != nil { // of the test, where others may not search
		t.Fatal(err)
	}
	for _, folder := range []string{"bin", "etc", "queue"} {
		if err := os.Mkdir(filepath.Join(tr.dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tr.write(t, "bin/policyd-spf", "\x7fELF", 0o755)
	return tr
}

// write makes a file, and the folders above it.
func (tr *tree) write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(tr.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(tr.expand(text)), mode); err != nil {
		t.Fatal(err)
	}
	tr.chmod(t, name, mode)
}

func (tr *tree) chmod(t *testing.T, name string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(filepath.Join(tr.dir, name), mode); err != nil {
		t.Fatal(err)
	}
}

func (tr *tree) expand(text string) string { return strings.ReplaceAll(text, "$DIR", tr.dir) }

// replace replaces a text that must be in the configuration, in main.cf or in
// master.cf.
func (tr *tree) replace(t *testing.T, old, with string) {
	t.Helper()
	for _, file := range []*string{&tr.main, &tr.master, &tr.config, &tr.overrides} {
		if strings.Contains(*file, old) {
			*file = strings.Replace(*file, old, with, 1)
			return
		}
	}
	t.Fatalf("%q is not there to be replaced", old)
}

// input returns the input for a check of the tree.
func (tr *tree) input(t *testing.T) Input {
	t.Helper()
	if _, err := os.Stat(filepath.Join(tr.dir, "etc/policyd-spf.conf")); err != nil {
		tr.write(t, "etc/policyd-spf.conf", tr.config, 0o644)
	}
	tr.write(t, "postfix/main.cf", "# main.cf\n"+tr.main, 0o644)
	tr.write(t, "postfix/master.cf", strings.ReplaceAll(tr.master, " spawn ", " spawn\n    "), 0o644)
	// postconf leaves $DIR alone only if it is replaced before.
	files := postfixtest.Files{Main: tr.expand(tr.main), Master: tr.expand(tr.master), Overrides: tr.expand(tr.overrides)}
	return Input{DefaultFile: tr.dir + "/etc/default.conf", ParseArgs: parseArgs, Postconf: files.Postconf, Host: tr.host}
}

// parseArgs is a simple parser of arguments in master.cf.
func parseArgs(args []string) (parsed Arguments) {
	for len(args) > 0 {
		if server, ok := strings.CutPrefix(args[0], "--dns="); ok {
			parsed.NameServer, _ = netip.ParseAddrPort(server)
		} else if zone, ok := strings.CutPrefix(args[0], "--zone="); ok {
			parsed.Zone = zone
		} else {
			parsed.File, parsed.Ignored = args[0], args[1:]
			break
		}
		args = args[1:]
	}
	return parsed
}

// problems returns the problems of the tree as lines.
func (tr *tree) problems(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, p := range Run(t.Context(), tr.input(t)).Problems {
		lines = append(lines, strings.ReplaceAll(p.String(), tr.dir, "$DIR"))
	}
	return lines
}
