package explain

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"policyd-spf/conf"
)

const (
	// program is the name of the binary.
	program = "policyd-spf"

	// minTimeLimit is a time limit that no smtpd(8) outlives: it serves 100 clients
	// (max_use) and waits 100 s for the next one (max_idle).
	minTimeLimit = time.Hour

	// defaultTimeLimit is the default of command_time_limit.
	defaultTimeLimit = 1000 * time.Second
)

// check checks Postfix's side: the services of master.cf that run this program, and
// the restrictions that use them.
func (p postfix) check() []conf.Problem {
	var found []conf.Problem
	ours := make(map[string]bool)
	for _, s := range p.services {
		if s.runsUs() {
			ours[s.name] = true
			found = append(found, p.checkService(s)...)
		}
	}
	asked, problems := p.checkRestrictions(ours)
	found = append(found, problems...)
	if len(ours) == 0 && len(found) == 0 {
		return []conf.Problem{{Severity: conf.Hint, File: p.file("master.cf"), What: "no service runs " + program,
			Expected: "policy-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf /etc/python-policyd-spf/policyd-spf.conf"}}
	}
	for _, s := range p.services {
		if ours[s.name] && !asked[s.name] {
			found = append(found, conf.Problem{Severity: conf.Hint, File: p.file("main.cf"),
				What: "no restriction uses the service " + s.name, Expected: "check_policy_service " + s.address()})
		}
	}
	return append(found, p.checkTimeout()...)
}

func (p postfix) file(name string) string { return filepath.Join(p.folder, name) }

// runsUs reports whether a service runs this program, directly or not.
func (s service) runsUs() bool {
	if s.command != "spawn" {
		return false
	}
	for _, arg := range s.argv {
		if isProgram(arg) {
			return true
		}
	}
	return false
}

// isProgram reports whether a word of argv is this program.
func isProgram(arg string) bool {
	return strings.HasPrefix(filepath.Base(arg), program) && !strings.HasSuffix(arg, ".conf")
}

// checkOtherConfig reports our services that read another configuration than the
// one being checked: the other findings are not about them.
func (p postfix) checkOtherConfig(path string) []conf.Problem {
	looked, err := os.Stat(path)
	var found []conf.Problem
	for _, s := range p.services {
		read := s.configuration()
		if read == "" || read == path {
			continue
		}
		if other, otherErr := os.Stat(read); err == nil && otherErr == nil && os.SameFile(looked, other) {
			continue
		}
		found = append(found, conf.Problem{Severity: conf.Hint, File: p.file("master.cf"), Name: s.name + " argv", Value: strings.Join(s.argv, " "),
			What: "this service reads another configuration than " + path, Expected: "--check-config " + read + " to check that one"})
	}
	return found
}

// configuration returns the configuration file that a service of ours is started
// with, "" if none is named.
func (s service) configuration() string {
	if !s.runsUs() {
		return ""
	}
	for i, arg := range s.argv[:len(s.argv)-1] {
		if next := s.argv[i+1]; isProgram(arg) && !strings.HasPrefix(next, "-") {
			return next
		}
	}
	return ""
}

// checkService checks an entry of master.cf.
func (p postfix) checkService(s service) []conf.Problem {
	var found []conf.Problem
	add := func(severity conf.Severity, name, value, what, expected string) {
		found = append(found, conf.Problem{Severity: severity, File: p.file("master.cf"), Name: s.name + " " + name, Value: value,
			What: what, Expected: expected})
	}
	if s.limit != "0" {
		add(conf.Faulty, "maxproc", s.limit, "when so many processes are busy, the other smtpd processes wait, and turn mail away", "0, which is no limit")
	}
	if s.unprivileged != "n" {
		add(conf.Faulty, "unpriv", s.unprivileged, "spawn(8) cannot change to another user", "n")
	}
	if s.chroot == "y" {
		add(conf.Hint, "chroot", s.chroot, "program, configuration and /etc/resolv.conf are searched for in Postfix's queue directory", "n")
	}
	switch user, _, _ := strings.Cut(s.user, ":"); user {
	case "":
		add(conf.Faulty, "user", "", "spawn(8) needs a user to run the program as", "user="+unprivilegedUser)
	case "root", p.main["mail_owner"]:
		add(conf.Faulty, "user", s.user, "spawn(8) refuses to run programs as root or as Postfix's own user", "user="+unprivilegedUser)
	}
	found = append(found, p.checkInterpreter(s)...)
	return append(found, p.checkTimeLimit(s)...)
}

// unprivilegedUser is a user that may run the program: it owns no files.
const unprivilegedUser = "nobody"

// checkTimeLimit checks how long a process may run: as long as the smtpd that it
// serves, or else that smtpd has to wait and retry.
func (p postfix) checkTimeLimit(s service) []conf.Problem {
	name := s.timeLimitName()
	problem := conf.Problem{Severity: conf.Faulty, File: p.file("main.cf"), Name: name, Value: p.main[name],
		Expected: name + " = 3600"}
	limit, ok := parseTime(problem.Value)
	switch {
	case !ok:
		problem.What = "not a time"
	case limit < defaultTimeLimit:
		problem.What = "the process is killed while an smtpd still uses it"
	case limit == defaultTimeLimit:
		problem.What = "1000 s, the default, is too short for a busy smtpd: the process is killed under it"
	case limit < minTimeLimit:
		problem.Severity, problem.What = conf.Hint, "short for a busy smtpd: the process is killed under it"
	default:
		return nil
	}
	return []conf.Problem{problem}
}

