package postfix_test

import (
	"errors"
	"testing"

	"policyd-spf/internal/postfix"
	"policyd-spf/internal/postfix/postfixtest"
)

const master = `smtp       inet  n  -  y  -  -  smtpd
submission inet  n  -  y  -  -  smtpd -o {smtpd_recipient_restrictions=$mua, reject} -o smtpd_sasl_auth_enable=yes
127.0.0.1:10099 inet n - n - 0 spawn user=nobody argv=/usr/bin/policyd-spf
policy-spf unix  -  n  n  -  0  spawn USER=nobody:nogroup argv=/usr/bin/policyd-spf /etc/x.conf user=x
greylist   unix  n  n  n  -  0  spawn user=nobody argv=/usr/bin/greylist /etc/policyd-spf.conf
`

const main = `queue_directory = /var/spool/postfix
config_directory = /nonexistent
mua = permit_sasl_authenticated
smtpd_restriction_classes = spf
spf = check_policy_service { unix:private/policy-spf, timeout=30s, default_action=DUNNO }
smtpd_recipient_restrictions = reject_unauth_destination, spf
smtpd_sender_restrictions = check_policy_service inet:localhost:10099
`

func read(t *testing.T) *postfix.Config {
	t.Helper()
	c, err := postfix.Read(t.Context(), postfixtest.Files{Main: main, Master: master,
		Overrides: "submission/inet/smtpd_recipient_restrictions = $mua, check_policy_service unix:public/greylist\nsubmission/inet/smtpd_sasl_auth_enable = yes\n"}.Postconf)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRead_override(t *testing.T) {
	c := read(t)
	if len(c.SMTPDs) != 2 {
		t.Fatalf("%d smtpd services, want 2", len(c.SMTPDs))
	}
	submission := c.SMTPDs[1]
	if got := submission.Parameters["smtpd_recipient_restrictions"]; got != "permit_sasl_authenticated, check_policy_service unix:public/greylist" {
		t.Errorf("submission has %q", got)
	}
	if got := c.SMTPDs[0].Parameters["smtpd_recipient_restrictions"]; got != "reject_unauth_destination, spf" {
		t.Errorf("smtp has %q", got)
	}
	want := postfix.Place{File: "/nonexistent/master.cf", Name: "submission/inet/smtpd_recipient_restrictions"}
	if got := c.Place(submission, "smtpd_recipient_restrictions"); got != want {
		t.Errorf("it is in %+v, want %+v", got, want)
	}
	want = postfix.Place{File: "/nonexistent/main.cf", Name: "smtpd_sender_restrictions"}
	if got := c.Place(submission, "smtpd_sender_restrictions"); got != want {
		t.Errorf("what it does not override is in %+v, want %+v", got, want)
	}
}

func TestRead_error(t *testing.T) {
	for _, err := range []error{postfix.ErrNoPostconf, errors.New("postconf -M: bad field count")} {
		if _, got := postfix.Read(t.Context(), postfixtest.Files{Err: err}.Postconf); got != err {
			t.Errorf("%v, want %v", got, err)
		}
	}
}

func TestPolicyClients(t *testing.T) {
	var got []string
	for _, client := range read(t).PolicyClients() {
		got = append(got, client.Parameter+" "+client.Service.Address)
	}
	want := []string{
		"smtpd_sender_restrictions inet:localhost:10099",
		"spf unix:private/policy-spf",
		"submission/inet/smtpd_recipient_restrictions unix:public/greylist",
	}
	if len(got) != len(want) {
		t.Fatalf("%q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
}

func TestService(t *testing.T) {
	c := read(t)
	for i, want := range []struct {
		ours, internet         bool
		user, address, program string
	}{
		{internet: true, address: "inet:smtp", program: "smtpd"},
		{address: "inet:submission", program: "smtpd"},
		{ours: true, user: "nobody", address: "inet:127.0.0.1:10099", program: "/usr/bin/policyd-spf"},
		{ours: true, user: "nobody:nogroup", address: "unix:private/policy-spf", program: "/usr/bin/policyd-spf /etc/x.conf user=x"},
		{user: "nobody", address: "unix:public/greylist", program: "/usr/bin/greylist /etc/policyd-spf.conf"},
	} {
		s := c.Services[i]
		if s.IsOurs() != want.ours || s.ReceivesFromInternet() != want.internet || s.User != want.user || s.Address() != want.address || s.CommandLine() != want.program {
			t.Errorf("%+v, want %+v", s, want)
		}
	}
}

func TestReceivesFromInternet(t *testing.T) {
	for _, test := range []struct {
		name, kind, command string
		want                bool
	}{
		{name: "smtp", kind: "inet", command: "smtpd", want: true},
		{name: "25", kind: "inet", command: "smtpd", want: true},
		{name: "192.0.2.1:smtp", kind: "inet", command: "smtpd", want: true},
		{name: "[2001:db8::1]:25", kind: "inet", command: "smtpd", want: true},
		{name: "smtpd", kind: "pass", command: "smtpd", want: true},
		{name: "smtp", kind: "inet", command: "postscreen"},
		{name: "smtp", kind: "unix", command: "smtp"},
		{name: "submission", kind: "inet", command: "smtpd"},
		{name: "127.0.0.1:25", kind: "inet", command: "smtpd"},
		{name: "[::1]:smtp", kind: "inet", command: "smtpd"},
		{name: "localhost:smtp", kind: "inet", command: "smtpd"},
	} {
		s := postfix.Service{Name: test.name, Type: test.kind, Command: test.command}
		if got := s.ReceivesFromInternet(); got != test.want {
			t.Errorf("%s %s: %v, want %v", test.name, test.command, got, test.want)
		}
	}
}

func TestFind(t *testing.T) {
	c := read(t)
	for _, test := range []struct{ argument, want string }{
		{argument: "unix:private/policy-spf", want: "policy-spf"},
		{argument: "{ unix:private/policy-spf, timeout=1s }", want: ""}, // SplitList removes the braces
		{argument: "unix:private/policy-spf, timeout=1s", want: "policy-spf"},
		{argument: "local:private/policy-spf", want: "policy-spf"},
		{argument: "unix:/var/spool/postfix/private/policy-spf", want: "policy-spf"},
		{argument: "unix:public/policy-spf", want: "policy-spf"}, // in the wrong folder
		{argument: "unix:policy-spf"},
		{argument: "unix:/run/policy-spf"},
		{argument: "inet:localhost:10099", want: "127.0.0.1:10099"},
		{argument: "inet:[::1]:10098"},
		{argument: "private/policy-spf"},
		{argument: "unix:"},
		{argument: ""},
	} {
		got := ""
		if s := c.Find(postfix.ParsePolicyService(test.argument)); s != nil {
			got = s.Name
		}
		if got != test.want {
			t.Errorf("%q: service %q, want %q", test.argument, got, test.want)
		}
	}
}
