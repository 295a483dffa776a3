module policyd-spf/browser

go 1.25.0
