package checkconfig

import (
	"slices"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
	"policyd-spf/internal/suggest"
)

// route is the way of a message through a list of restrictions to a
// check_policy_service.
type route struct {
	smtpd   postfix.SMTPD
	list    string // the parameter that smtpd(8) evaluates; a class may be in between
	service postfix.PolicyService

	endedBy           string // the restriction after which smtpd never reaches this one
	permitsMynetworks bool   // what comes before permits clients in mynetworks
	permitsSASL       bool   // and clients that have authenticated
	rejectsRelaying   bool   // and refuses mail that Postfix must not relay
	rejectsAfterwards bool   // the rest of the list does
	warnOnly          bool   // warn_if_reject makes a rejection a warning
}

// walker follows a list of restrictions.
type walker struct {
	smtpd   postfix.SMTPD
	classes []string
	depth   int
	isNewer bool   // Postfix may have restrictions that are not known here
	class   string // that is being followed, "" for the list itself
	at      route  // so far
	permits bool   // permit_auth_destination has permitted all mail that may be relayed
	routes  []route
	flaws   []flaw
}

// flaw is a word of a list that makes smtpd(8) turn mail away.
type flaw struct {
	severity             conf.Severity
	word, what, expected string
}

// maxClassDepth limits how deeply restriction classes are nested. Postfix stops at 100.
const maxClassDepth = 100

// newestPostfix is the major version whose restrictions are known.
const newestPostfix = 3

// follow follows a list of an smtpd(8) to its end.
func (c *checker) follow(d postfix.SMTPD, list string) *walker {
	w := &walker{smtpd: d, isNewer: leadingNumber(c.postfix.Main["mail_version"]) > newestPostfix,
		classes: postfix.SplitList(d.Parameters["smtpd_restriction_classes"]), at: route{smtpd: d, list: list}}
	w.walk(postfix.SplitList(d.Parameters[list]))
	for i := range w.routes {
		w.routes[i].rejectsAfterwards = w.at.rejectsRelaying && !w.routes[i].rejectsRelaying
	}
	return w
}

// rejectsAtEnd reports whether a list rejects all mail that nothing in it permits.
func (w *walker) rejectsAtEnd() bool {
	return strings.HasPrefix(strings.ToLower(w.at.endedBy), "reject") || strings.HasPrefix(strings.ToLower(w.at.endedBy), "defer")
}

// walk follows words. A permit or reject in a class ends the list that names the
// class, too.
func (w *walker) walk(words []string) {
	if w.depth++; w.depth > maxClassDepth {
		return
	}
	defer func() { w.depth-- }()
	for i := 0; i < len(words); i++ {
		warn := w.at.warnOnly
		w.at.warnOnly = strings.EqualFold(words[i], "warn_if_reject")
		if slices.Contains(w.classes, words[i]) {
			w.walkClass(words[i], warn)
			continue
		}
		argument, known := postfix.Restriction(words[i])
		if !known {
			w.addUnknown(words[i])
			continue
		}
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		w.checkArgument(words[i], argument, next)
		w.step(strings.ToLower(words[i]), next, warn)
		if argument != postfix.NoArgument {
			i++
		}
	}
}

// walkClass follows a restriction class.
func (w *walker) walkClass(name string, warn bool) {
	outer := w.class
	w.class, w.at.warnOnly = name, warn
	w.walk(postfix.SplitList(w.smtpd.Parameters[name]))
	w.class, w.at.warnOnly = outer, false
}

// step records what a restriction does. If warn is true, warn_if_reject is before it.
func (w *walker) step(restriction, argument string, warn bool) {
	switch restriction {
	case postfix.CheckPolicyService:
		if argument == "" {
			return // a flaw
		}
		r := w.at
		r.service, r.warnOnly = postfix.ParsePolicyService(argument), warn
		w.routes = append(w.routes, r)
	case "permit_mynetworks":
		w.at.permitsMynetworks = true
	case "permit_sasl_authenticated":
		w.at.permitsSASL = true
	case "permit":
		w.end(restriction)
	case "reject", "defer":
		if !warn {
			w.end(restriction)
		}
	case "permit_auth_destination":
		if w.permits = true; w.at.rejectsRelaying {
			w.end("permit_auth_destination")
		}
	case "reject_unauth_destination", "defer_unauth_destination":
		if warn {
			return
		}
		if w.at.rejectsRelaying = true; w.permits {
			w.end("permit_auth_destination")
		}
	default:
		if action, ok := strings.CutPrefix(strings.ToLower(argument), "static:"); ok && isFinal(action) && !warn {
			w.end(restriction + " " + argument)
		}
	}
}

