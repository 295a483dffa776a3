package checkconfig

import (
	"slices"
	"strings"

	"policyd-spf/internal/postfix"
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
	class   string // that is being followed, "" for the list itself
	at      route  // so far
	permits bool   // permit_auth_destination has permitted all mail that may be relayed
	routes  []route
	stray   []string // addresses of policy services without check_policy_service
	unknown []string // words that are neither restrictions nor classes
}

// maxClassDepth limits how deeply restriction classes are nested. Postfix stops at 100.
const maxClassDepth = 100

// follow follows a list of an smtpd(8) to its end.
func follow(d postfix.SMTPD, list string) *walker {
	w := &walker{smtpd: d, classes: postfix.SplitList(d.Parameters["smtpd_restriction_classes"]), at: route{smtpd: d, list: list}}
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
		word, next := strings.ToLower(words[i]), ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		warn := w.at.warnOnly
		w.at.warnOnly = word == "warn_if_reject"
		switch {
		case slices.Contains(w.classes, words[i]):
			w.at.warnOnly = warn
			outer := w.class
			w.class = words[i]
			w.walk(postfix.SplitList(w.smtpd.Parameters[words[i]]))
			w.class, w.at.warnOnly = outer, false
		case word == postfix.CheckPolicyService:
			r := w.at
			r.service, r.warnOnly = postfix.ParsePolicyService(next), warn
			w.routes = append(w.routes, r)
			i++
		case word == "permit_mynetworks":
			w.at.permitsMynetworks = true
		case word == "permit_sasl_authenticated":
			w.at.permitsSASL = true
		case word == "permit":
			w.end(words[i])
		case word == "reject" || word == "defer":
			if !warn {
				w.end(words[i])
			}
		case word == "permit_auth_destination":
			if w.permits = true; w.at.rejectsRelaying {
				w.end("permit_auth_destination")
			}
		case word == "reject_unauth_destination" || word == "defer_unauth_destination":
			if warn {
				continue
			}
			if w.at.rejectsRelaying = true; w.permits {
				w.end("permit_auth_destination")
			}
		case strings.HasPrefix(word, "check_") && strings.HasPrefix(strings.ToLower(next), "static:"):
			if i++; isFinal(next[len("static:"):]) && !warn {
				w.end(words[i-1] + " " + next)
			}
		case isSocketAddress(words[i]):
			w.stray = append(w.stray, words[i])
		case w.at.endedBy == "" && isUnknown(words, i):
			w.unknown = append(w.unknown, words[i])
		}
	}
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

// isUnknown reports whether a word that is no class is no restriction either. Newer
// versions of Postfix have more restrictions than isRestriction knows, so a name that
// begins as theirs do counts as one.
func isUnknown(words []string, i int) bool {
	hasPrefix := func(word string, prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(strings.ToLower(word), prefix) })
	}
	isArgument := i > 0 && hasPrefix(words[i-1], "check_", "reject_maps_", "reject_rbl_", "reject_rhsbl_", "permit_dnswl_", "permit_rhswl_", "sleep")
	isName := strings.Trim(words[i], "-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
	return isName && !isArgument && !hasPrefix(words[i], "check_", "defer", "permit", "reject", "sleep", "warn_if_reject")
}

// isSocketAddress reports whether a restriction is the address of a socket.
func isSocketAddress(word string) bool {
	p := postfix.ParsePolicyService(word)
	return p.Transport == "inet" || p.Transport == "unix" && strings.Contains(p.Endpoint, "/")
}
