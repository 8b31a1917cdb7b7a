package main

var wakeup = picture{
	file:  "stolen-wakeup.svg",
	title: "How a wakeup is stolen",
	description: "Worker 1 sleeps in Wait. The sender locks the queue, appends a job, signals and " +
		"unlocks. Signal wakes worker 1, but Wait returns only once worker 1 has the lock " +
		"again. Worker 2 comes from its last job, locks first, takes the job and unlocks. Now " +
		"worker 1 gets the lock, and there is no job. With if, it takes jobs[0] of an empty " +
		"slice and panics: index out of range. With for, it looks again and waits again.",
	draw: func(s *sheet) {
		const sender, jobs, one, two = 24, 176, 236, 450
		top := s.Y + 20
		at := func(i int) int { return top + 24 + i*step }
		s.Text(sender-pad, top, "name", "", "sender")
		s.Text(jobs, top, "name", "middle", "jobs")
		s.Text(one-pad, top, "name", "", "worker 1")
		s.Text(two-pad, top, "name", "", "worker 2")
		s.line(jobs, at(0), at(9))

		s.value(jobs, at(0), "0")
		s.waiting(1, one, at(0)-6, at(3))
		s.note(one, at(0), "", "", "asleep in Wait")
		s.bar(2, two, at(0)-10, at(9)+8)
		s.note(two, at(0), "", "", "runs its last job")

		s.bar(0, sender, at(1)-8, at(4)+8)
		s.note(sender, at(1), "", "", "Lock")
		s.note(sender, at(2), "", "", "append")
		s.arrow(sender+84, at(2), jobs-20, at(2), "")
		s.value(jobs, at(2), "1")
		s.note(sender, at(3), "", "", "Signal")
		s.arrow(sender+76, at(3), one-pad, at(3), "")
		s.note(one, at(3), "", "", "woken, but the lock", "is taken: waits on")
		s.waiting(1, one, at(3)+4, at(8)-8)
		s.note(sender, at(4), "", "", "Unlock")

		s.note(two, at(5), "", "", "Lock: comes first")
		s.note(two, at(6), "", "", "takes the job")
		s.arrow(jobs, at(6), two-pad, at(6), "")
		s.value(jobs, at(6), "0")
		s.note(two, at(7), "", "", "Unlock")
		s.note(two, at(8), "", "", "runs the job")

		s.bar(1, one, at(8)-8, at(9)+8)
		s.note(one, at(8), "", "", "has the lock")
		s.note(one, at(9), "", "", "and no job")
		s.arrow(one, at(9)+8, 164, at(10)+14, "")
		s.arrow(one, at(9)+8, 420, at(10)+14, "")
		s.box(16, at(10)+14, 296, "with if", "jobs[0] panics: index out of range")
		end := s.box(328, at(10)+14, 296, "with for", "it looks again, and waits again")
		s.end(end, "Signal wakes a worker, but hands it no job. Another may take the job first.")
	},
}
