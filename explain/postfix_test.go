package explain

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"policyd-spf/conf"
)

// validMaster is the output of postconf -M for a correct master.cf.
const validMaster = `smtp       inet  n       -       y       -       -       smtpd
policyd-spf unix -       n       n       -       0       spawn user=nobody argv=/usr/bin/policyd-spf /etc/policyd-spf/policyd-spf.conf
uucp       unix  -       n       n       -       -       pipe flags=Fqhu user=uucp argv=uux -r -n -z -a$sender - $nexthop!rmail ($recipient)
`

// validMain is the output of postconf -x that goes with it.
const validMain = `config_directory = /etc/postfix
mail_owner = postfix
queue_directory = /var/spool/postfix
policyd-spf_time_limit = 3600s
smtpd_client_restrictions =
smtpd_policy_service_timeout = 100s
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_policy_service unix:private/policyd-spf
smtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination
smtpd_restriction_classes =
`

func TestCheckPostfix(t *testing.T) {
	const service = "policyd-spf unix -       n       n       -       0       spawn user=nobody argv=/usr/bin/policyd-spf /etc/policyd-spf/policyd-spf.conf"
	tests := []struct {
		name             string
		old, new         string // in validMaster or validMain
		overrides        string
		severity         conf.Severity
		file, at, phrase string // of the first problem
		more             int    // problems that follow from it
	}{
		{name: "a shell before the binary", old: "argv=/usr/bin/policyd-spf", new: "argv=/bin/sh /usr/bin/policyd-spf",
			severity: conf.Faulty, file: "/etc/postfix/master.cf", at: "policyd-spf argv", phrase: "an interpreter"},
		{name: "process limit", old: "-       0       spawn", new: "-       10      spawn",
			severity: conf.Faulty, file: "/etc/postfix/master.cf", at: "policyd-spf maxproc", phrase: "turn mail away"},
		{name: "default process limit", old: "-       0       spawn", new: "-       -       spawn",
			severity: conf.Faulty, file: "/etc/postfix/master.cf", at: "policyd-spf maxproc", phrase: "turn mail away"},
		{name: "unprivileged", old: "-       n       n       -       0       spawn", new: "-       -       n       -       0       spawn",
			severity: conf.Faulty, file: "/etc/postfix/master.cf", at: "policyd-spf unpriv", phrase: "another user"},
		{name: "chroot", old: "-       n       n       -       0       spawn", new: "-       n       y       -       0       spawn",
			severity: conf.Hint, file: "/etc/postfix/master.cf", at: "policyd-spf chroot", phrase: "queue directory"},
		{name: "user root", old: "user=nobody", new: "user=root",
			severity: conf.Faulty, file: "/etc/postfix/master.cf", at: "policyd-spf user", phrase: "refuses"},
		{name: "user postfix with a group", old: "user=nobody", new: "user=postfix:nogroup",
			severity: conf.Faulty, file: "/etc/postfix/master.cf", at: "policyd-spf user", phrase: "refuses"},
		{name: "no user", old: "user=nobody ", new: "",
			severity: conf.Faulty, file: "/etc/postfix/master.cf", at: "policyd-spf user", phrase: "needs a user"},
		{name: "no time limit", old: "policyd-spf_time_limit = 3600s", new: "policyd-spf_time_limit = 1000s",
			severity: conf.Faulty, file: "/etc/postfix/main.cf", at: "policyd-spf_time_limit", phrase: "the default"},
		{name: "short time limit", old: "policyd-spf_time_limit = 3600s", new: "policyd-spf_time_limit = 5m",
			severity: conf.Faulty, file: "/etc/postfix/main.cf", at: "policyd-spf_time_limit", phrase: "still uses it"},
		{name: "rather short time limit", old: "policyd-spf_time_limit = 3600s", new: "policyd-spf_time_limit = 1800",
			severity: conf.Hint, file: "/etc/postfix/main.cf", at: "policyd-spf_time_limit", phrase: "busy"},
		{name: "time limit that is none", old: "policyd-spf_time_limit = 3600s", new: "policyd-spf_time_limit = an hour",
			severity: conf.Faulty, file: "/etc/postfix/main.cf", at: "policyd-spf_time_limit", phrase: "not a time"},
		{name: "before reject_unauth_destination", old: "reject_unauth_destination, check_policy_service unix:private/policyd-spf\nsmtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination",
			new:      "check_policy_service { unix:private/policyd-spf, timeout=30s }, reject_unauth_destination\nsmtpd_relay_restrictions =",
			severity: conf.Faulty, file: "/etc/postfix/main.cf", at: "smtpd_recipient_restrictions", phrase: "open relay"},
		{name: "before it, but relay restrictions protect", old: "reject_unauth_destination, check_policy_service unix:private/policyd-spf",
			new:      "check_policy_service unix:private/policyd-spf reject_unauth_destination",
			severity: conf.Hint, file: "/etc/postfix/main.cf", at: "smtpd_recipient_restrictions", phrase: "mail for others"},
		{name: "in relay restrictions", old: "smtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination",
			new:      "smtpd_relay_restrictions = permit_mynetworks, check_policy_service unix:private/policyd-spf",
			severity: conf.Faulty, file: "/etc/postfix/main.cf", at: "smtpd_relay_restrictions", phrase: "open relay"},
		{name: "a service that master.cf has not", old: "check_policy_service unix:private/policyd-spf", new: "check_policy_service unix:private/policy-spf",
			severity: conf.Faulty, file: "/etc/postfix/main.cf", at: "smtpd_recipient_restrictions", phrase: "no service policy-spf", more: 1}, // nothing uses ours

		{name: "the same for one smtpd", overrides: "submission/inet/smtpd_sender_restrictions = check_policy_service unix:private/gone, permit",
			severity: conf.Faulty, file: "/etc/postfix/master.cf", at: "submission/inet/smtpd_sender_restrictions", phrase: "no service gone"},
		{name: "no restriction uses", old: ", check_policy_service unix:private/policyd-spf", new: "",
			severity: conf.Hint, file: "/etc/postfix/main.cf", phrase: "no restriction uses"},
		{name: "no service and nobody asks", old: service + "\n", new: "",
			severity: conf.Faulty, file: "/etc/postfix/main.cf", at: "smtpd_recipient_restrictions", phrase: "no service policyd-spf"},
		{name: "impatient smtpd", old: "smtpd_policy_service_timeout = 100s", new: "smtpd_policy_service_timeout = 10s",
			severity: conf.Hint, file: "/etc/postfix/main.cf", at: "smtpd_policy_service_timeout", phrase: "may take 90 s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.old != "" && !strings.Contains(validMaster+validMain, test.old) {
				t.Fatalf("%q is not there to be replaced", test.old)
			}
			p := postfix{
				main:      parseParameters(strings.Replace(validMain, test.old, test.new, 1)),
				overrides: parseParameters(test.overrides),
				services:  parseServices(strings.Replace(validMaster, test.old, test.new, 1)),
			}
			p.folder = p.main["config_directory"]
			problems := p.check()
			if len(problems) != 1+test.more {
				t.Fatalf("%d problems, want %d: %v", len(problems), 1+test.more, problems)
			}
			got := problems[0]
			if got.Severity != test.severity || got.File != test.file || got.Name != test.at || !strings.Contains(got.What, test.phrase) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestCheckPostfix_withoutProblems(t *testing.T) {
	for name, edit := range map[string][2]string{
		"as it should be":            {},
		"an hour, as people say it":  {"3600s", "1h"},
		"relay restrictions protect": {"reject_unauth_destination, ", ""},
		"in braces":                  {"unix:private/policyd-spf\n", "{ unix:private/policyd-spf, default_action=DUNNO }\n"},
		"by its path":                {"unix:private/policyd-spf\n", "unix:/var/spool/postfix/private/policyd-spf\n"},
		"in a class": {"check_policy_service unix:private/policyd-spf\nsmtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination\nsmtpd_restriction_classes =",
			"spf\nspf = check_policy_service unix:private/policyd-spf\nsmtpd_restriction_classes = spf"},
		"another program's service beside": {"check_policy_service unix:private/policyd-spf", "check_policy_service inet:127.0.0.1:10023, check_policy_service unix:private/policyd-spf"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(validMain, edit[0]) {
				t.Fatalf("%q is not there to be replaced", edit[0])
			}
			p := postfix{main: parseParameters(strings.Replace(validMain, edit[0], edit[1], 1)), services: parseServices(validMaster)}
			if problems := p.check(); len(problems) > 0 {
				t.Errorf("problems: %v", problems)
			}
		})
	}
}

// TestCheckPostfix_overTCP: a service may listen on a TCP port.
func TestCheckPostfix_overTCP(t *testing.T) {
	master := strings.Replace(validMaster, "policyd-spf unix", "127.0.0.1:10099 inet", 1)
	main := strings.Replace(validMain, "policyd-spf_time_limit", "127.0.0.1:10099_time_limit", 1)
	for _, test := range []struct{ asked, what string }{
		{asked: "reject_unauth_destination, check_policy_service inet:127.0.0.1:10099"},
		{asked: "reject_unauth_destination, check_policy_service { inet:localhost:10099, timeout=100s }"},
		{asked: "reject_unauth_destination, check_policy_service inet:127.0.0.1:10023", what: "no restriction uses"},
		{asked: "check_policy_service inet:127.0.0.1:10099, reject_unauth_destination", what: "mail for others"},
	} {
		main := strings.Replace(main, "reject_unauth_destination, check_policy_service unix:private/policyd-spf", test.asked, 1)
		problems := postfix{main: parseParameters(main), services: parseServices(master)}.check()
		switch {
		case test.what == "" && len(problems) > 0:
			t.Errorf("%s: %v", test.asked, problems)
		case test.what != "" && (len(problems) != 1 || !strings.Contains(problems[0].What, test.what)):
			t.Errorf("%s: %v, want %q", test.asked, problems, test.what)
		case strings.HasPrefix(test.what, "nobody") && problems[0].Expected != "check_policy_service inet:127.0.0.1:10099":
			t.Errorf("%s: expected %q", test.asked, problems[0].Expected)
		}
	}
}

// TestCheckPostfix_otherConfig: a service with another configuration than the
// checked one is reported.
func TestCheckPostfix_otherConfig(t *testing.T) {
	_, path := load(t, "")
	link := path + ".link"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		argv string
		want int
	}{
		{argv: "/usr/bin/policyd-spf"},
		{argv: "/usr/bin/policyd-spf " + path},
		{argv: "/usr/bin/policyd-spf " + link},
		{argv: "/usr/bin/policyd-spf --zone z"},
		{argv: "/usr/bin/policyd-spf /etc/other.conf", want: 1},
		{argv: "/usr/bin/python3 /usr/bin/policyd-spf /etc/other.conf", want: 1},
	} {
		p := postfix{services: parseServices("spf unix - n n - 0 spawn user=nobody argv=" + test.argv + "\n")}
		if found := p.checkOtherConfig(path); len(found) != test.want {
			t.Errorf("%s: %v, want %d", test.argv, found, test.want)
		}
	}
}

