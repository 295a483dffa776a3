package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Kind is a usual reason why there is no answer.
type Kind string

// The kinds of problems. They are stable names in JSON.
const (
	NoPostconf     Kind = "no-postconf"      // Postfix is not installed here
	PostconfFailed Kind = "postconf-failed"  // its files cannot be read
	NotAsked       Kind = "not-asked"        // main.cf names no policy service
	Ambiguous      Kind = "ambiguous"        // it names several, none of them ours
	BadAddress     Kind = "bad-address"      // main.cf names it without unix: or inet:
	NoService      Kind = "no-service"       // master.cf has no such service
	WrongDirectory Kind = "wrong-directory"  // private/ in main.cf, public in master.cf, or the reverse
	SocketMissing  Kind = "socket-missing"   // Postfix is stopped, or not reloaded
	Permission     Kind = "permission"       // only root and postfix may connect
	Refused        Kind = "refused"          // nobody listens
	Unreachable    Kind = "unreachable"      // another error of connecting
	Timeout        Kind = "timeout"          // no answer in time
	Closed         Kind = "closed"           // the program does not start
	NotAReply      Kind = "not-a-reply"      // something other than an action
	Incomplete     Kind = "incomplete-reply" // an action without the empty line after it
)

func problemNoPostconf() *Problem {
	return &Problem{Kind: NoPostconf, Text: "postconf(1) is not installed here",
		Advice: []string{"run this on the host of the Postfix that uses the policy server"}}
}

func problemPostconf(err error) *Problem {
	return &Problem{Kind: PostconfFailed, Text: "Postfix's configuration cannot be read: " + err.Error(),
		Advice: []string{"run postfix check, and mend what it names"}}
}

func problemNotAsked() *Problem {
	return &Problem{Kind: NotAsked, Text: "main.cf names no policy service",
		Advice: []string{"add check_policy_service unix:private/policy-spf to smtpd_recipient_restrictions, after reject_unauth_destination"}}
}

func problemSeveral(all []target) *Problem {
	var names []string
	for _, t := range all {
		names = append(names, t.service)
	}
	return &Problem{Kind: Ambiguous, Text: "main.cf names policy services, but none runs " + program + ": " + strings.Join(names, ", "),
		Advice: []string{"run policyd-spf --check-config to see what master.cf lacks"}}
}

func (t target) problemBadAddress() *Problem {
	p := &Problem{Kind: BadAddress, Text: fmt.Sprintf("%s has no unix: or inet: before %q: smtpd ends, and no mail is received", t.parameter, t.service)}
	if strings.HasPrefix(t.service, "private/") || strings.HasPrefix(t.service, "public/") {
		p.Advice = []string{"write check_policy_service unix:" + t.service}
	} else {
		p.Advice = []string{"write check_policy_service unix:private/NAME or inet:HOST:PORT"}
	}
	return p
}

func (t target) problemNoService() *Problem {
	name := filepath.Base(t.path)
	return &Problem{Kind: NoService, Text: fmt.Sprintf("master.cf has no service %s, which %s names: mail is deferred", name, t.parameter),
		Advice: []string{
			"add to master.cf: " + name + " unix - n n - 0 spawn user=nobody argv=/usr/bin/" + program,
			"or name a service that exists in " + t.parameter,
			"then run postfix reload",
		}}
}

func (t target) problemWrongDirectory(want string) *Problem {
	return &Problem{Kind: WrongDirectory, Text: fmt.Sprintf("master.cf puts the service's socket into %s/, and %s looks elsewhere", want, t.parameter),
		Advice: []string{fmt.Sprintf("write unix:%s/%s in %s", want, t.entry.Name, t.parameter)}}
}

func (t target) problemMissing() *Problem {
	return &Problem{Kind: SocketMissing, Text: "the socket " + t.path + " does not exist",
		Advice: []string{
			"Postfix is perhaps not running: see postfix status, then run postfix start",
			"if it runs, it has not read master.cf since the service was added: run postfix reload",
		}}
}

func (t target) problemPermission() *Problem {
	return &Problem{Kind: Permission, Text: "no permission to connect to " + t.path,
		Advice: []string{"run this as root, or as Postfix's user: sudo policyd-spf --probe"}}
}

func (t target) problemRefused() *Problem {
	p := &Problem{Kind: Refused, Text: "nobody listens at " + t.socket(),
		Advice: []string{"Postfix is perhaps not running: see postfix status, then run postfix start"}}
	if t.hostPort != "" && t.entry == nil {
		p.Advice = []string{"the service is not in master.cf: start the program that listens there"}
	}
	return p
}

func (t target) problemUnreachable(err error) *Problem {
	return &Problem{Kind: Unreachable, Text: fmt.Sprintf("cannot connect to %s: %v", t.socket(), err),
		Advice: []string{"check the address in " + t.parameter}}
}

func (t target) problemTimeout() *Problem {
	return &Problem{Kind: Timeout, Text: fmt.Sprintf("no answer within %g s (%s): mail is deferred", t.timeout.Seconds(), t.timeoutFrom),
		Advice: []string{
			"see whether the DNS servers answer: run policyd-spf --check-config",
			"see whether all processes are busy: the process limit of the service in master.cf must be 0",
			"see the mail log for lines of the service and of spawn(8)",
		}}
}

// problemClosed is the problem of a connection that was closed without an
// answer. spawn(8) logs why it cannot start the program.
func (t target) problemClosed() *Problem {
	p := &Problem{Kind: Closed, Text: "the connection was closed without an answer: the program does not start, or it ended"}
	if t.entry != nil && len(t.entry.Argv) > 0 {
		switch info, err := os.Stat(t.entry.Argv[0]); {
		case os.IsNotExist(err):
			p.Text = "the program " + t.entry.Argv[0] + " does not exist"
			p.Advice = append(p.Advice, "correct argv= of the service "+t.entry.Name+" in master.cf, or install the program, then run postfix reload")
		case err == nil && (info.IsDir() || info.Mode()&0o111 == 0):
			p.Text = t.entry.Argv[0] + " is not an executable program"
			p.Advice = append(p.Advice, "make it executable (chmod 755), or correct argv= of the service "+t.entry.Name+" in master.cf")
		}
	}
	p.Advice = append(p.Advice,
		`look in the mail log for "spawn" with "fatal:" (unknown user, program not found, permission denied) and "command ... exit status"`,
		"look there for lines of "+program+" itself: it ends if its configuration file exists but cannot be read")
	return p
}

func (t target) problemNotAReply(reply string) *Problem {
	const shown = 80 // bytes
	if len(reply) > shown {
		reply = reply[:shown] + "..."
	}
	p := &Problem{Kind: NotAReply, Text: fmt.Sprintf("the answer is not an action= line: %q", reply),
		Advice: []string{"something other than a policy server answers at " + t.socket() + ": see the service's line in master.cf"}}
	if t.entry != nil {
		p.Advice = append(p.Advice, "the program is: "+t.entry.CommandLine())
	}
	return p
}

func (t target) problemIncomplete(reply string) *Problem {
	return &Problem{Kind: Incomplete, Text: fmt.Sprintf("the answer has no empty line after it, and Postfix goes on waiting: %q", reply),
		Advice: []string{"see the mail log: the program has perhaps been killed while it answered"}}
}

func (t target) socket() string {
	if t.path != "" {
		return t.path
	}
	return t.hostPort
}
