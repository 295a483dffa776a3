package conf

import (
	"strings"

	"policyd-spf/internal/suggest"
)

// maxSuggestLen limits the length of a name for which another is suggested: the
// time is proportional to it, and no misspelling is that long.
const maxSuggestLen = 2 * len("Mail_From_pass_restriction")

// suggestName returns the option's name that name resembles, or "" if there is
// none: one that differs in case and separators only, or in at most a third of its
// bytes.
func suggestName(name string, nameOf func(*Option) string) string {
	nearest, best := "", len(name)/3+1
	if name == "" || len(name) > maxSuggestLen {
		return ""
	}
	for _, o := range Options() {
		known := nameOf(&o)
		if known == name {
			return ""
		}
		if d := suggest.Distance(foldName(name), foldName(known)); known != "" && d < best {
			nearest, best = known, d
		}
	}
	return nearest
}

// foldName returns a name in lower case and without separators.
func foldName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
}
