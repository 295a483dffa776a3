module policyd-spf/suites

go 1.25.0

require (
	blitiri.com.ar/go/spf v1.6.0
	github.com/miekg/dns v1.1.73
	gopkg.in/yaml.v3 v3.0.1
	policyd-spf v0.0.0
)

require (
	golang.org/x/net v0.57.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.40.0 // indirect
)

replace policyd-spf => ../
