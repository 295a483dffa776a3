package probe

import (
	"testing"
	"time"

	"policyd-spf/internal/postfix"
)

func TestNewTarget(t *testing.T) {
	parameters := map[string]string{"queue_directory": "/var/spool/postfix", "smtpd_policy_service_timeout": "2m"}
	for _, test := range []struct {
		name, argument  string
		service, socket string
		timeout         time.Duration
	}{
		{name: "unix", argument: "unix:private/x", service: "unix:private/x", socket: "/var/spool/postfix/private/x", timeout: 2 * time.Minute},
		{name: "absolute path", argument: "unix:/run/x", service: "unix:/run/x", socket: "/run/x", timeout: 2 * time.Minute},
		{name: "inet", argument: "inet:127.0.0.1:1000", service: "inet:127.0.0.1:1000", socket: "127.0.0.1:1000", timeout: 2 * time.Minute},
		{name: "inet, IPv6", argument: "inet:[::1]:1000", service: "inet:[::1]:1000", socket: "[::1]:1000", timeout: 2 * time.Minute},
		{name: "inet, port only", argument: "inet:1000", service: "inet:1000", socket: "localhost:1000", timeout: 2 * time.Minute},
		{name: "timeout in braces", argument: "unix:private/x, timeout=20s, default_action=DUNNO", service: "unix:private/x", socket: "/var/spool/postfix/private/x", timeout: 20 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := newTarget(&postfix.Config{Main: parameters}, postfix.PolicyClient{
				Parameter: "p", Parameters: parameters, Service: postfix.ParsePolicyService(test.argument)})
			if got.service != test.service || got.socket() != test.socket || got.timeout != test.timeout {
				t.Errorf("%+v", got)
			}
		})
	}
}
