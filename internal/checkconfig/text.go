package checkconfig

import (
	"fmt"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/term"
)

// Text returns the report as text for people.
func (r *Report) Text(style term.Style) string {
	p := term.NewPrinter(style)
	for _, problem := range r.Problems {
		printProblem(p, problem)
	}
	if len(r.Problems) > 0 {
		p.Line()
	}
	rows := [][2]string{}
	for _, c := range r.Configurations {
		text := c.File
		if len(c.Services) > 0 {
			text += ", of " + strings.Join(c.Services, ", ")
		}
		rows = append(rows, [2]string{"Configuration:", text})
	}
	for _, n := range r.NameServers {
		text := n.Address + " answers, in " + milliseconds(n.Took)
		if n.Error != "" {
			text = n.Address + " does not answer correctly"
		}
		rows = append(rows, [2]string{"Name server:", text})
	}
	for _, row := range append(rows, [2]string{"Postfix:", r.Postfix}) {
		head := fmt.Sprintf("%-15s", row[0])
		p.Text(term.Indent{First: head, Rest: strings.Repeat(" ", len(head))}, p.Safe(row[1]), term.Plain)
	}
	color := term.Green
	if !r.Clean() {
		color = term.Red
	}
	for _, c := range r.Configurations {
		if len(c.Mail) > 0 {
			p.Line()
			c.printMail(p, len(r.Configurations) > 1)
		}
	}
	p.Line()
	p.Line(term.Span{Text: r.count(), Color: color})
	return p.String()
}

func milliseconds(ms float64) string {
	if ms < 10 {
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

func printProblem(p *term.Printer, problem conf.Problem) {
	color, place := term.Red, problem.File
	if problem.Line > 0 {
		place += fmt.Sprintf(":%d", problem.Line)
	}
	if problem.Severity == conf.Hint {
		color = term.Yellow
	}
	p.Line(term.Span{Text: p.Safe(place) + ": ", Color: term.Bold}, term.Span{Text: string(problem.Severity), Color: color})
	indent := term.Spaces(2, 4)
	switch {
	case problem.Name != "" && problem.Value == "":
		p.Text(indent, p.Safe(problem.Name)+" =", term.Plain)
	case problem.Name != "":
		p.Text(indent, p.Safe(problem.Name+" = "+excerpt(problem.Value)), term.Plain)
	case problem.Value != "":
		p.Text(indent, p.Safe(excerpt(problem.Value)), term.Plain)
	}
	p.Text(indent, p.Safe(problem.What), color)
	if problem.Expected != "" {
		p.Text(indent, "expected: "+p.Safe(problem.Expected), term.Plain)
	}
	if problem.Used != "" {
		p.Text(indent, "used: "+p.Safe(problem.Used), term.Plain)
	}
}

// excerpt returns as much of a value as is needed to find it in its file.
func excerpt(value string) string {
	const enough = 200 // bytes
	if len(value) <= enough {
		return value
	}
	return strings.ToValidUTF8(value[:enough], "") + "..."
}

// printMail prints what happens to mail, a line for each result.
func (c *Configuration) printMail(p *term.Printer, named bool) {
	title := "What happens to mail"
	if named {
		title += " under " + c.File
	}
	p.Text(term.Spaces(0, 2), p.Safe(title), term.Bold)
	previous := ""
	for _, o := range c.Mail {
		if o.Identity != previous {
			name := "HELO"
			if o.Identity == "mailfrom" {
				name = "MAIL FROM"
			}
			p.Line(term.Span{Text: "  " + name})
			previous = o.Identity
		}
		head := fmt.Sprintf("    %-11s", o.Result+":")
		if o.Result == "" {
			head = "    "
		}
		color := term.Plain
		if o.Refused {
			color = term.Red
		}
		p.Text(term.Indent{First: head, Rest: strings.Repeat(" ", len(head)+2)}, p.Safe(o.Text), color)
	}
	for _, note := range c.Notes {
		p.Text(term.Spaces(2, 4), p.Safe(note), term.Plain)
	}
}
