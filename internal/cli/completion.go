package cli

import (
	"fmt"
	"strings"
)

// PrintCompletion prints a shell's completion script and returns the exit
// status.
func (p *Program) PrintCompletion(o *Options) int {
	return p.write(completion(o.shell))
}

// completion returns the completion script for a shell, made from the table of
// flags.
func completion(shell string) string {
	var specs []flagSpec
	for _, s := range flags() {
		if !s.hidden() {
			specs = append(specs, s)
		}
	}
	switch shell {
	case "bash":
		return bashCompletion(specs)
	case "zsh":
		return zshCompletion(specs)
	}
	return fishCompletion(specs)
}

// completionHead is the comment in each script; the first %s is the shell.
const completionHead = "# %s completion for policyd-spf, printed by policyd-spf --completion %[1]s\n"

func bashCompletion(specs []flagSpec) string {
	var names, cases strings.Builder
	var plain []string
	for _, s := range specs {
		names.WriteString(" --" + s.name)
		switch {
		case s.isBool() || s.isFile: // a file is completed like the configuration file
		case len(s.values) > 0:
			fmt.Fprintf(&cases, "    --%s) words='%s' ;;\n", s.name, strings.Join(s.values, " "))
		default:
			plain = append(plain, "--"+s.name)
		}
	}
	return fmt.Sprintf(completionHead, "bash") + `_policyd_spf() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=
    # readline splits --flag=value into three words
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    case $prev in
    ` + strings.Join(plain, "|") + `) return ;;
` + cases.String() + `    *) if [[ $cur == -* ]]; then words='` + strings.TrimSpace(names.String()) + `'; fi ;;
    esac
    COMPREPLY=()
    local reply
    while IFS= read -r reply; do
        COMPREPLY+=("$reply")
    done < <(if [[ -n $words ]]; then compgen -W "$words" -- "$cur"; else compgen -f -- "$cur"; fi)
    if [[ -z $words ]]; then
        compopt -o filenames 2>/dev/null
    fi
}
complete -F _policyd_spf policyd-spf
`
}

func zshCompletion(specs []flagSpec) string {
	escape := strings.NewReplacer(`'`, `'\''`, `[`, `\[`, `]`, `\]`, `:`, `\:`)
	var b strings.Builder
	b.WriteString("#compdef policyd-spf\n" + fmt.Sprintf(completionHead, "zsh") + "_arguments \\\n")
	for _, s := range specs {
		help := escape.Replace(s.help)
		message := escape.Replace(s.placeholder)
		switch {
		case s.isBool():
			fmt.Fprintf(&b, "  '--%s[%s]' \\\n", s.name, help)
		case s.isFile:
			fmt.Fprintf(&b, "  '--%s=[%s]:%s:_files' \\\n", s.name, help, message)
		case len(s.values) > 0:
			fmt.Fprintf(&b, "  '--%s=[%s]:%s:(%s)' \\\n", s.name, help, message, strings.Join(s.values, " "))
		default:
			fmt.Fprintf(&b, "  '--%s=[%s]:%s: ' \\\n", s.name, help, message)
		}
	}
	b.WriteString("  '*:file:_files'\n")
	return b.String()
}

func fishCompletion(specs []flagSpec) string {
	escape := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	var b strings.Builder
	b.WriteString(fmt.Sprintf(completionHead, "fish"))
	for _, s := range specs {
		b.WriteString("complete -c policyd-spf -l " + s.name)
		switch {
		case s.isBool():
		case s.isFile:
			b.WriteString(" -r -F")
		case len(s.values) > 0:
			b.WriteString(" -x -a '" + strings.Join(s.values, " ") + "'")
		default:
			b.WriteString(" -x")
		}
		fmt.Fprintf(&b, " -d '%s'\n", escape.Replace(s.help))
	}
	return b.String()
}
