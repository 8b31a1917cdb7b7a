module example.com/concurrent-servers/docs

go 1.26.0

require (
	example.com/concurrent-servers/part3-pool v0.0.0
	example.com/concurrent-servers/shared v0.0.0
	github.com/fsnotify/fsnotify v1.10.1
	github.com/stretchr/testify v1.12.1
	golang.org/x/term v0.47.0
)

require (
	github.com/fatih/color v1.19.0 // indirect
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace (
	example.com/concurrent-servers/part3-pool => ../part3-pool
	example.com/concurrent-servers/shared => ../shared
)
