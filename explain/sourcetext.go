package explain

import (
	"fmt"
	"time"

	"policyd-spf/internal/term"
	"policyd-spf/maillog"
)

// source prints where a message was found, and what is recorded about it there.
func (p *printer) source(d *Report) {
	if d.Source == nil {
		return
	}
	p.Text(indent("", "  "), p.sourceSentence(d.Source), term.Plain)
	for _, line := range d.Source.recordedText() {
		p.Text(indent("  ", "    "), p.Safe(line.text), line.color)
	}
	p.Line()
}

// sourceSentence says where a message was found.
func (p *printer) sourceSentence(s *Source) string {
	file := "standard input"
	if s.File != "" {
		file = p.Safe(s.File)
	}
	article := "a"
	switch {
	case s.InMessage:
		article = "the topmost"
	case s.form == maillog.AuthResults, s.form == maillog.XComment:
		article = "an"
	case s.form == maillog.RefusalURL:
		article = "the"
	}
	text := fmt.Sprintf("Found in line %d of %s: %s %s", s.Line, file, article, s.form)
	if s.InMessage {
		text += " of a message"
	}
	if s.Matches > 1 {
		text += fmt.Sprintf(", of the last of %d messages that match", s.Matches)
	}
	if at, err := time.Parse(time.RFC3339, s.Time); err == nil {
		text += ", " + at.Format("2 Jan 2006 15:04:05 -0700")
	}
	return text
}

type coloredText struct {
	text  string
	color term.Color
}

// recordedText says what is recorded, and what is otherwise today.
func (s *Source) recordedText() []coloredText {
	if s.Other != "" {
		return []coloredText{{s.otherText(), term.Yellow}}
	}
	if s.Recorded == nil {
		return nil
	}
	var lines []coloredText
	for _, d := range s.Differences {
		lines = append(lines, coloredText{d.text(), term.Yellow})
	}
	if len(lines) == 0 {
		recorded := s.Recorded.Result
		if recorded == "" {
			recorded = actionOutcome(s.Recorded.Action).text()
		}
		lines = append(lines, coloredText{"recorded: " + recorded + "; today: " + recorded, term.Plain})
	}
	return lines
}

// otherText says that Postfix refused the message, but SPF was not the reason.
func (s *Source) otherText() string {
	return "recorded: refused, but not because of SPF: " + s.Other
}
