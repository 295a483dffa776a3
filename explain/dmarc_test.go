package explain

import (
	"strings"
	"testing"

	"policyd-spf/conf"
)

func TestCheckDMARC(t *testing.T) {
	for _, test := range []struct {
		name, config, main, overrides string
		want                          string // in the problem; "" for none
	}{
		{name: "off"},
		{name: "None", config: "Leave_DMARC = None\n"},
		{name: "no milter", config: "Leave_DMARC = Enforced\n", want: "no milter is configured"},
		{name: "no milter, All", config: "Leave_DMARC = All\n", main: "smtpd_milters =\n", want: "no milter is configured"},
		{name: "another milter", config: "Leave_DMARC = All\n", main: "smtpd_milters = unix:opendkim/opendkim.sock\n", want: "known to evaluate DMARC: unix:opendkim/opendkim.sock"},
		{name: "another port that begins alike", config: "Leave_DMARC = All\n", main: "smtpd_milters = inet:localhost:88931\n", want: "known to evaluate DMARC"},
		{name: "OpenDMARC by path", config: "Leave_DMARC = All\n", main: "smtpd_milters = unix:opendkim/opendkim.sock, local:opendmarc/opendmarc.sock\n"},
		{name: "OpenDMARC by port", config: "Leave_DMARC = All\n", main: "smtpd_milters = inet:localhost:8893\n"},
		{name: "rspamd", config: "Leave_DMARC = All\n", main: "smtpd_milters = { inet:127.0.0.1:11332, connect_timeout=10s }\n"},
		{name: "authentication_milter", config: "Leave_DMARC = All\n", main: "smtpd_milters = unix:/var/run/authentication_milter.sock\n"},
		{name: "of a service", config: "Leave_DMARC = All\n", overrides: "smtp/inet/smtpd_milters = unix:opendmarc.sock\n"},
		{name: "of a service, another", config: "Leave_DMARC = All\n", overrides: "smtp/inet/smtpd_milters = unix:a.sock\n", want: "DMARC: unix:a.sock"},
	} {
		t.Run(test.name, func(t *testing.T) {
			loaded, path := load(t, test.config)
			p := postfix{main: parseParameters(test.main), overrides: parseParameters(test.overrides)}
			problems := p.checkDMARC(loaded, path)
			if test.want == "" {
				if len(problems) > 0 {
					t.Errorf("problems: %v", problems)
				}
				return
			}
			if len(problems) != 1 || problems[0].Severity != conf.Faulty || problems[0].Line != 1 || !strings.Contains(problems[0].String(), test.want) {
				t.Errorf("problems: %v, want one with %q", problems, test.want)
			}
		})
	}
}
