package report

import (
	"fmt"
	"time"

	"policyd-spf/internal/html"
)

// resultSeries returns the results in the order of the values of counts.
func resultSeries() []html.Series {
	var series []html.Series
	for _, name := range resultNames() {
		series = append(series, html.ResultSeries(name))
	}
	return series
}

// days adds a picture of the days, and their numbers.
func (p *page) days() {
	days := fillDays(p.r.Days)
	if len(days) == 0 {
		return
	}
	parts := html.Group{p.dayChart("days-mailfrom", "Messages a day, by the result of MAIL FROM", days, func(d *Day) *Results { return &d.MailFrom })}
	if p.r.Checks.HELO.Total() > 0 {
		parts = append(parts, p.dayChart("days-helo", "Messages a day, by the result of HELO", days, func(d *Day) *Results { return &d.HELO }))
	}
	p.section("days", "Days", parts...)
}

// dayChart returns a picture of the days by the results of a check, and a table of
// what it shows.
func (p *page) dayChart(id, title string, days []Day, results func(*Day) *Results) html.Part {
	series := append(resultSeries(), html.NewSeries("no result", "missing"))
	bars := make([]html.Bar, len(days))
	columns := []html.Column{{Title: "Day"}, {Title: "Messages", Numbers: true}}
	for _, name := range resultNames() {
		columns = append(columns, html.Column{Title: name, Numbers: true})
	}
	var rows [][]html.Part
	top := 0
	for i := range days {
		d := &days[i]
		counts := results(d).counts()
		bars[i] = html.Bar{Label: d.Day, Values: append(counts, max(d.Messages-results(d).Total(), 0))}
		if d.Messages > days[top].Messages {
			top = i
		}
		if d.Messages == 0 {
			continue
		}
		row := []html.Part{html.Unbroken(d.Day), html.Text(number(d.Messages))}
		for _, n := range counts {
			row = append(row, html.Text(number(n)))
		}
		rows = append(rows, row)
	}
	description := fmt.Sprintf("Bars for %s from %s to %s. The highest is %s with %s. The numbers of all days are in the table below.",
		count(int64(len(days)), "day"), days[0].Day, days[len(days)-1].Day, days[top].Day, count(days[top].Messages, "message"))
	return html.Group{
		html.StackedBars(id, title, description, series, bars),
		html.El("details", html.El("summary", html.Text("The numbers of each day")), html.Table(html.Text(title), columns, rows)),
	}
}

// fillDays adds the days without mail in between, if the period is not too long.
func fillDays(days []Day) []Day {
	if len(days) < 2 {
		return days
	}
	first, err := time.Parse(time.DateOnly, days[0].Day)
	last, err2 := time.Parse(time.DateOnly, days[len(days)-1].Day)
	if err != nil || err2 != nil || last.Sub(first) > maxFilledDays*24*time.Hour {
		return days
	}
	var filled []Day
	for date, rest := first, days; !date.After(last); date = date.AddDate(0, 0, 1) {
		name := date.Format(time.DateOnly)
		if len(rest) > 0 && rest[0].Day == name {
			filled = append(filled, rest[0])
			rest = rest[1:]
			continue
		}
		filled = append(filled, Day{Day: name})
	}
	return filled
}

// results adds the results of each check.
func (p *page) results() {
	group := html.El("div", html.Class("columns"))
	for _, x := range []struct {
		title   string
		results *Results
	}{{"MAIL FROM", &p.r.Checks.MailFrom}, {"HELO", &p.r.Checks.HELO}} {
		total := x.results.Total()
		if total == 0 {
			continue
		}
		var rows [][]html.Part
		for i, n := range x.results.counts() {
			name := resultNames()[i]
			rows = append(rows, []html.Part{html.Result(name), html.Text(number(n)), html.Text(percent(share(n, total))),
				html.ShareBar(html.ResultSeries(name), n, total)})
		}
		group.Add(html.CompactTable(html.El("h3", html.Text(x.title+": "+count(total, "check"))),
			[]html.Column{{Title: "Result"}, {Title: "Messages", Numbers: true}, {Title: "Share", Numbers: true}, {Title: ""}}, rows))
	}
	p.section("results", "Results", group)
}
