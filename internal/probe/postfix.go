package probe

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"policyd-spf/internal/postfix"
)

// program is the name of this program in master.cf.
const program = "policyd-spf"

// target is a policy service that main.cf names.
type target struct {
	parameter   string
	service     string // unix:private/NAME or inet:HOST:PORT
	timeout     time.Duration
	timeoutFrom string
	entry       *postfix.Service // nil if master.cf has none
	path        string           // of a UNIX-domain socket
	hostPort    string           // of a TCP socket
}

// findTargets returns the policy services that run this program. If none does,
// it returns those whose name has "spf" in it, or else the only one.
func findTargets(ctx context.Context, postconf postfix.Postconf) ([]target, *Problem) {
	config, err := postfix.Read(ctx, postconf)
	switch {
	case errors.Is(err, postfix.ErrNoPostconf):
		return nil, problemNoPostconf()
	case err != nil:
		return nil, problemPostconf(err)
	}
	var all []target
	for _, client := range config.PolicyClients() {
		all = append(all, newTarget(config, client))
	}
	if len(all) == 0 {
		return nil, problemNotAsked()
	}
	for _, isMeant := range []func(target) bool{
		func(t target) bool { return t.entry != nil && t.entry.NamesProgram() },
		func(t target) bool { return strings.Contains(t.service, "spf") },
		func(target) bool { return len(all) == 1 },
	} {
		var found []target
		for _, t := range all {
			if isMeant(t) && !slices.ContainsFunc(found, func(f target) bool { return f.service == t.service }) {
				found = append(found, t)
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, problemSeveral(all)
}

// newTarget returns the target of a check_policy_service.
func newTarget(config *postfix.Config, client postfix.PolicyClient) target {
	const defaultTimeout = 100 * time.Second // postconf(5)
	p := client.Service
	t := target{parameter: client.Parameter, service: p.Address, timeout: defaultTimeout, timeoutFrom: "smtpd_policy_service_timeout",
		entry: config.Find(p), path: config.Path(p)}
	if d, ok := postfix.ParseTime(client.Parameters["smtpd_policy_service_timeout"]); ok && d > 0 {
		t.timeout = d
	}
	if text, ok := p.Attribute("timeout"); ok {
		if d, ok := postfix.ParseTime(text); ok && d > 0 {
			t.timeout, t.timeoutFrom = d, "timeout= of check_policy_service"
		}
	}
	if p.Transport == "inet" {
		t.hostPort = p.Endpoint
		if !strings.Contains(t.hostPort, ":") {
			t.hostPort = "localhost:" + t.hostPort
		}
	}
	return t
}
