package server

import (
	"context"
	"expvar"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime"
	"runtime/metrics"
	"time"
)

// Vars is what GET /debug/vars says under the name "server".
type Vars struct {
	Counters
	Goroutines int    `json:"goroutines"`
	Threads    uint64 `json:"threads"` // of the operating system, as the Go runtime counts them
}

// serveDebug serves counters (expvar) and profiles (pprof) on ln until the process ends. POST /stop is the stop
// signal for systems on which one process cannot signal another; stop may be called more than once.
func serveDebug(ln net.Listener, s *Server, stop context.CancelFunc) {
	expvar.Publish("server", expvar.Func(func() any { return s.vars() }))
	mux := http.NewServeMux()
	mux.Handle("GET /debug/vars", expvar.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("POST /stop", func(http.ResponseWriter, *http.Request) { stop() })

	// A web page from elsewhere must not be able to stop the server.
	guarded := http.NewCrossOriginProtection().Handler(mux)
	debug := http.Server{Handler: guarded, ReadHeaderTimeout: 10 * time.Second}
	slog.Error("debug endpoint: " + debug.Serve(ln).Error())
}

func (s *Server) vars() Vars {
	threads := []metrics.Sample{{Name: "/sched/threads/total:threads"}}
	metrics.Read(threads)
	v := Vars{Counters: s.Counters(), Goroutines: runtime.NumGoroutine()}
	if threads[0].Value.Kind() == metrics.KindUint64 {
		v.Threads = threads[0].Value.Uint64()
	}
	return v
}