func TestCheckPostfix_withoutUs(t *testing.T) {
	p := postfix{main: parseParameters("smtpd_recipient_restrictions = reject_unauth_destination\n"), services: parseServices("smtp inet n - y - - smtpd\n")}
	problems := p.check()
	if len(problems) != 1 || problems[0].Severity != conf.Hint {
		t.Errorf("problems: %v, want a hint", problems)
	}
}

func TestParseServices(t *testing.T) {
	services := parseServices(validMaster)
	if len(services) != 3 {
		t.Fatalf("%d services: %+v", len(services), services)
	}
	want := service{name: "policyd-spf", kind: "unix", private: "-", unprivileged: "n", chroot: "n", wakeup: "-", limit: "0", command: "spawn",
		user: "nobody", argv: []string{"/usr/bin/policyd-spf", "/etc/policyd-spf/policyd-spf.conf"}}
	if !reflect.DeepEqual(services[1], want) {
		t.Errorf("got %+v, want %+v", services[1], want)
	}
}

func TestSplitList(t *testing.T) {
	for list, want := range map[string][]string{
		"":            nil,
		" a, b":       {"a", "b"},
		"a,b\tc\n  d": {"a", "b", "c", "d"},
		"check_policy_service { unix:private/x, timeout=10s, default_action=DUNNO }, reject": {"check_policy_service", "unix:private/x, timeout=10s, default_action=DUNNO", "reject"},
		"{a {b c}} d": {"a {b c}", "d"},
		"{a":          {"a"},
		"a}, b":       {"a}", "b"},
	} {
		if got := splitList(list); !slices.Equal(got, want) {
			t.Errorf("words(%q) = %q, want %q", list, got, want)
		}
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Duration{"0": 0, "3600": time.Hour, "3600s": time.Hour, "60m": time.Hour, "1h": time.Hour, "1d": 24 * time.Hour, "1w": 7 * 24 * time.Hour} {
		if got, ok := parseTime(text); !ok || got != want {
			t.Errorf("parseTime(%q) = %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "s", "1y", "1hs", "-1", "an hour", "1.5h"} {
		if got, ok := parseTime(text); ok {
			t.Errorf("parseTime(%q) = %v", text, got)
		}
	}
}
