package postfix_test

import (
	"os"
	"path/filepath"
	"testing"

	"policyd-spf/internal/postfix"
	"policyd-spf/internal/postfix/postfixtest"
)

// TestPlace_lines: comments, empty lines and lines that continue others count, and the
// last of several settings is in force.
func TestPlace_lines(t *testing.T) {
	const (
		mainCF = `# Postfix
smtpd_recipient_restrictions = permit_mynetworks
smtpd_sender_restrictions =
# a comment
	permit_mynetworks

    reject
smtpd_recipient_restrictions=permit_mynetworks,
  reject_unauth_destination
`
		masterCF = `
#smtp inet n - y - - postscreen
smtp  inet  n - y - - smtpd
  -o syslog_name=x
# between
  -o { smtpd_sender_restrictions = reject }
policy-spf unix - n n - 0 spawn
  user=nobody argv=/bin/false
policy-spf unix - n n - 0 spawn
  user=nobody argv=/bin/true
`
	)
	dir := t.TempDir()
	for name, text := range map[string]string{"main.cf": mainCF, "master.cf": masterCF} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := postfix.Read(t.Context(), postfixtest.Files{
		Main: "config_directory = " + dir + "\nsmtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\nsmtpd_sender_restrictions = permit_mynetworks reject\n",
		Master: `smtp inet n - y - - smtpd -o syslog_name=x -o {smtpd_sender_restrictions = reject}
policy-spf unix - n n - 0 spawn user=nobody argv=/bin/false
policy-spf unix - n n - 0 spawn user=nobody argv=/bin/true
`,
		Overrides: "smtp/inet/smtpd_sender_restrictions = reject\n",
	}.Postconf)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		smtpd postfix.SMTPD
		want  postfix.Place
	}{
		{name: "smtpd_recipient_restrictions", want: postfix.Place{File: dir + "/main.cf", Line: 8, Name: "smtpd_recipient_restrictions"}},
		{name: "smtpd_sender_restrictions", smtpd: postfix.SMTPD{Parameters: c.Main}, want: postfix.Place{File: dir + "/main.cf", Line: 3, Name: "smtpd_sender_restrictions"}},
		{name: "smtpd_sender_restrictions", smtpd: c.SMTPDs[0], want: postfix.Place{File: dir + "/master.cf", Line: 6, Name: "smtp/inet/smtpd_sender_restrictions"}},
		{name: "smtpd_data_restrictions", want: postfix.Place{File: dir + "/main.cf", Name: "smtpd_data_restrictions"}},
	} {
		if got := c.Place(test.smtpd, test.name); got != test.want {
			t.Errorf("%+v, want %+v", got, test.want)
		}
	}
	if len(c.Services) != 2 || c.Services[1].Argv[0] != "/bin/true" || c.Services[1].Line() != 9 {
		t.Errorf("the last of two entries is not in force: %+v", c.Services)
	}
	if len(c.Replaced) != 1 || c.Replaced[0].Argv[0] != "/bin/false" {
		t.Errorf("replaced: %+v", c.Replaced)
	}
}