// checkRestrictions checks the restrictions that use policy services. It also
// returns which of our services are used.
func (p postfix) checkRestrictions(ours map[string]bool) (asked map[string]bool, found []conf.Problem) {
	asked = make(map[string]bool)
	known := make(map[string]bool)
	for _, s := range p.services {
		known[s.name] = known[s.name] || s.kind == "unix" || s.kind == "unix-dgram"
	}
	look := func(file, name, value string) {
		list := splitList(value)
		protected := false
		for i, word := range list {
			if strings.HasSuffix(word, "_unauth_destination") && word != "permit_auth_destination" {
				protected = true
			}
			if word != "check_policy_service" || i+1 == len(list) {
				continue
			}
			target, local := p.target(list[i+1])
			switch {
			case local && !known[target]:
				found = append(found, conf.Problem{Severity: conf.Faulty, File: p.file(file), Name: name,
					Value: "check_policy_service " + list[i+1], What: "master.cf has no service " + target + ": all mail is deferred",
					Expected: "an existing service"})
			case ours[target]:
				asked[target] = true
				if !protected {
					found = append(found, p.checkOrder(file, name, list, target)...)
				}
			}
		}
	}
	for _, name := range restrictionLists {
		look("main.cf", name, p.main[name])
	}
	for _, name := range splitList(p.main["smtpd_restriction_classes"]) {
		look("main.cf", name, p.main[name])
	}
	for _, name := range slices.Sorted(maps.Keys(p.overrides)) {
		if strings.HasSuffix(name, "_restrictions") {
			look("master.cf", name, p.overrides[name])
		}
	}
	return asked, found
}

// checkOrder checks a list that uses the policy service before anything refuses to
// relay.
func (p postfix) checkOrder(file, name string, list []string, target string) []conf.Problem {
	problem := conf.Problem{Severity: conf.Faulty, File: p.file(file), Name: name, Value: "check_policy_service of " + target,
		What:     "before reject_unauth_destination: an OK from it, as by a pass restriction, would make an open relay",
		Expected: "check_policy_service after reject_unauth_destination"}
	relay := strings.Contains(p.main["smtpd_relay_restrictions"], "_unauth_destination")
	behind := false
	for _, word := range list {
		behind = behind || word == "reject_unauth_destination" || word == "defer_unauth_destination"
	}
	switch base := name[strings.LastIndexByte(name, '/')+1:]; {
	case base == "smtpd_recipient_restrictions" && !behind && relay:
		return nil // smtpd_relay_restrictions refuse to relay, as is usual since Postfix 2.10
	case base == "smtpd_recipient_restrictions" || base == "smtpd_relay_restrictions":
		if relay && base == "smtpd_recipient_restrictions" {
			problem.Severity = conf.Hint
			problem.What = "before reject_unauth_destination: mail for others is looked up too"
		}
		return []conf.Problem{problem}
	}
	return nil // an OK in other lists lets no mail through
}

// target returns the service of master.cf that a policy service in main.cf names,
// perhaps followed by attributes: unix:private/NAME, which must be a local service,
// or inet:HOST:PORT.
func (p postfix) target(word string) (name string, local bool) {
	address := splitList(word)
	if len(address) == 0 {
		return "", false
	}
	if address, ok := strings.CutPrefix(address[0], "inet:"); ok {
		for _, s := range p.services {
			if s.kind == "inet" && port(s.name) == port(address) {
				return s.name, false
			}
		}
		return "", false
	}
	path, ok := strings.CutPrefix(address[0], "unix:")
	if !ok {
		return "", false
	}
	path = strings.TrimPrefix(path, p.main["queue_directory"]+"/")
	for _, folder := range []string{"private/", "public/"} {
		if name, ok := strings.CutPrefix(path, folder); ok {
			return name, true
		}
	}
	return "", false
}

// address returns the name of a service in main.cf.
func (s service) address() string {
	if s.kind == "inet" {
		return "inet:" + s.name
	}
	return "unix:private/" + s.name
}

// port returns the part after the last colon of an address.
func port(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// checkTimeout checks how long smtpd waits for a reply.
func (p postfix) checkTimeout() []conf.Problem {
	const name = "smtpd_policy_service_timeout"
	if limit, ok := parseTime(p.main[name]); !ok || limit >= conf.ReplyTimeout {
		return nil
	}
	return []conf.Problem{{Severity: conf.Hint, File: p.file("main.cf"), Name: name, Value: p.main[name],
		What: fmt.Sprintf("an answer may take %d s", int(conf.ReplyTimeout.Seconds())), Expected: "100s, the default, or a smaller Lookup_Time"}}
}
