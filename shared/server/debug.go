package server

import (
	"context"
	"expvar"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime"
	"runtime/metrics"
	"strings"
	"time"
)

// Vars is what GET /debug/vars answers under the name "server".
type Vars struct {
	Uptime float64 `json:"uptime"` // seconds since the endpoint was opened
	Counters
	Times
	Peak       int    `json:"peak"` // the largest number of clients that were accepted and open at the same time
	Goroutines int    `json:"goroutines"`
	Threads    uint64 `json:"threads"` // of the operating system, as the Go runtime counts them
}

// serveDebug serves counters and profiles on ln until the process ends.
func serveDebug(ln net.Listener, s *Server, stop context.CancelFunc) {
	opened := time.Now()
	expvar.Publish("server", expvar.Func(func() any { return s.vars(opened) }))
	debug := http.Server{
		Handler:           debugHandler(stop),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // the accept loop of the strategy tells when descriptors run out
	}
	slog.Error("debug endpoint: " + debug.Serve(ln).Error())
}

// debugHandler serves counters (expvar) and profiles (pprof). POST /stop is the stop signal for systems on which
// one process cannot signal another. Requests that come by way of a page from elsewhere are refused: such a page
// must not stop the server nor read its profiles.
func debugHandler(stop context.CancelFunc) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /debug/vars", expvar.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("POST /stop", func(http.ResponseWriter, *http.Request) { stop() })
	return loopbackOnly(http.NewCrossOriginProtection().Handler(mux))
}

// loopbackOnly refuses requests to another host than this machine: any name in the world can be made to lead to
// 127.0.0.1, and a page under that name would count as the same origin.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil { // without a port
			host = strings.Trim(r.Host, "[]")
		}
		if !isLoopback(host) {
			http.Error(w, fmt.Sprintf("host %.100q: want localhost or a loopback address", r.Host), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) vars(opened time.Time) Vars {
	threads := []metrics.Sample{{Name: "/sched/threads/total:threads"}}
	metrics.Read(threads)
	v := Vars{Uptime: time.Since(opened).Seconds(), Goroutines: runtime.NumGoroutine()}
	v.Counters, v.Times, v.Peak = s.clients.read()
	if threads[0].Value.Kind() == metrics.KindUint64 {
		v.Threads = threads[0].Value.Uint64()
	}
	return v
}
