package report

import "policyd-spf/internal/html"

// recheck adds the results of evaluating checks again.
func (p *page) recheck() {
	c := p.r.Recheck
	if c == nil {
		return
	}
	parts := html.Group{html.Figures(
		html.Figure{Label: "Distinct checks", Value: number(c.Questions)}, html.Figure{Label: "The same", Value: number(c.Same)},
		html.Figure{Label: "Different", Value: number(c.Different)}, html.Figure{Label: "Not in the log", Value: number(c.New)},
		html.Figure{Label: "Left out", Value: number(c.LeftOut)})}
	for i := range c.Causes {
		cause := &c.Causes[i]
		var rows [][]html.Part
		for _, d := range cause.Differences {
			what := html.Group{html.Text("HELO "), html.Data(d.HELO)}
			if d.Identity == "mailfrom" {
				what = html.Group{html.Text("MAIL FROM "), html.Data("<" + d.Sender + ">")}
			}
			now := html.Group{html.Result(d.Now)}
			if d.Error != "" {
				now = append(now, html.Text(" "), html.Note(d.Error))
			}
			rows = append(rows, []html.Part{what, html.Data(d.Client), html.Text(number(d.Messages)), html.Result(d.Logged), now})
		}
		parts = append(parts, html.El("h3", html.Text(cause.Cause)),
			para("%s, %s", count(cause.Questions, "check"), count(cause.Messages, "message")),
			html.Table(html.Text("Results that are not the logged ones"), []html.Column{{Title: "Check"}, {Title: "Client"}, {Title: "Messages", Numbers: true}, {Title: "In the log"}, {Title: "Now"}}, rows))
	}
	p.section("recheck", "Evaluated again today", parts...)
}
