module policyd-spf

go 1.25.0

require (
	github.com/miekg/dns v1.1.73
	golang.org/x/net v0.57.0
	golang.org/x/sys v0.47.0
	gopkg.in/ini.v1 v1.67.3
)

require golang.org/x/text v0.40.0 // indirect
