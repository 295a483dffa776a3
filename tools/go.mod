module policyd-spf/tools

go 1.25.0
