// A server for the message protocol with a POSIX thread for each client, as in part 2 of Bendersky's
// Concurrent Servers. The threads have the default attributes, so the system reserves a stack for each
// of them (ulimit -s, often 8 MiB). Build and run it with
//
//	cc -O2 -pthread -o server server.c
//	./server 9090
//
// Port 0 means any free port. It says on standard error where it listens.
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what) {
	perror(what);
	exit(1);
}

// send_all sends n bytes. It returns false if the client is gone.
static bool send_all(int client, const unsigned char *bytes, size_t n) {
	while (n > 0) {
		ssize_t sent = send(client, bytes, n, 0);
		if (sent < 0 && errno != EINTR) return false;
		if (sent > 0) bytes += sent, n -= (size_t)sent;
	}
	return true;
}

// answer replaces n bytes by the answers to them and returns how many answers there are.
static size_t answer(unsigned char *bytes, size_t n, bool *in_message) {
	size_t answers = 0;
	for (size_t i = 0; i < n; i++) {
		if (!*in_message) {
			*in_message = bytes[i] == '^';
		} else if (bytes[i] == '$') {
			*in_message = false;
		} else {
			bytes[answers++] = (unsigned char)(bytes[i] + 1);
		}
	}
	return answers;
}

// serve talks to one client until the client sends no more, and closes the connection.
static void *serve(void *arg) {
	pthread_detach(pthread_self()); // nobody waits for its end
	int client = (int)(intptr_t)arg;
	unsigned char buf[1024];
	bool in_message = false, there = send_all(client, (const unsigned char *)"*", 1);
	while (there) {
		ssize_t n = recv(client, buf, sizeof buf, 0);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) break; // the client has sent everything, or has reset the connection
		there = send_all(client, buf, answer(buf, (size_t)n, &in_message));
	}
	close(client);
	return NULL;
}

int main(int argc, char **argv) {
	char *end;
	long port = argc == 2 ? strtol(argv[1], &end, 10) : -1;
	if (port < 0 || port > 65535 || *end) {
		fprintf(stderr, "usage: server PORT\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN); // or a client that has gone would end the server
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0) die("getrlimit");
	files.rlim_cur = files.rlim_max; // as Go programs do: each client takes a descriptor
	if (setrlimit(RLIMIT_NOFILE, &files) < 0) perror("setrlimit");
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0) die("socket");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t size = sizeof addr;
	if (bind(listener, (struct sockaddr *)&addr, size) < 0 || listen(listener, 4096) < 0) die("listen");
	if (getsockname(listener, (struct sockaddr *)&addr, &size) < 0) die("getsockname");
	fprintf(stderr, "listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
	for (;;) {
		int client = accept(listener, NULL, NULL);
		pthread_t thread;
		int failed = client < 0 ? errno : pthread_create(&thread, NULL, serve, (void *)(intptr_t)client);
		if (!failed) continue;
		fprintf(stderr, "%s: %s\n", client < 0 ? "accept" : "pthread_create", strerror(failed));
		if (client >= 0) close(client);
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL); // it may be out of descriptors or threads
	}
}
