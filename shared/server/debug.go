package server

import (
	"context"
	"expvar"
	"io"
	"log"
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
	Uptime float64 `json:"uptime"` // seconds since the endpoint was opened: when the rest was true
	Counters
	Goroutines int    `json:"goroutines"`
	Threads    uint64 `json:"threads"` // of the operating system, as the Go runtime counts them
}

// serveDebug serves counters (expvar) and profiles (pprof) on ln until the process ends. POST /stop is the stop
// signal for systems on which one process cannot signal another; stop may be called more than once.
func serveDebug(ln net.Listener, s *Server, stop context.CancelFunc) {
	opened := time.Now()
	expvar.Publish("server", expvar.Func(func() any { return s.vars(opened) }))
	mux := http.NewServeMux()
	mux.Handle("GET /debug/vars", expvar.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("POST /stop", func(http.ResponseWriter, *http.Request) { stop() })

	debug := http.Server{
		Handler:           loopbackOnly(http.NewCrossOriginProtection().Handler(mux)),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // the accept loop of the strategy tells when descriptors run out
	}
	slog.Error("debug endpoint: " + debug.Serve(ln).Error())
}

// loopbackOnly refuses requests for another host than this machine. With the protection against other origins,
// a web page from elsewhere can neither stop the server nor read its profiles, even if its name leads here.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := checkLoopback(r.Host); err != nil {
			http.Error(w, "host: "+err.Error(), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) vars(opened time.Time) Vars {
	threads := []metrics.Sample{{Name: "/sched/threads/total:threads"}}
	metrics.Read(threads)
	v := Vars{Uptime: time.Since(opened).Seconds(), Counters: s.Counters(), Goroutines: runtime.NumGoroutine()}
	if threads[0].Value.Kind() == metrics.KindUint64 {
		v.Threads = threads[0].Value.Uint64()
	}
	return v
}