// addFlaw records what is wrong with a word that smtpd(8) evaluates.
func (w *walker) addFlaw(f flaw) {
	if w.at.endedBy == "" {
		w.flaws = append(w.flaws, f)
	}
}

// checkArgument records a restriction whose argument is missing or invalid.
func (w *walker) checkArgument(restriction string, kind postfix.Argument, argument string) {
	f := flaw{severity: conf.Faulty, word: restriction}
	switch {
	case kind == postfix.TableArgument && !strings.Contains(argument, ":"):
		f.word = strings.TrimSpace(restriction + " " + argument)
		f.what, f.expected = "no lookup table follows"+configurationError, restriction+" TYPE:NAME"
	case kind == postfix.ServiceArgument && argument == "":
		f.what, f.expected = "no policy service follows"+configurationError, restriction+" unix:private/NAME"
	case kind == postfix.NumberArgument && argument == "":
		f.what, f.expected = "no number follows", restriction+" SECONDS"
	default:
		return
	}
	w.addFlaw(f)
}

// addUnknown records a word that is neither a restriction nor a class.
func (w *walker) addUnknown(word string) {
	f := flaw{severity: conf.Faulty, word: word, what: word + " is neither a restriction of Postfix nor in smtpd_restriction_classes" + configurationError}
	switch {
	case isSocketAddress(word):
		f.what, f.expected = "not after "+postfix.CheckPolicyService+", so Postfix takes it as a lookup table", postfix.CheckPolicyService+" "+word
	case strings.Contains(word, ":"):
		return // a lookup table, in its oldest form
	case strings.Contains(word, "="):
		f.expected = "braces around a policy service and its attributes: { unix:private/NAME, " + strings.Trim(word, "{} ") + " }"
	case strings.Trim(word, "{}") == "":
		f.what, f.expected = "a brace without its counterpart"+configurationError, "{ unix:private/NAME, ATTRIBUTE=VALUE }"
	case strings.ContainsAny(word, "./"):
		f.expected = "a restriction before it that takes such an argument"
	default:
		f.expected = "smtpd_restriction_classes = " + word + " in main.cf, and a line " + word + " = RESTRICTIONS"
		if near := suggest.Nearest(strings.ToLower(word), postfix.Restrictions()); near != "" {
			f.expected = near
		} else if w.isNewer && hasRestrictionPrefix(word) {
			f.severity, f.what, f.expected = conf.Hint, "not a restriction that this program knows", "a restriction of postconf(5)"
		}
	}
	w.addFlaw(f)
}

// hasRestrictionPrefix reports whether a word begins as restrictions do.
func hasRestrictionPrefix(word string) bool {
	return slices.ContainsFunc([]string{"check_", "defer_", "permit_", "reject_"}, func(prefix string) bool {
		return strings.HasPrefix(strings.ToLower(word), prefix)
	})
}

// end records the restriction that ends the list.
func (w *walker) end(by string) {
	if w.at.endedBy != "" {
		return
	}
	if w.at.endedBy = by; w.class != "" {
		w.at.endedBy += " in " + w.class
	}
}

// isFinal reports whether an action of access(5) ends a list.
func isFinal(action string) bool {
	action, _, _ = strings.Cut(strings.ToLower(action), " ")
	return slices.Contains([]string{"ok", "permit", "relay", "reject", "defer", "discard"}, action)
}

// isSocketAddress reports whether a restriction is the address of a socket.
func isSocketAddress(word string) bool {
	p := postfix.ParsePolicyService(word)
	return p.Transport == "inet" || p.Transport == "unix" && strings.Contains(p.Endpoint, "/")
}
