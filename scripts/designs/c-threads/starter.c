// Starts threads or processes as often as it is told, and waits for the end of each. Build it and try it with
//
//	cc -O2 -pthread -o starter starter.c
//	echo t 1000 f 1000 | time ./starter
//
// t is a thread, and f a process that fork makes of this one. After each number it says "done" in a line.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *nothing(void *arg) { return arg; }

static void start_thread(void) {
	pthread_t thread;
	int failed = pthread_create(&thread, NULL, nothing, NULL);
	if (failed) {
		fprintf(stderr, "pthread_create: %s\n", strerror(failed));
		exit(1);
	}
	pthread_join(thread, NULL);
}

static void start_process(void) {
	pid_t child = fork();
	if (child < 0) {
		perror("fork");
		exit(1);
	}
	if (child == 0) _exit(0);
	waitpid(child, NULL, 0);
}

int main(void) {
	char what;
	long times;
	while (scanf(" %c %ld", &what, &times) == 2) {
		while (times-- > 0) {
			if (what == 't') start_thread();
			else start_process();
		}
		puts("done");
		fflush(stdout);
	}
	return 0;
}
