package checkconfig

import (
	"slices"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

// checkActions checks the options whose value is an action of access(5), or a list
// of restrictions, which a class of smtpd_restriction_classes names. A word that
// Postfix does not know makes it turn mail away.
func (c *checker) checkActions() {
	for _, config := range c.configs {
		if config.err != nil {
			continue
		}
		for _, r := range config.file.Restrictions() {
			if p, ok := c.checkAction(r.Value); !ok {
				p.File, p.Line, p.Name, p.Value = r.File, r.Line, r.Name, r.Value
				c.add(p)
			}
		}
	}
}

// configurationError is what follows if a list of restrictions is wrong.
const configurationError = ": Postfix answers 451 4.3.5 Server configuration error"

// checkAction checks a value as smtpd(8) reads it: check_table_result() in its
// source.
func (c *checker) checkAction(value string) (p conf.Problem, ok bool) {
	action, text, _ := strings.Cut(value, " ")
	action, text = strings.ToLower(action), strings.TrimSpace(text)
	faulty := func(what, expected string) (conf.Problem, bool) {
		return conf.Problem{Severity: conf.Faulty, What: what, Expected: expected}, false
	}
	switch {
	case value == "":
		return p, true
	case strings.Trim(value, "0123456789") == "":
		return faulty("for Postfix, digits alone are OK: mail is accepted", value+" and a text")
	case len(action) == 3 && strings.Trim(action, "0123456789") == "":
		if action[0] != '4' && action[0] != '5' {
			return faulty(action+" is not the code of a rejection"+configurationError, "4NN or 5NN, and a text")
		}
		return p, true
	case slices.Contains([]string{"ok", "relay", "reject", "defer", "defer_if_permit", "defer_if_reject", "dunno", "discard", "hold", "info", "warn"}, action):
		return p, true
	case action == "filter" && !strings.Contains(text, ":"):
		return faulty("FILTER needs a transport and a destination: Postfix ignores it", "FILTER TRANSPORT:DESTINATION")
	case (action == "redirect" || action == "bcc") && !strings.Contains(text, "@"):
		return faulty(strings.ToUpper(action)+" needs an address: Postfix ignores it", strings.ToUpper(action)+" USER@DOMAIN")
	case action == "prepend" && !isHeader(text):
		return faulty("PREPEND needs a header field: Postfix ignores it", "PREPEND NAME: TEXT")
	case slices.Contains([]string{"filter", "redirect", "bcc", "prepend"}, action):
		return p, true
	case strings.Contains(value, ":"):
		return faulty("a lookup table cannot be in a reply"+configurationError, "a restriction class that has it")
	}
	for i, word := range postfix.SplitList(value) {
		switch {
		case isRestriction(word):
		case c.postfix == nil && i == 0:
			return conf.Problem{Severity: conf.Hint, What: "not an action that Postfix defines", Expected: word + " in smtpd_restriction_classes of main.cf"}, false
		case c.postfix != nil && !c.isClass(word):
			return faulty(word+" is neither an action of Postfix nor in smtpd_restriction_classes"+configurationError,
				"smtpd_restriction_classes = "+word+" in main.cf, and a line "+word+" = RESTRICTIONS")
		}
	}
	return p, true
}

// isClass reports whether a word is a restriction class at each smtpd(8).
func (c *checker) isClass(word string) bool {
	return !slices.ContainsFunc(c.smtpds(), func(d postfix.SMTPD) bool {
		return !slices.Contains(postfix.SplitList(d.Parameters["smtpd_restriction_classes"]), word)
	})
}

// isHeader reports whether a text begins with the name of a header field and a
// colon.
func isHeader(text string) bool {
	name, _, ok := strings.Cut(text, ":")
	return ok && name != "" && !strings.ContainsAny(name, " \t")
}

// isRestriction reports whether Postfix has a restriction of that name that needs no
// lookup table or policy service.
func isRestriction(word string) bool {
	argument, known := postfix.Restriction(word)
	return known && argument != postfix.TableArgument && argument != postfix.ServiceArgument
}
