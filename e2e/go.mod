module policyd-spf/e2e

go 1.25.0

require (
	github.com/miekg/dns v1.1.73
	golang.org/x/sys v0.47.0
	policyd-spf v0.0.0
)

replace policyd-spf => ../

require golang.org/x/net v0.57.0 // indirect
