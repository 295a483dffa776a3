package checkconfig

import (
	"fmt"
	"os"
	"path/filepath"
	"policyd-spf/internal/golden"
	"strings"
	"testing"
)

// edit is a change of a tree. If old is empty, with is the part of the tree that edit
// replaces: "main:", "overrides:" or "config:" and lines that are added there.
type edit struct{ old, with string }

// cases are trees with one mistake each. testdata/problems.txt has what is found.
var cases = []struct {
	name  string
	edits []edit
	setup func(*testing.T, *tree)
}{
	{name: "no mistake"},

	// master.cf
	{name: "process limit", edits: []edit{{"0       spawn", "10      spawn"}}},
	{name: "default process limit", edits: []edit{{"0       spawn", "-       spawn"}}},
	{name: "unprivileged", edits: []edit{{"-       n       n       -       0", "-       -       n       -       0"}}},
	{name: "user root", edits: []edit{{"user=nobody", "user=root"}}},
	{name: "user with root's ID", edits: []edit{{"user=nobody", "user=toor"}}},
	{name: "user in root's group", edits: []edit{{"user=nobody", "user=admin"}}},
	{name: "user postfix", edits: []edit{{"user=nobody", "user=postfix:nogroup"}}},
	{name: "group postfix", edits: []edit{{"user=nobody", "user=nobody:postfix"}}},
	{name: "no such user", edits: []edit{{"user=nobody", "user=policyd"}}},
	{name: "no such group", edits: []edit{{"user=nobody", "user=nobody:policyd"}}},
	{name: "user and group", edits: []edit{{"user=nobody", "user=nobody:nogroup"}}},
	{name: "no user", edits: []edit{{"user=nobody ", ""}}},
	{name: "spaces around =", edits: []edit{{"user=nobody argv=", "user = nobody argv="}}},
	{name: "pipe in place of spawn", edits: []edit{{"0       spawn", "0       pipe"}}},
	{name: "type that smtpd cannot connect to", edits: []edit{{"policy-spf unix ", "policy-spf fifo "}}},
	{name: "bad field", edits: []edit{{"-       n       n       -       0", "-       n       n       never   0"}}},
	{name: "bad process limit", edits: []edit{{"0       spawn", "none    spawn"}}},
	{name: "wakeup time", edits: []edit{{"n       n       -       0", "n       n       60      0"}}},
	{name: "a field too many", edits: []edit{{"-       0       spawn", "-       -       0       spawn"}}},
	{name: "first line commented out", edits: []edit{{"\npolicy-spf unix  -       n       n       -       0       spawn", " "}, {"submission", "pickup"}, {"       smtpd -o syslog_name=postfix/submission", "       pickup"}}},
	{name: "command of another name", edits: []edit{{"0       spawn", "0       spawnd"}}},
	{name: "entry twice", edits: []edit{{"uucp ", "policy-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/other\nuucp "}}},
	{name: "entry twice, ours last", edits: []edit{{"smtp ", "policy-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/other\nsmtp "}}},
	{name: "no argv=", edits: []edit{{"argv=", ""}}},
	{name: "argv misspelt", edits: []edit{{"argv=", "args="}}},
	{name: "space after argv=", edits: []edit{{"argv=", "argv= "}}},
	{name: "-o with a space in its value", edits: []edit{{"       smtpd\n", "       smtpd -o smtpd_recipient_restrictions=permit_mynetworks, reject\n"}}},
	{name: "-o with spaces around =", edits: []edit{{"       smtpd\n", "       smtpd -o soft_bounce = yes\n"}}},
	{name: "-o without a parameter", edits: []edit{{"       smtpd\n", "       smtpd -v -osoft_bounce=no -o\n"}}},
	{name: "-o in braces", edits: []edit{{"       smtpd\n", "       smtpd -v -o { soft_bounce = no } -osoft_bounce=no\n"}}},
	{name: "postscreen without an smtpd", edits: []edit{{"       smtpd\n", "       postscreen\n"}}},
	{name: "another service with a bad field", edits: []edit{{"uucp       unix  -", "uucp       unix  yes"}}},
	{name: "time limit is the default", edits: []edit{{"time_limit = 3600s", "time_limit = 1000s"}}},
	{name: "time limit of another name", edits: []edit{{"policy-spf_time_limit = 3600s", "policy-spf_time_limit = 1000s\npolicyd-spf_time_limit = 3600s"}}},
	{name: "time limit of 0", edits: []edit{{"time_limit = 3600s", "time_limit = 0"}}},
	{name: "time limit is short", edits: []edit{{"time_limit = 3600s", "time_limit = 5m"}}},
	{name: "time limit is rather short", edits: []edit{{"time_limit = 3600s", "time_limit = 1800"}}},
	{name: "time limit of an hour", edits: []edit{{"time_limit = 3600s", "time_limit = 1h"}}},
	{name: "time limit that is not a time", edits: []edit{{"time_limit = 3600s", "time_limit = an hour"}}},
	{name: "quotes in argv", edits: []edit{{"$DIR/etc/policyd-spf.conf", "'$DIR/etc/policyd-spf.conf'"}}},
	{name: "braces in argv", edits: []edit{{"$DIR/etc/policyd-spf.conf", "{ $DIR/etc/policy spf.conf }"}}, setup: func(t *testing.T, tr *tree) {
		tr.write(t, "etc/policy spf.conf", tr.config, 0o644)
	}},
	{name: "braces around argv", edits: []edit{{"argv=$DIR/bin/policyd-spf $DIR/etc/policyd-spf.conf", "{ argv=$DIR/bin/policyd-spf $DIR/etc/policyd-spf.conf }"}}},
	{name: "braces around user", edits: []edit{{"user=nobody", "{ user=nobody }"}}},
	{name: "flag that is taken as a file", edits: []edit{{"$DIR/etc/policyd-spf.conf", "--debug $DIR/etc/policyd-spf.conf"}}},
	{name: "-h", edits: []edit{{"$DIR/etc/policyd-spf.conf", "-h"}}},
	{name: "argument after the file", edits: []edit{{"$DIR/etc/policyd-spf.conf", "$DIR/etc/policyd-spf.conf --dns=192.0.2.53"}}},
	{name: "flag before the file", edits: []edit{{"$DIR/etc/policyd-spf.conf", "--dns=192.0.2.53 $DIR/etc/policyd-spf.conf"}}},
	{name: "no argument, no default file", edits: []edit{{" $DIR/etc/policyd-spf.conf", ""}}},
	{name: "shell before the binary", edits: []edit{{"argv=", "argv=/bin/sh "}}},
	{name: "no service", edits: []edit{{"policy-spf unix", "# "}, {", check_policy_service unix:private/policy-spf", ""}}},

	// files
	{name: "no program", edits: []edit{{"$DIR/bin/policyd-spf", "$DIR/sbin/policyd-spf"}}},
	{name: "program that is not in PATH", edits: []edit{{"$DIR/bin/policyd-spf", "policyd-spf-of-nobody"}}},
	{name: "program below the queue directory", edits: []edit{{"$DIR/bin/policyd-spf", "../bin/policyd-spf"}}},
	{name: "program by a symbolic link", edits: []edit{{"$DIR/bin/policyd-spf", "$DIR/link/policyd-spf"}}, setup: func(t *testing.T, tr *tree) {
		if err := os.Symlink("bin/../bin", filepath.Join(tr.dir, "link")); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "program that is a loop of links", setup: func(t *testing.T, tr *tree) {
		path := filepath.Join(tr.dir, "bin/policyd-spf")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("policyd-spf", path); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "program that is a folder", edits: []edit{{"$DIR/bin/policyd-spf", "$DIR/lib/policyd-spf"}}, setup: func(t *testing.T, tr *tree) {
		tr.write(t, "lib/policyd-spf/README", "", 0o644)
	}},
	{name: "relative path of the configuration", edits: []edit{{"$DIR/etc/policyd-spf.conf", "policyd-spf.conf"}}},
	{name: "no zone file", edits: []edit{{"$DIR/etc/policyd-spf.conf", "--zone=$DIR/zone $DIR/etc/policyd-spf.conf"}}},
	{name: "zone file not readable", edits: []edit{{"$DIR/etc/policyd-spf.conf", "--zone=$DIR/zone $DIR/etc/policyd-spf.conf"}}, setup: func(t *testing.T, tr *tree) {
		tr.write(t, "zone", "", 0o600)
	}},
	{name: "zone file with an error", edits: []edit{{"$DIR/etc/policyd-spf.conf", "--zone=$DIR/zone $DIR/etc/policyd-spf.conf"}}, setup: func(t *testing.T, tr *tree) {
		tr.write(t, "zone", "example.com. TXT \"a\n", 0o644)
	}},
	{name: "zone file", edits: []edit{{"$DIR/etc/policyd-spf.conf", "--zone=$DIR/zone $DIR/etc/policyd-spf.conf"}}, setup: func(t *testing.T, tr *tree) {
		tr.write(t, "zone", "example.com. TXT \"a\"\n", 0o644)
	}},
	{name: "program not executable", setup: func(t *testing.T, tr *tree) { tr.chmod(t, "bin/policyd-spf", 0o644) }},
	{name: "program executable for its owner only", setup: func(t *testing.T, tr *tree) { tr.chmod(t, "bin/policyd-spf", 0o744) }},
	{name: "folder of the program not searchable", setup: func(t *testing.T, tr *tree) { tr.chmod(t, "bin", 0o700) }},
	{name: "program of env not there", edits: []edit{{"argv=", "argv=/usr/bin/env -i LANG=C $DIR/bin/starter "}}},
	{name: "program of env", edits: []edit{{"argv=", "argv=/usr/bin/env -i LANG=C $DIR/bin/starter "}}, setup: func(t *testing.T, tr *tree) {
		tr.write(t, "bin/starter", "#!/bin/sh\n", 0o755)
	}},
	{name: "program in another PATH", edits: []edit{{"argv=", "argv=/usr/bin/env PATH=/opt/bin starter-of-nobody "}}},
	{name: "program that Python may not read", edits: []edit{{"argv=", "argv=$DIR/bin/python3 "}}, setup: func(t *testing.T, tr *tree) {
		tr.write(t, "bin/python3", "", 0o755)
		tr.write(t, "bin/policyd-spf", "\x7fELF"+zipped(t, "__main__.py"), 0o711)
	}},
	{name: "no configuration", edits: []edit{{"$DIR/etc/policyd-spf.conf", "$DIR/etc/none.conf"}}},
	{name: "configuration not readable", setup: func(t *testing.T, tr *tree) {
		tr.write(t, "etc/policyd-spf.conf", tr.config, 0o600)
	}},
	{name: "folder of the configuration not searchable", setup: func(t *testing.T, tr *tree) {
		tr.write(t, "etc/policyd-spf.conf", tr.config, 0o644)
		tr.chmod(t, "etc", 0o744)
	}},
	{name: "per-user file not readable", edits: []edit{{"", "config:Per_User = text,$DIR/users/peruser"}}, setup: func(t *testing.T, tr *tree) {
		tr.write(t, "users/peruser", "a@example.com,HELO_reject=False\n", 0o640)
	}},
	{name: "folder of the per-user file not searchable", edits: []edit{{"", "config:Per_User = text,$DIR/users/peruser"}}, setup: func(t *testing.T, tr *tree) {
		tr.write(t, "users/peruser", "a@example.com,HELO_reject=False\n", 0o644)
		tr.chmod(t, "users", 0o750)
	}},
	{name: "shadow configuration not readable", edits: []edit{{"", "config:Shadow_Config = $DIR/shadow/shadow.conf"}}, setup: func(t *testing.T, tr *tree) {
		tr.write(t, "shadow/shadow.conf", "Reason_URL =\n", 0o600)
	}},
	{name: "SELinux", setup: func(_ *testing.T, tr *tree) { tr.host.enforcing = true }},
	{name: "chroot", edits: []edit{{"-       n       n       -       0", "-       n       y       -       0"}}},
	{name: "chroot with some files", edits: []edit{{"-       n       n       -       0", "-       n       y       -       0"}, {"argv=$DIR/bin", "argv=/bin"}, {"$DIR/etc/policyd-spf.conf", "/policyd-spf.conf"}},
		setup: func(t *testing.T, tr *tree) {
			tr.write(t, "queue/bin/policyd-spf", "\x7fELF", 0o755)
			tr.write(t, "queue/policyd-spf.conf", tr.config, 0o644)
		}},
	{name: "chroot with all files", edits: []edit{{"-       n       n       -       0", "-       n       y       -       0"}, {"argv=$DIR/bin", "argv=/bin"}, {"$DIR/etc/policyd-spf.conf", "/policyd-spf.conf"}},
		setup: func(t *testing.T, tr *tree) {
			tr.write(t, "queue/bin/policyd-spf", "\x7fELF", 0o755)
			tr.write(t, "queue/policyd-spf.conf", tr.config, 0o644)
			tr.write(t, "queue/etc/resolv.conf", "", 0o644)
			tr.write(t, "queue/dev/log", "", 0o666)
		}},
	{name: "default chroot of old Postfix", edits: []edit{{"-       n       n       -       0", "-       n       -       -       0"}, {"3.7.11", "2.11.3"}}},
	{name: "default chroot of compatibility level 0", edits: []edit{{"-       n       n       -       0", "-       n       -       -       0"}, {"compatibility_level = 3.6", "compatibility_level = 0"}}},
	{name: "default chroot", edits: []edit{{"-       n       n       -       0", "-       n       -       -       0"}}},

	// addresses of policy services
	{name: "no unix:", edits: []edit{{"unix:private", "private"}}},
	{name: "no inet:", edits: []edit{{"unix:private/policy-spf", "127.0.0.1:10099"}}},
	{name: "public in main.cf", edits: []edit{{"unix:private", "unix:public"}}},
	{name: "public in master.cf", edits: []edit{{"policy-spf unix  -", "policy-spf unix  n"}}},
	{name: "public in both", edits: []edit{{"unix:private", "unix:public"}, {"policy-spf unix  -", "policy-spf unix  n"}}},
	{name: "name alone", edits: []edit{{"unix:private/", "unix:"}}},
	{name: "absolute path in a chroot", edits: []edit{{"unix:private", "unix:$DIR/queue/private"}}},
	{name: "absolute path", edits: []edit{{"unix:private", "unix:$DIR/queue/private"}, {"smtp       inet  n       -       y", "smtp       inet  n       -       n"}}},
	{name: "another name", edits: []edit{{"unix:private/policy-spf", "unix:private/policyd-spf"}}},
	{name: "not after check_policy_service", edits: []edit{{"check_policy_service unix", "check_policy_services unix"}}},
	{name: "no host or port", edits: []edit{{"unix:private/policy-spf", "inet:mail.example"}}},
	{name: "another program's service beside", edits: []edit{{"check_policy_service", "check_policy_service inet:127.0.0.1:10023, check_policy_service"}}},
	{name: "no socket at an absolute path", edits: []edit{{"unix:private", "unix:/private"}}},
	{name: "two slashes", edits: []edit{{"unix:private", "unix://private"}}},
	{name: "another program's socket", edits: []edit{{"check_policy_service", "check_policy_service unix:postgrey/socket, check_policy_service"}}},
	{name: "space after unix:", edits: []edit{{"unix:private", "unix: private"}}},
	{name: "UNIX: in capitals", edits: []edit{{"unix:private", "UNIX:private"}}},
	{name: "tcp:", edits: []edit{{"unix:private/policy-spf", "tcp:127.0.0.1:10099"}}},
	{name: "inet: and a path", edits: []edit{{"unix:private", "inet:private"}}},
	{name: "unix: and the name of a TCP service", edits: []edit{{"policy-spf unix ", "127.0.0.1:10099 inet "}, {"policy-spf_time_limit", "127.0.0.1:10099_time_limit"}, {"unix:private/policy-spf", "unix:127.0.0.1:10099"}}},
	{name: "attribute that is not a number", edits: []edit{{"unix:private/policy-spf", "{ unix:private/policy-spf, try_limit=0, request_limit=many }"}}},
	{name: "default_action that Postfix does not know", edits: []edit{{"unix:private/policy-spf", "{ unix:private/policy-spf, default_action=ACCEPT }"}}},
	{name: "parameters that are not numbers", edits: []edit{{"timeout = 100s", "timeout = 100sec"}, {"", "main:smtpd_policy_service_try_limit = 0"}, {"", "main:smtpd_policy_service_request_limit = 0"}}},
	{name: "unknown attribute", edits: []edit{{"unix:private/policy-spf", "{ unix:private/policy-spf, time=30s }"}}},
	{name: "spaces around = of an attribute", edits: []edit{{"unix:private/policy-spf", "{ unix:private/policy-spf, timeout = 30s }"}}},
	{name: "spaces around = in inner braces", edits: []edit{{"unix:private/policy-spf", "{ unix:private/policy-spf, { timeout = 60s } }"}}},
	{name: "at a port", edits: []edit{{"policy-spf unix ", "127.0.0.1:10099 inet "}, {"policy-spf_time_limit", "127.0.0.1:10099_time_limit"}, {"unix:private/policy-spf", "inet:localhost:10099"}}},

	// lists of restrictions
	{name: "no restriction uses the service", edits: []edit{{", check_policy_service unix:private/policy-spf", ""}}},
	{name: "after permit", edits: []edit{{"check_policy_service", "permit, check_policy_service"}}},
	{name: "after reject", edits: []edit{{"check_policy_service", "REJECT, check_policy_service"}}},
	{name: "after warn_if_reject reject", edits: []edit{{"check_policy_service", "warn_if_reject reject, check_policy_service"}}},
	{name: "after permit_auth_destination", edits: []edit{{"reject_unauth_destination", "permit_auth_destination, reject_unauth_destination"}}},
	{name: "after a class with permit", edits: []edit{{"check_policy_service", "friends, check_policy_service"}, {"smtpd_restriction_classes =", "smtpd_restriction_classes = friends"}, {"", "main:friends = check_client_access hash:/etc/postfix/friends, permit"}}},
	{name: "after a table that permits all", edits: []edit{{"check_policy_service", "check_client_access static:OK, check_policy_service"}}},
	{name: "in a class", edits: []edit{{"check_policy_service unix:private/policy-spf", "spf"}, {"smtpd_restriction_classes =", "smtpd_restriction_classes = spf"}, {"", "main:spf = check_policy_service unix:private/policy-spf"}}},
	{name: "in a class that only a table names", edits: []edit{{"check_policy_service unix:private/policy-spf", "check_recipient_access hash:/etc/postfix/spf"}, {"smtpd_restriction_classes =", "smtpd_restriction_classes = spf"}, {"", "main:spf = check_policy_service unix:private/policy-spf"}}},
	{name: "in a class that is not declared", edits: []edit{{"check_policy_service unix:private/policy-spf", "spf"}, {"", "main:spf = check_policy_service unix:private/policy-spf"}}},
	{name: "after a class that is not declared", edits: []edit{{"check_policy_service", "friends, check_policy_service"}}},
	{name: "after restrictions with arguments", edits: []edit{{"check_policy_service", "sleep 1, reject_rbl_client bl, check_client_a_access mysql:/x, check_sender_access inline:{ a@example.com=OK }, reject_unlisted_sender, check_policy_service"}}},
	{name: "class without a definition", edits: []edit{{"smtpd_restriction_classes =", "smtpd_restriction_classes = greylist"}}},
	{name: "misspelt restriction", edits: []edit{{"reject_unauth_destination, check", "reject_unauth_destinations, check"}}},
	{name: "misspelt restriction in capitals", edits: []edit{{"permit_mynetworks, reject", "PERMIT_MY_NETWORKS, reject"}}},
	{name: "restriction of a later Postfix", edits: []edit{{"check_policy_service", "reject_of_the_future, check_policy_service"}, {"3.7.11", "4.0.0"}}},
	{name: "restriction of no Postfix", edits: []edit{{"check_policy_service", "reject_of_the_future, check_policy_service"}}},
	{name: "no lookup table after a restriction", edits: []edit{{"check_policy_service", "check_sender_access, reject_unlisted_sender, check_policy_service"}}},
	{name: "attributes without braces", edits: []edit{{"unix:private/policy-spf", "unix:private/policy-spf, timeout=100s, default_action=DUNNO"}}},
	{name: "closing brace alone", edits: []edit{{"unix:private/policy-spf", "unix:private/policy-spf }"}}},
	{name: "opening brace alone", edits: []edit{{"unix:private/policy-spf", "{ unix:private/policy-spf"}}},
	{name: "no address", edits: []edit{{" unix:private/policy-spf", ""}}},
	{name: "another restriction as the address", edits: []edit{{"unix:private/policy-spf", "reject_unlisted_sender"}}},
	{name: "nothing refuses to relay", edits: []edit{{"reject_unauth_destination, ", ""}, {", defer_unauth_destination", ""}}},
	{name: "only a warning refuses to relay", edits: []edit{{"reject_unauth_destination, ", "warn_if_reject reject_unauth_destination, "}, {", defer_unauth_destination", ""}}},
	{name: "soft bounce", edits: []edit{{"", "main:soft_bounce = yes"}}},
	{name: "set twice", edits: []edit{{"", "main:smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination"}}},
	{name: "set in a misspelt parameter", edits: []edit{{"smtpd_recipient_restrictions", "smtpd_recipients_restrictions"}}},
	{name: "in a class of itself", edits: []edit{{"check_policy_service unix:private/policy-spf", "spf"}, {"smtpd_restriction_classes =", "smtpd_restriction_classes = spf"}, {"", "main:spf = spf, check_policy_service unix:private/policy-spf"}}},
	{name: "warn_if_reject", edits: []edit{{"check_policy_service", "warn_if_reject check_policy_service"}}},
	{name: "overridden at port 25", edits: []edit{{"", "overrides:smtp/inet/smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination"}, {"-       smtpd\n", "-       smtpd -o x=y\n"}}},
	{name: "overridden behind postscreen", edits: []edit{{"smtp       inet  n       -       y       -       -       smtpd", "smtp       inet  n       -       y       -       1       postscreen\nsmtpd      pass  -       -       y       -       -       smtpd -o x=y"}, {"", "overrides:smtpd/pass/smtpd_recipient_restrictions ="}}},
	{name: "overridden everywhere", edits: []edit{{"smtp       inet", "2525       inet"}, {"", "overrides:2525/inet/smtpd_recipient_restrictions = permit_mynetworks, reject"}, {"-       smtpd\n", "-       smtpd -o x=y\n"}}},
	{name: "overridden for a content filter", edits: []edit{{"uucp ", "127.0.0.1:10025 inet n - n - - smtpd -o x=y\nuucp "}, {"", "overrides:127.0.0.1:10025/inet/smtpd_recipient_restrictions = permit_mynetworks, reject"}}},
	{name: "in an override only", edits: []edit{{", check_policy_service unix:private/policy-spf", ""}, {"-       smtpd\n", "-       smtpd -o x=y\n"}, {"", "overrides:smtp/inet/smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_policy_service unix:private/policy-spf"}}},
	{name: "never reached at submission", edits: []edit{{"permit_sasl_authenticated, reject\n", "permit_sasl_authenticated, reject, check_policy_service unix:private/policy-spf\n"}}},
	{name: "by $name in an override", edits: []edit{{"permit_sasl_authenticated, reject\n", "$mua, check_policy_service unix:private/gone\n"}, {"", "main:mua = permit_sasl_authenticated"}}},

	// relaying
	{name: "open relay in recipient restrictions", edits: []edit{{"reject_unauth_destination, check_policy_service", "check_policy_service"}, {"permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination", ""}}},
	{name: "relay restrictions protect", edits: []edit{{"reject_unauth_destination, check_policy_service", "check_policy_service"}}},
	{name: "mail for others is looked up", edits: []edit{{"reject_unauth_destination, check_policy_service unix:private/policy-spf", "check_policy_service unix:private/policy-spf, reject_unauth_destination"}, {"recipient_restrictions = yes", "recipient_restrictions = no"}}},
	{name: "relay restrictions come first", edits: []edit{{"reject_unauth_destination, check_policy_service unix:private/policy-spf", "check_policy_service unix:private/policy-spf, reject_unauth_destination"}}},
	{name: "open relay in relay restrictions", edits: []edit{{"permit_sasl_authenticated, defer_unauth_destination", "permit_sasl_authenticated, check_policy_service unix:private/policy-spf, defer_unauth_destination"}}},

	// own users
	{name: "own networks", edits: []edit{{"permit_mynetworks, reject", "reject"}, {"127.0.0.0/8 [::1]/128", "127.0.0.0/8 192.0.2.0/24 [2001:db8::]/32 !198.51.100.1 hash:/etc/postfix/networks 203.0.113.1"}}},
	{name: "own networks in skip_addresses", edits: []edit{{"permit_mynetworks, reject", "reject"}, {"127.0.0.0/8 [::1]/128", "192.0.2.0/24 [2001:db8::]/32"}, {"", "config:skip_addresses = 192.0.0.0/16\nWhitelist = 2001:db8::/32"}}},
	{name: "part of the own networks in skip_addresses", edits: []edit{{"permit_mynetworks, reject", "reject"}, {"127.0.0.0/8 [::1]/128", "192.0.2.0/24"}, {"", "config:skip_addresses = 192.0.2.0/25"}}},
	{name: "loopback is never checked", edits: []edit{{"permit_mynetworks, reject", "reject"}}},
	{name: "own users at port 25", edits: []edit{{"smtpd_sasl_auth_enable = no", "smtpd_sasl_auth_enable = yes"}}},
	{name: "own users permitted", edits: []edit{{"smtpd_sasl_auth_enable = no", "smtpd_sasl_auth_enable = yes"}, {"permit_mynetworks, reject", "permit_mynetworks, permit_sasl_authenticated, reject"}}},
	{name: "own users skipped", edits: []edit{{"smtpd_sasl_auth_enable = no", "smtpd_sasl_auth_enable = yes"}, {"", "config:Skip_Authenticated = Yes"}}},
	{name: "own users in sender restrictions at submission", edits: []edit{{"", "main:smtpd_sender_restrictions = check_policy_service unix:private/policy-spf"}}},
	{name: "own users in relay restrictions at submission", edits: []edit{{"permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination", "permit_mynetworks, defer_unauth_destination, check_policy_service unix:private/policy-spf"}}},
	{name: "only own users at submission", edits: []edit{{"permit_mynetworks, reject", "reject"}, {"127.0.0.0/8 [::1]/128", "192.0.2.0/24"}, {"permit_sasl_authenticated, reject\n", "check_policy_service unix:private/policy-spf\nsubmission/inet/smtpd_client_restrictions = permit_sasl_authenticated, reject\n"}}},
	{name: "nobody authenticates at port 25", edits: []edit{{"smtpd_sasl_auth_enable = no", "smtpd_sasl_auth_enable = yes"}, {"smtpd_client_restrictions =", "smtpd_client_restrictions = permit_mynetworks, reject"}, {"permit_sasl_authenticated, reject\n", "permit_sasl_authenticated, reject\nsubmission/inet/smtpd_client_restrictions =\n"}}},
	{name: "own users permitted too late", edits: []edit{{"permit_sasl_authenticated, reject\n", "check_policy_service unix:private/policy-spf, permit_sasl_authenticated, reject\n"}}},

	// stages and times
	{name: "at the end of data", edits: []edit{{"smtpd_client_restrictions =", "smtpd_end_of_data_restrictions = permit_mynetworks, permit_sasl_authenticated, check_policy_service unix:private/policy-spf"}}},
	{name: "at ETRN", edits: []edit{{"smtpd_client_restrictions =", "smtpd_etrn_restrictions = check_policy_service unix:private/policy-spf"}}},
	{name: "at HELO, not delayed", edits: []edit{{"smtpd_client_restrictions =", "smtpd_helo_restrictions = permit_mynetworks, permit_sasl_authenticated, check_policy_service unix:private/policy-spf"}, {"smtpd_delay_reject = yes", "smtpd_delay_reject = no"}}},
	{name: "at HELO, delayed", edits: []edit{{"smtpd_client_restrictions =", "smtpd_helo_restrictions = permit_mynetworks, permit_sasl_authenticated, check_policy_service unix:private/policy-spf"}}},
	{name: "timeout in main.cf", edits: []edit{{"timeout = 100s", "timeout = 10s"}}},
	{name: "timeout in braces", edits: []edit{{"unix:private/policy-spf", "{ unix:private/policy-spf, timeout=30s }"}}},
	{name: "timeout in braces, long enough", edits: []edit{{"unix:private/policy-spf", "{ unix:private/policy-spf, timeout=40s }"}}},
	{name: "timeout in braces, short lookups", edits: []edit{{"unix:private/policy-spf", "{ unix:private/policy-spf, timeout=30s }"}, {"", "config:Lookup_Time = 15"}}},
	{name: "timeout in braces with DUNNO", edits: []edit{{"unix:private/policy-spf", "{ unix:private/policy-spf, timeout=30s, default_action=DUNNO }"}}},
	{name: "timeout in braces that is not a time", edits: []edit{{"unix:private/policy-spf", "{ unix:private/policy-spf, timeout=soon }"}}},
	{name: "timeout at one smtpd", edits: []edit{{"-       smtpd\n", "-       smtpd -o x=y\n"}, {"", "overrides:smtp/inet/smtpd_policy_service_timeout = 20"}}},

	// actions
	{name: "missing class", edits: []edit{{"", "config:Mail_From_pass_restriction = spf_pass"}}},
	{name: "class", edits: []edit{{"", "config:Mail_From_pass_restriction = spf_pass"}, {"smtpd_restriction_classes =", "smtpd_restriction_classes = other spf_pass"}, {"", "main:spf_pass = reject_unlisted_sender"}, {"", "main:other = reject_unlisted_sender"}}},
	{name: "list of classes", edits: []edit{{"", "config:HELO_pass_restriction = spf_pass, permit_auth_destination other"}, {"smtpd_restriction_classes =", "smtpd_restriction_classes = other, spf_pass"}, {"", "main:spf_pass = reject_unlisted_sender"}, {"", "main:other = reject_unlisted_sender"}}},
	{name: "list with a missing class", edits: []edit{{"", "config:HELO_pass_restriction = spf_pass, other"}, {"smtpd_restriction_classes =", "smtpd_restriction_classes = spf_pass"}, {"", "main:spf_pass = reject_unlisted_sender"}}},
	{name: "class missing at one smtpd", edits: []edit{{"", "config:HELO_pass_restriction = spf_pass"}, {"smtpd_restriction_classes =", "smtpd_restriction_classes = spf_pass"}, {"", "main:spf_pass = reject_unlisted_sender"}, {"-       smtpd\n", "-       smtpd -o x=y\n"}, {"", "overrides:smtp/inet/smtpd_restriction_classes ="}}},
	{name: "actions", edits: []edit{{"", "config:HELO_pass_restriction = PREPEND X-SPF: pass\nMail_From_pass_restriction = dunno\nMail_From_softfail_restriction = DEFER_IF_PERMIT 4.7.1 Try later\nMail_From_neutral_restriction = 450 4.7.1 Try later\nMail_From_none_restriction = REDIRECT spam@example.com"}}},
	{name: "bad actions", edits: []edit{{"", "config:HELO_pass_restriction = PREPEND pass\nMail_From_pass_restriction = 550\nMail_From_softfail_restriction = 250 ok\nMail_From_neutral_restriction = FILTER smtp\nMail_From_none_restriction = REDIRECT spam\nMail_From_permerror_restriction = check_client_access hash:/x"}}},
	{name: "missing class of a recipient", edits: []edit{{"", "config:Per_User = text,$DIR/users/peruser"}}, setup: func(t *testing.T, tr *tree) {
		tr.write(t, "users/peruser", "a@example.com,Mail_From_pass_restriction=strict\n", 0o644)
	}},

	// DMARC
	{name: "DMARC without a Milter", edits: []edit{{"", "config:Leave_DMARC = Enforced"}}},
	{name: "DMARC with OpenDKIM", edits: []edit{{"", "config:Leave_DMARC = All"}, {"", "main:smtpd_milters = unix:opendkim/opendkim.sock"}}},
	{name: "DMARC with OpenDMARC", edits: []edit{{"", "config:Leave_DMARC = Enforced"}, {"", "main:smtpd_milters = unix:opendkim/opendkim.sock, { unix:opendmarc/opendmarc.sock, default_action=accept }"}}},
	{name: "DMARC with OpenDMARC's port", edits: []edit{{"", "config:Leave_DMARC = Enforced"}, {"", "main:smtpd_milters = { inet:localhost:8893, connect_timeout=10s }"}}},
	{name: "DMARC with another port that begins alike", edits: []edit{{"", "config:Leave_DMARC = Enforced"}, {"", "main:smtpd_milters = inet:localhost:88931"}}},
	{name: "DMARC with authentication_milter", edits: []edit{{"", "config:Leave_DMARC = Enforced"}, {"", "main:smtpd_milters = unix:/run/authentication_milter.sock"}}},
	{name: "DMARC with rspamd's port", edits: []edit{{"", "config:Leave_DMARC = Enforced"}, {"", "main:smtpd_milters = inet:localhost:11332"}}},
	{name: "DMARC with an unknown Milter", edits: []edit{{"", "config:Leave_DMARC = Enforced"}, {"", "main:smtpd_milters = inet:localhost:12345"}}},
	{name: "DMARC with a content filter", edits: []edit{{"", "config:Leave_DMARC = Enforced"}, {"", "main:content_filter = smtp:[127.0.0.1]:10024"}}},
	{name: "DMARC, Milter overridden", edits: []edit{{"", "config:Leave_DMARC = Enforced"}, {"", "main:smtpd_milters = inet:localhost:11332"}, {"-       smtpd\n", "-       smtpd -o x=y\n"}, {"", "overrides:smtp/inet/smtpd_milters ="}}},

	// the URL
	{name: "default Reason_URL", edits: []edit{{"Reason_URL =\n", ""}}},
	{name: "another dead Reason_URL", edits: []edit{{"Reason_URL =", "Reason_URL = http://www.OpenSPF.org/Why?s={0};id={1};ip={2};r={3}"}}},
	{name: "default Reason_URL, nothing rejected", edits: []edit{{"Reason_URL =\n", "HELO_reject = False\nMail_From_reject = False\n"}}},
	{name: "default Reason_URL, message without URL", edits: []edit{{"Reason_URL =\n", "Reason_Message = Message {rejectdefer}: {spf}\n"}}},
}

func (tr *tree) edit(t *testing.T, edits []edit) {
	t.Helper()
	for _, e := range edits {
		if e.old != "" {
			tr.replace(t, e.old, e.with)
			continue
		}
		part, text, _ := strings.Cut(e.with, ":")
		file := map[string]*string{"main": &tr.main, "overrides": &tr.overrides, "config": &tr.config}[part]
		*file += text + "\n"
	}
}

func TestProblems(t *testing.T) {
	var got strings.Builder
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			tr := newTree(t)
			tr.edit(t, test.edits)
			if test.setup != nil {
				test.setup(t, tr)
			}
			fmt.Fprintf(&got, "-- %s --\n", test.name)
			for _, line := range tr.problems(t) {
				line = strings.NewReplacer("owner "+userName(uint32(os.Getuid())), "owner OWNER", "group "+groupName(uint32(os.Getgid())), "group GROUP").Replace(line)
				got.WriteString(line + "\n")
			}
		})
	}
	golden.Compare(t, "testdata/problems.txt", got.String())
}
